/* scrypt and AES-256-GCM; purpose and form: passphrase.h. */
#include "jose/passphrase.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "jose/aead.h"
#include "jose/b64url.h"
#include "jose/secure.h"

/* The mark names form and cost: other costs get another mark. */
#define MARK "atrk1."
#define MARK_LEN (sizeof(MARK) - 1)
#define SALT_LEN 16
#define HEAD_LEN (SALT_LEN + AEAD_NONCE_LEN)
#define MAX_RAW_LEN (HEAD_LEN + PASSPHRASE_MAX_LEN + AEAD_TAG_LEN)

/* RFC 7914 section 2: N, r, p. */
#define SCRYPT_N 32768
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_MAX_MEMORY (UINT64_C(64) * 1024 * 1024)

static bool derive(ByteView passphrase, const uint8_t salt[SALT_LEN], uint8_t key[AEAD_KEY_LEN])
{
	uint64_t n = SCRYPT_N;
	uint32_t r = SCRYPT_R;
	uint32_t p = SCRYPT_P;
	uint64_t memory = SCRYPT_MAX_MEMORY;
	/* OSSL_PARAM takes its buffers without const, but only reads these. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
										  (void *) (uintptr_t) passphrase.data, passphrase.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *) (uintptr_t) salt, SALT_LEN),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_SCRYPT, NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool done = ctx != NULL && EVP_KDF_derive(ctx, key, AEAD_KEY_LEN, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (!done)
		ERR_clear_error();
	return done;
}

JoseStatus passphrase_seal(ByteView passphrase, ByteView plain, char out[PASSPHRASE_MAX_TEXT_LEN],
						   size_t *len)
{
	uint8_t raw[MAX_RAW_LEN];
	uint8_t key[AEAD_KEY_LEN];
	size_t raw_len = HEAD_LEN + plain.len + AEAD_TAG_LEN;
	JoseStatus status = JOSE_CRYPTO_FAILURE;

	*len = 0;
	if (plain.len > PASSPHRASE_MAX_LEN || RAND_bytes(raw, HEAD_LEN) != 1 ||
		!derive(passphrase, raw, key))
		return JOSE_CRYPTO_FAILURE;
	status = aead_seal(key, raw + SALT_LEN, BYTES_LITERAL(MARK), plain, raw + HEAD_LEN);
	secure_wipe(key, sizeof(key));
	if (status != JOSE_OK)
		return status;
	memcpy(out, MARK, MARK_LEN);
	*len = MARK_LEN + b64url_encode(bytes_of(raw, raw_len), out + MARK_LEN,
									PASSPHRASE_MAX_TEXT_LEN - MARK_LEN);
	return JOSE_OK;
}

JoseStatus passphrase_open(ByteView passphrase, ByteView text, uint8_t out[PASSPHRASE_MAX_LEN],
						   size_t *len)
{
	uint8_t raw[MAX_RAW_LEN];
	uint8_t key[AEAD_KEY_LEN];
	AeadOpener opener = {0};
	size_t raw_len = 0;
	JoseStatus status;

	*len = 0;
	if (text.len < MARK_LEN || memcmp(text.data, MARK, MARK_LEN) != 0 ||
		b64url_decode(bytes_of(text.data + MARK_LEN, text.len - MARK_LEN), raw, sizeof(raw),
					  &raw_len) != JOSE_OK ||
		raw_len < HEAD_LEN + AEAD_TAG_LEN)
		return JOSE_KEY_MALFORMED;
	if (!derive(passphrase, raw, key))
		return JOSE_CRYPTO_FAILURE;
	status = aead_opener_open(&opener, key);
	secure_wipe(key, sizeof(key));
	if (status == JOSE_OK)
		status = aead_open(&opener, raw + SALT_LEN, BYTES_LITERAL(MARK),
						   bytes_of(raw + HEAD_LEN, raw_len - HEAD_LEN), out);
	aead_opener_close(&opener);
	if (status == JOSE_OK)
		*len = raw_len - HEAD_LEN - AEAD_TAG_LEN;
	return status;
}
