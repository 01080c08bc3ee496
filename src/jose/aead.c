/* AES-256-GCM by OpenSSL's EVP_CIPHER; purpose: aead.h. */
#include "jose/aead.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "jose/secure.h"

/* EVP takes lengths as int; what is sealed here is a few hundred bytes. */
static bool fits_int(size_t len)
{
	return len <= INT_MAX;
}

static bool encrypt(EVP_CIPHER_CTX *ctx, ByteView associated, ByteView plain, uint8_t *out)
{
	int len = 0;

	return EVP_EncryptUpdate(ctx, NULL, &len, associated.data, (int) associated.len) == 1 &&
		   EVP_EncryptUpdate(ctx, out, &len, plain.data, (int) plain.len) == 1 &&
		   len == (int) plain.len && EVP_EncryptFinal_ex(ctx, out + plain.len, &len) == 1 &&
		   EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, out + plain.len) == 1;
}

JoseStatus aead_seal(const uint8_t key[AEAD_KEY_LEN], const uint8_t nonce[AEAD_NONCE_LEN],
					 ByteView associated, ByteView plain, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	JoseStatus status = JOSE_CRYPTO_FAILURE;

	if (ctx == NULL || !fits_int(associated.len) || !fits_int(plain.len))
		goto out;
	if (EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, NULL) != 1)
		goto out;
	if (encrypt(ctx, associated, plain, out))
		status = JOSE_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	if (status != JOSE_OK)
	{
		ERR_clear_error();
		secure_wipe(out, plain.len + AEAD_TAG_LEN);
	}
	return status;
}

JoseStatus aead_opener_open(AeadOpener *opener, const uint8_t key[AEAD_KEY_LEN])
{
	opener->ctx = EVP_CIPHER_CTX_new();
	if (opener->ctx != NULL &&
		EVP_DecryptInit_ex2(opener->ctx, EVP_aes_256_gcm(), key, NULL, NULL) == 1)
		return JOSE_OK;
	aead_opener_close(opener);
	ERR_clear_error();
	return JOSE_CRYPTO_FAILURE;
}

void aead_opener_close(AeadOpener *opener)
{
	EVP_CIPHER_CTX_free(opener->ctx);
	*opener = (AeadOpener) {0};
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *nonce, ByteView associated, ByteView sealed,
					uint8_t *out)
{
	size_t cipher_len = sealed.len - AEAD_TAG_LEN;
	uint8_t tag[AEAD_TAG_LEN];
	int len = 0;

	memcpy(tag, sealed.data + cipher_len, AEAD_TAG_LEN); /* OpenSSL takes it without const */
	return EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) == 1 &&
		   EVP_DecryptUpdate(ctx, NULL, &len, associated.data, (int) associated.len) == 1 &&
		   EVP_DecryptUpdate(ctx, out, &len, sealed.data, (int) cipher_len) == 1 &&
		   EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN, tag) == 1 &&
		   EVP_DecryptFinal_ex(ctx, out + cipher_len, &len) == 1;
}

JoseStatus aead_open(const AeadOpener *opener, const uint8_t nonce[AEAD_NONCE_LEN],
					 ByteView associated, ByteView sealed, uint8_t *out)
{
	if (sealed.len < AEAD_TAG_LEN)
		return JOSE_BAD_KEY;
	if (fits_int(associated.len) && fits_int(sealed.len) &&
		decrypt(opener->ctx, nonce, associated, sealed, out))
		return JOSE_OK;
	ERR_clear_error();
	secure_wipe(out, sealed.len - AEAD_TAG_LEN);
	return JOSE_BAD_KEY;
}
