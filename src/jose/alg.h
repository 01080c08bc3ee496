/*
 * THE table of algorithms (RFC 7518 section 3.1): a new algorithm is one row here and, where its
 * family is new, one file. Names are compared by exact case (RFC 7515 section 4.1.1); "none" is no
 * row and never will be.
 */
#ifndef ACCESS_TOKEN_JOSE_ALG_H
#define ACCESS_TOKEN_JOSE_ALG_H

#include "jose/bytes.h"

/* The longest MAC or hash of any row, in bytes. */
#define JOSE_MAX_HASH_LEN 64

typedef struct JoseAlg
{
	const char *name;   /* as it stands in "alg" */
	const char *digest; /* OpenSSL's name of the hash */
	size_t hash_len;    /* bytes of the MAC, and of the shortest key (RFC 7518 section 3.2) */
} JoseAlg;

/* The row of that name, or NULL. */
const JoseAlg *jose_alg_by_name(ByteView name);

#endif
