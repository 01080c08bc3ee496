/*
 * AES-256-GCM over whole buffers (NIST SP 800-38D), with a 96-bit nonce and a 128-bit tag.
 * The caller owns the rule that a nonce is never used twice under one key.
 */
#ifndef ACCESS_TOKEN_JOSE_AEAD_H
#define ACCESS_TOKEN_JOSE_AEAD_H

#include "jose/bytes.h"
#include "jose/status.h"

#define AEAD_KEY_LEN 32
#define AEAD_NONCE_LEN 12
#define AEAD_TAG_LEN 16

/*
 * Encrypts plain into out: plain.len bytes of ciphertext, then AEAD_TAG_LEN bytes of tag.
 * out must have room for both. JOSE_CRYPTO_FAILURE when OpenSSL fails; out is wiped then.
 */
JoseStatus aead_seal(const uint8_t key[AEAD_KEY_LEN], const uint8_t nonce[AEAD_NONCE_LEN],
					 ByteView associated, ByteView plain, uint8_t *out);

/* A context that is keyed to decrypt, for any number of openings. All bytes zero means closed. */
typedef struct AeadOpener
{
	struct evp_cipher_ctx_st *ctx;
} AeadOpener;

/* Keys a context: fetching the cipher and expanding the key cost more than opening a secret does. */
JoseStatus aead_opener_open(AeadOpener *opener, const uint8_t key[AEAD_KEY_LEN]);

/* Frees the context, which cleanses the key. Harmless on a closed one. */
void aead_opener_close(AeadOpener *opener);

/*
 * Decrypts sealed (ciphertext and tag) into out, which has room for sealed.len - AEAD_TAG_LEN bytes.
 * JOSE_BAD_KEY when it is too short or was not made with this key, nonce and associated data;
 * out is wiped then.
 */
JoseStatus aead_open(const AeadOpener *opener, const uint8_t nonce[AEAD_NONCE_LEN],
					 ByteView associated, ByteView sealed, uint8_t *out);

#endif
