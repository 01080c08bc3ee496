/*
 * THE table of the curves of EC keys (RFC 7518 section 6.2.1.1): what JWK and what OpenSSL call them,
 * and how long a coordinate is.
 */
#ifndef ACCESS_TOKEN_JOSE_EC_CURVE_H
#define ACCESS_TOKEN_JOSE_EC_CURVE_H

#include "jose/json_read.h"

struct evp_pkey_st;

/* Bytes of a coordinate, and of a private key, at most. */
#define EC_CURVE_MAX_FIELD_LEN 66

typedef struct EcCurve
{
	const char *name;  /* as it stands in "crv" */
	const char *group; /* OpenSSL's name */
	size_t field_len;  /* bytes of a coordinate, and of a private key */
} EcCurve;

/* The row that a crv names; NULL where it is no string or no curve of the table. */
const EcCurve *ec_curve_named(const JsonValue *crv);

/* The row of an EC key's curve; NULL for another key or curve, and then OpenSSL's queue may hold an error. */
const EcCurve *ec_curve_of(const struct evp_pkey_st *pkey);

#endif
