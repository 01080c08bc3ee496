/*
 * base64url without padding, as RFC 7515 section 2 defines it and RFC 4648 section 5 spells it.
 *
 * Decoding is strict, because two spellings of one token are two identities for whoever compares
 * tokens: no '=', no white space, no '+' or '/', and the spare bits of the last character are zero.
 */
#ifndef ACCESS_TOKEN_JOSE_B64URL_H
#define ACCESS_TOKEN_JOSE_B64URL_H

#include "jose/bytes.h"
#include "jose/status.h"

/* Characters that len bytes encode to. len must be below SIZE_MAX / 4 * 3. */
static inline size_t b64url_encoded_size(size_t len)
{
	return len / 3 * 4 + (len % 3 == 0 ? 0 : len % 3 + 1);
}

/* The same as a constant, for the size of a buffer. */
#define B64URL_ENCODED_SIZE(len) (((len) + 2) / 3 * 4)

/* Bytes that len characters decode to, when they are well-formed. */
static inline size_t b64url_decoded_size(size_t len)
{
	return len / 4 * 3 + (len % 4 == 0 ? 0 : len % 4 - 1);
}

/*
 * Writes b64url_encoded_size(in.len) characters, without a NUL, and returns how many.
 * Returns 0 and writes nothing when they do not fit into capacity.
 */
size_t b64url_encode(ByteView in, char *out, size_t capacity);

/*
 * Writes b64url_decoded_size(in.len) bytes and sets *out_len.
 * JOSE_BAD_BASE64URL for any other spelling than the canonical one (the output is wiped, *out_len
 * is 0), also when the result does not fit into capacity.
 */
JoseStatus b64url_decode(ByteView in, uint8_t *out, size_t capacity, size_t *out_len);

#endif
