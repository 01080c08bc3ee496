/* R||S and DER, by OpenSSL's ECDSA_SIG; purpose: ecdsa.h. */
#include "jose/ecdsa.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>

bool ecdsa_from_der(ByteView der, uint8_t *out, size_t out_len)
{
	const unsigned char *at = der.data;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long) der.len);
	int half = (int) (out_len / 2);
	bool done = signature != NULL && at == der.data + der.len &&
				BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
				BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half;

	ECDSA_SIG_free(signature);
	return done;
}

size_t ecdsa_to_der(ByteView raw, uint8_t out[ECDSA_MAX_DER_LEN])
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	int half = (int) (raw.len / 2);
	BIGNUM *r = BN_bin2bn(raw.data, half, NULL);
	BIGNUM *s = BN_bin2bn(raw.data + half, half, NULL);
	unsigned char *at = out;
	int len = 0;

	if (signature == NULL || r == NULL || s == NULL || raw.len % 2 != 0 ||
		ECDSA_SIG_set0(signature, r, s) != 1)
	{
		BN_free(r);
		BN_free(s);
		goto out;
	}
	len = i2d_ECDSA_SIG(signature, NULL); /* which owns r and s from here on */
	len = len > 0 && len <= ECDSA_MAX_DER_LEN ? i2d_ECDSA_SIG(signature, &at) : 0;
out:
	ECDSA_SIG_free(signature);
	return len > 0 ? (size_t) len : 0;
}
