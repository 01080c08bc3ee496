/* Generating keys where the statement can be cancelled meanwhile: the search for primes takes seconds. */
#ifndef ACCESS_TOKEN_PG_GENERATE_H
#define ACCESS_TOKEN_PG_GENERATE_H

#include "jose/generate.h"

/* As generate_key of the core; raises 57014 where the statement was cancelled, and leaves no key open. */
JoseStatus generate_key_cancellable(const JoseAlg *alg, int rsa_bits, Jwk *jwk);

#endif
