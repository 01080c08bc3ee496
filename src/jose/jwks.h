/*
 * JSON Web Key Sets (RFC 7517 section 5) as a verifier reads them.
 *
 * Keys of an unknown kty, crv, use or alg are skipped; a set with an ambiguous kid, or with a private
 * or symmetric key in it, is refused as a whole, because its owner has made a mistake that matters.
 */
#ifndef ACCESS_TOKEN_JOSE_JWKS_H
#define ACCESS_TOKEN_JOSE_JWKS_H

#include "jose/jwk.h"

/* Keys of a set at most. */
#define JWKS_MAX_KEYS 256

/*
 * Checks a public set as a whole. JOSE_KEY_MALFORMED when it is no set, has more than JWKS_MAX_KEYS
 * keys, a kid twice or a malformed key; JOSE_KEY_WRONG_USE when it holds a private or symmetric key.
 */
JoseStatus jwks_check(ByteView json, size_t *error_at);

/*
 * Finds the key of a checked set for a token: of that kid where the token has one (kid a string), and
 * fit for the algorithm; exactly one must remain. JOSE_BAD_SIGNATURE otherwise. The caller closes it.
 */
JoseStatus jwks_select(ByteView json, const JsonValue *kid, const JoseAlg *alg, Jwk *jwk);

/* Whether text is a set rather than a key: an object with a member "keys". */
bool jwks_is_likely(ByteView json);

#endif
