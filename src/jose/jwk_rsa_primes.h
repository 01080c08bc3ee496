/* What an RSA key of n, e and d alone lacks. Private to the JWK readers. */
#ifndef ACCESS_TOKEN_JOSE_JWK_RSA_PRIMES_H
#define ACCESS_TOKEN_JOSE_JWK_RSA_PRIMES_H

#include "jose/jwk_parts.h"

/*
 * Factors n by e and d, which must belong together, and adds p, q, dp, dq and qi, which must be NULL
 * (NIST SP 800-56B revision 2 appendix C.1). False when n has not just two primes, or OpenSSL fails;
 * the caller frees what was added in any case.
 */
bool jwk_rsa_find_primes(BIGNUM *by[JWK_MEMBER_COUNT], BN_CTX *ctx);

#endif
