/* Generating keys for an algorithm. */
#ifndef ACCESS_TOKEN_JOSE_GENERATE_H
#define ACCESS_TOKEN_JOSE_GENERATE_H

#include "jose/jwk.h"

/*
 * Makes a new private key for a signature algorithm; rsa_bits counts for RSA alone. interrupted, which
 * may be NULL, is asked now and then during the search for primes: true ends it.
 * JOSE_KEY_WEAK for rsa_bits outside 2048 to 8192, JOSE_CRYPTO_FAILURE when OpenSSL fails or was
 * interrupted. The caller closes the key.
 */
JoseStatus generate_key(const JoseAlg *alg, int rsa_bits, bool (*interrupted)(void), Jwk *jwk);

/* Replaces the bytes of a symmetric key by len random ones, at most JWK_MAX_SECRET_LEN. */
JoseStatus generate_secret(Jwk *jwk, size_t len);

#endif
