/* SHA-256; purpose: digest.h. */
#include "jose/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

JoseStatus digest_sha256(ByteView message, uint8_t digest[DIGEST_SHA256_LEN])
{
	unsigned int len = 0;

	if (EVP_Digest(message.data, message.len, digest, &len, EVP_sha256(), NULL) == 1 &&
		len == DIGEST_SHA256_LEN)
		return JOSE_OK;
	ERR_clear_error();
	return JOSE_CRYPTO_FAILURE;
}
