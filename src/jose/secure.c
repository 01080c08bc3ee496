/* Constant-time comparison and wiping, both OpenSSL's. */
#include "jose/secure.h"

#include <openssl/crypto.h>

bool secure_equal(ByteView a, ByteView b)
{
	return a.len == b.len && CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}

void secure_wipe(void *data, size_t len)
{
	if (len > 0)
		OPENSSL_cleanse(data, len);
}
