/*
 * Compact JWE (RFC 7516 sections 3.1, 5, 7.1): one receiver, everything in the protected header.
 *
 * No RSA1_5, no PBES2, no zip. What concerns form or names is told apart; from the key on, every
 * failure is JOSE_DECRYPTION_FAILED, made in the same way.
 */
#ifndef ACCESS_TOKEN_JOSE_JWE_H
#define ACCESS_TOKEN_JOSE_JWE_H

#include "jose/jwe_key.h"

/* A received token, split, with its header read. Its views point into the text and the room given. */
typedef struct Jwe
{
	const JweAlg *alg;
	const JweEnc *enc;
	JsonValue kid;
	JsonValue typ;
	JsonValue cty;
	ByteView associated; /* the encoded header, as received */
	ByteView header_json;
	ByteView iv;
	ByteView cipher;
	ByteView tag;
	JweKeyParts key_parts;
} Jwe;

/* Characters of apu and apv at most. */
#define JWE_MAX_PARTY_LEN 512

/* Bytes of room that reading a token of len characters takes at most: its segments, apu and apv. */
static inline size_t jwe_room(size_t len)
{
	return len / 4 * 3 + 16 + 2 * JWE_MAX_PARTY_LEN;
}

/*
 * Splits a token and reads its header, with decoded parts in room (jwe_room(token.len) bytes).
 * JOSE_NOT_COMPACT, JOSE_BAD_BASE64URL, JOSE_JSON_*, JOSE_HEADER_MEMBER, JOSE_CRITICAL_HEADER,
 * JOSE_UNSUPPORTED_HEADER (zip) or JOSE_UNSUPPORTED_ALG (alg or enc).
 */
JoseStatus jwe_read(ByteView token, uint8_t *room, Jwe *jwe, size_t *error_at);

/*
 * Decrypts what jwe_read accepted into plain (room for jwe->cipher.len + JWE_MAX_PADDING bytes).
 * JOSE_KEY_WRONG_USE when the key is none for jwe->alg; else JOSE_DECRYPTION_FAILED for every cause.
 */
JoseStatus jwe_decrypt(const Jwe *jwe, const Jwk *jwk, uint8_t *plain, size_t *plain_len);

/* What is to be encrypted. */
typedef struct JweRequest
{
	const Jwk *jwk;
	const JweAlg *alg;
	const JweEnc *enc;
	ByteView header; /* a checked JSON object with more members, or no data */
	ByteView plain;
} JweRequest;

/* Characters of the token that jwe_encrypt makes, at most. */
size_t jwe_capacity(const JweRequest *request);

/* Where the token goes: chars has room for capacity of them, len of which are written. */
typedef struct JweText
{
	char *chars;
	size_t capacity;
	size_t len;
} JweText;

/*
 * Writes the token. scratch has room for plain.len + JWE_MAX_PADDING bytes.
 * JOSE_KEY_WRONG_USE when the key is none for the algorithm; JOSE_HEADER_MEMBER when header sets a
 * member that is not the caller's (alg, enc, epk, iv, tag, zip, crit) or apu, apv are no base64url;
 * JOSE_CRYPTO_FAILURE when OpenSSL fails.
 */
JoseStatus jwe_encrypt(const JweRequest *request, uint8_t *scratch, JweText *token);

#endif
