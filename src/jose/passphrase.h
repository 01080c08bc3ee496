/*
 * Sealing a few bytes under a passphrase, to carry them from one place to another: scrypt (RFC 7914)
 * makes the key, AES-256-GCM seals. As text: a mark, a dot, base64url of salt, nonce, ciphertext, tag.
 */
#ifndef ACCESS_TOKEN_JOSE_PASSPHRASE_H
#define ACCESS_TOKEN_JOSE_PASSPHRASE_H

#include "jose/bytes.h"
#include "jose/status.h"

/* Bytes that can be sealed at most. */
#define PASSPHRASE_MAX_LEN 4096
/* Characters of the text at most. */
#define PASSPHRASE_MAX_TEXT_LEN 5600

/*
 * Writes the text into out and sets *len. JOSE_CRYPTO_FAILURE when OpenSSL fails or plain is too long.
 * Takes about a tenth of a second and 32 MB, by design.
 */
JoseStatus passphrase_seal(ByteView passphrase, ByteView plain, char out[PASSPHRASE_MAX_TEXT_LEN],
						   size_t *len);

/*
 * Opens a text into out and sets *len. JOSE_KEY_MALFORMED for text of another form, JOSE_BAD_KEY for
 * another passphrase or altered text; out is wiped then.
 */
JoseStatus passphrase_open(ByteView passphrase, ByteView text, uint8_t out[PASSPHRASE_MAX_LEN],
						   size_t *len);

#endif
