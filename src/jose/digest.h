/* SHA-256 over whole messages. */
#ifndef ACCESS_TOKEN_JOSE_DIGEST_H
#define ACCESS_TOKEN_JOSE_DIGEST_H

#include "jose/bytes.h"
#include "jose/status.h"

#define DIGEST_SHA256_LEN 32

/* Writes the digest. JOSE_CRYPTO_FAILURE when OpenSSL fails. */
JoseStatus digest_sha256(ByteView message, uint8_t digest[DIGEST_SHA256_LEN]);

#endif
