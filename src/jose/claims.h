/*
 * The registered claims of a JWT (RFC 7519 section 4.1) and the two that this project adds to every
 * decision, scope (RFC 8693 section 4.2) and role: their types, their times, their lists.
 *
 * Reading checks types only. Whether a value is the expected one is the caller's rule.
 */
#ifndef ACCESS_TOKEN_JOSE_CLAIMS_H
#define ACCESS_TOKEN_JOSE_CLAIMS_H

#include "jose/bytes.h"
#include "jose/json_read.h"
#include "jose/status.h"

/* Microseconds since 1970-01-01 00:00 UTC without leap seconds (NumericDate, RFC 7519 section 2). */
typedef int64_t JoseTime;

#define JOSE_TIME_PER_SECOND INT64_C(1000000)

/* A time that never comes. */
#define JOSE_TIME_NEVER INT64_MAX

/* Scope tokens of one list: what a list costs to compare with another. */
#define SCOPE_MAX_TOKENS 256

typedef struct Claims
{
	JsonValue iss;
	JsonValue sub;
	JsonValue aud; /* a string, or a non-empty array of strings */
	JsonValue jti;
	JsonValue scope; /* a string of scope tokens */
	JsonValue role;
	JsonValue identity; /* grants.identity */
	bool has_exp;
	bool has_nbf;
	bool has_iat;
	JoseTime exp;
	JoseTime nbf;
	JoseTime iat;
} Claims;

/*
 * Reads a decoded payload: strict JSON, one object, every claim above of its type where present.
 * JOSE_JSON_* with *error_at, or JOSE_CLAIM_TYPE.
 */
JoseStatus claims_read(ByteView json, Claims *claims, size_t *error_at);

/*
 * Finds client_id (RFC 8693 section 4.3) in a payload that claims_read has accepted; JSON_ABSENT where
 * there is none. False when it is no string.
 */
bool claims_read_client_id(ByteView json, JsonValue *client_id);

/*
 * Finds iss alone in a payload whose signature has not been checked, to choose a key by it.
 * JSON_ABSENT when the text is not strict JSON or has no string of that name.
 */
JsonValue claims_peek_issuer(ByteView json);

/*
 * A JSON number as a time; JOSE_CLAIM_TYPE for other types and for more than 253402300799 seconds
 * either side of 1970.
 */
JoseStatus claims_read_time(const JsonValue *value, JoseTime *time);

/* Whether aud, a string or an array of strings, names this audience. False when absent. */
bool claims_names_audience(const JsonValue *aud, ByteView audience);

/*
 * Takes the next token of a space-separated list (RFC 6749 section 3.3) and shortens the list;
 * false at its end. The list must be one that scope_list_valid accepts.
 */
bool scope_next(ByteView *list, ByteView *token);

/*
 * Whether list is one to SCOPE_MAX_TOKENS tokens of 0x21, 0x23-5B, 0x5D-7E, separated by single spaces.
 */
bool scope_list_valid(ByteView list);

/* Whether a valid list contains a token. */
bool scope_contains(ByteView list, ByteView token);

#endif
