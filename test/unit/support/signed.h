/*
 * Compact JWS under any JWK, with the core's functions alone and in the order in which the server
 * takes the steps: what compact.h does for HMAC.
 */
#ifndef ACCESS_TOKEN_UNIT_SIGNED_H
#define ACCESS_TOKEN_UNIT_SIGNED_H

#include "jose/jwk.h"

/*
 * Segments, header, algorithm, whether the key is for it, base64url of the rest, signature. The
 * status of the first step that refuses.
 */
JoseStatus signed_verify(ByteView token, const Jwk *jwk);

/* The token of header and payload under an algorithm that the header need not name. */
ByteView signed_token(const char *header, ByteView payload, const Jwk *jwk, const JoseAlg *alg);

/* The same with the header {"alg":NAME}. */
ByteView signed_as(const char *alg, ByteView payload, const Jwk *jwk);

/* A signature over a text; *len is its length. Ends the program when it cannot be made. */
void signed_bytes(ByteView input, const Jwk *jwk, const JoseAlg *alg,
				  uint8_t out[JOSE_MAX_SIGNATURE_LEN], size_t *len);

/* A token whose last segment is replaced by the base64url of bytes; freed by exact_free. */
ByteView signed_with(ByteView token, ByteView signature);

/* The bytes of a token's signature; freed by exact_free. */
ByteView signed_signature(ByteView token);

#endif
