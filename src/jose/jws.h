/*
 * Compact JWS (RFC 7515 sections 3.1, 5.2, 7.1): splitting, and what a header may say.
 * No key is seen here; what is signed is always the literal text, never a re-encoding.
 */
#ifndef ACCESS_TOKEN_JOSE_JWS_H
#define ACCESS_TOKEN_JOSE_JWS_H

#include "jose/alg.h"
#include "jose/bytes.h"
#include "jose/json_read.h"
#include "jose/status.h"

/* The longest header segment, in characters: room for an x5c chain, none for a 64 kB kid. */
#define JWS_MAX_HEADER_CHARS 8192
/* What that decodes to. */
#define JWS_MAX_HEADER_LEN (JWS_MAX_HEADER_CHARS / 4 * 3)

/* The three segments, still encoded, and the text that the signature covers. */
typedef struct JwsParts
{
	ByteView header;
	ByteView payload;
	ByteView signature;
	ByteView signing_input;
} JwsParts;

/* What of a header this project understands; JSON_ABSENT where a member is missing. */
typedef struct JwsHeader
{
	JsonValue alg; /* always a string */
	JsonValue typ;
	JsonValue cty;
	JsonValue kid;
} JwsHeader;

/*
 * Splits at exactly two dots; header and signature are not empty. JOSE_NOT_COMPACT otherwise,
 * JOSE_HEADER_TOO_LARGE when the first one is longer than JWS_MAX_HEADER_CHARS.
 */
JoseStatus jws_split(ByteView token, JwsParts *parts);

/*
 * Reads a decoded header: strict JSON with unique names, alg a string, typ, cty and kid strings where
 * present (JOSE_HEADER_MEMBER), no crit (JOSE_CRITICAL_HEADER), no zip and no b64 other than true
 * (JOSE_UNSUPPORTED_HEADER; RFC 7797). jwk, jku, x5u and x5c are ignored like any unknown member:
 * they are never a source of trust. *error_at is the offset of a JSON fault.
 */
JoseStatus jws_read_header(ByteView json, JwsHeader *header, size_t *error_at);

/*
 * The algorithm that alg, of a header or a key, names without escapes; NULL where it is none of the
 * table. A verifier only compares it: the stored key's, or the caller's, counts (RFC 8725 section 3.1).
 */
const JoseAlg *jws_alg_named(const JsonValue *alg);

/* Whether typ is this one, in any case of letters (RFC 7515 section 4.1.9) and without escapes. */
bool jws_typ_is(const JwsHeader *header, ByteView typ);

#endif
