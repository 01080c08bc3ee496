/* Keys and cancel; purpose: generate.h. */
#include "postgres.h"

#include "pg/generate.h"

#include "miscadmin.h"

/* Asked by OpenSSL between two candidates for a prime. */
static bool is_interrupted(void)
{
	return InterruptPending && (QueryCancelPending || ProcDiePending);
}

JoseStatus generate_key_cancellable(const JoseAlg *alg, int rsa_bits, Jwk *jwk)
{
	JoseStatus status = generate_key(alg, rsa_bits, is_interrupted, jwk);

	if (status != JOSE_OK) /* or the key would be left open */
		CHECK_FOR_INTERRUPTS();
	return status;
}
