/* Content encryption by OpenSSL's EVP_CIPHER and EVP_MAC; purpose: jwe_content.h. */
#include "jose/jwe_content.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "jose/secure.h"

static const JweEnc encodings[] = {
	{"A128CBC-HS256", "AES-128-CBC", "SHA2-256", 32, 16, 16},
	{"A192CBC-HS384", "AES-192-CBC", "SHA2-384", 48, 16, 24},
	{"A256CBC-HS512", "AES-256-CBC", "SHA2-512", 64, 16, 32},
	{"A128GCM", "AES-128-GCM", NULL, 16, 12, JWE_TAG_LEN_GCM},
	{"A192GCM", "AES-192-GCM", NULL, 24, 12, JWE_TAG_LEN_GCM},
	{"A256GCM", "AES-256-GCM", NULL, 32, 12, JWE_TAG_LEN_GCM},
};

const JweEnc *jwe_enc_by_name(ByteView name)
{
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
	{
		if (bytes_equal(name, bytes_of_string(encodings[i].name)))
			return &encodings[i];
	}
	return NULL;
}

/* One direction of one cipher over one buffer. */
typedef struct CipherRun
{
	EVP_CIPHER_CTX *ctx;
	EVP_CIPHER *cipher;
} CipherRun;

static bool cipher_open(CipherRun *run, const JweEnc *enc, const uint8_t *key, const uint8_t *iv,
						int encrypt)
{
	run->cipher = EVP_CIPHER_fetch(NULL, enc->cipher, NULL);
	run->ctx = EVP_CIPHER_CTX_new();
	return run->cipher != NULL && run->ctx != NULL &&
		   EVP_CipherInit_ex2(run->ctx, run->cipher, key, iv, encrypt, NULL) == 1;
}

static void cipher_close(CipherRun *run)
{
	EVP_CIPHER_CTX_free(run->ctx);
	EVP_CIPHER_free(run->cipher);
}

/* The whole of in to out; *len is what came out. */
static bool cipher_run(const CipherRun *run, ByteView in, uint8_t *out, size_t *len)
{
	int first = 0;
	int last = 0;

	if (in.len > INT_MAX - 2 * JWE_MAX_PADDING ||
		EVP_CipherUpdate(run->ctx, out, &first, in.data, (int) in.len) != 1 ||
		EVP_CipherFinal_ex(run->ctx, out + first, &last) != 1)
		return false;
	*len = (size_t) first + (size_t) last;
	return true;
}

static bool add_associated(const CipherRun *run, ByteView associated)
{
	int len = 0;

	return associated.len <= INT_MAX &&
		   EVP_CipherUpdate(run->ctx, NULL, &len, associated.data, (int) associated.len) == 1;
}

static bool gcm_encrypt(const JweEnc *enc, const JweContent *content, ByteView plain,
						uint8_t *cipher, size_t *cipher_len, uint8_t *tag)
{
	CipherRun run = {0};
	bool done = cipher_open(&run, enc, content->cek.data, content->iv.data, 1) &&
				add_associated(&run, content->associated) &&
				cipher_run(&run, plain, cipher, cipher_len) &&
				EVP_CIPHER_CTX_ctrl(run.ctx, EVP_CTRL_AEAD_GET_TAG, (int) enc->tag_len, tag) == 1;

	cipher_close(&run);
	return done;
}

static bool gcm_decrypt(const JweEnc *enc, const JweContent *content, ByteView cipher, ByteView tag,
						uint8_t *plain, size_t *plain_len)
{
	CipherRun run = {0};
	uint8_t expected[JWE_MAX_TAG_LEN];
	bool done;

	memcpy(expected, tag.data, tag.len); /* OpenSSL takes it without const */
	done = cipher_open(&run, enc, content->cek.data, content->iv.data, 0) &&
		   EVP_CIPHER_CTX_ctrl(run.ctx, EVP_CTRL_AEAD_SET_TAG, (int) tag.len, expected) == 1 &&
		   add_associated(&run, content->associated) && cipher_run(&run, cipher, plain, plain_len);
	cipher_close(&run);
	return done;
}

/* HMAC over associated data, IV, ciphertext and the bit length of the first (RFC 7518 5.2.2.1). */
static bool cbc_tag(const JweEnc *enc, const JweContent *content, ByteView cipher,
					uint8_t tag[JWE_MAX_TAG_LEN])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *) (uintptr_t) enc->digest,
										 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	uint64_t bits = (uint64_t) content->associated.len * 8;
	uint8_t length[8];
	uint8_t whole[2 * JWE_MAX_TAG_LEN];
	size_t len = 0;
	bool done;

	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t) (bits >> (56 - 8 * i));
	done = ctx != NULL && EVP_MAC_init(ctx, content->cek.data, enc->cek_len / 2, params) == 1 &&
		   EVP_MAC_update(ctx, content->associated.data, content->associated.len) == 1 &&
		   EVP_MAC_update(ctx, content->iv.data, content->iv.len) == 1 &&
		   EVP_MAC_update(ctx, cipher.data, cipher.len) == 1 &&
		   EVP_MAC_update(ctx, length, sizeof(length)) == 1 &&
		   EVP_MAC_final(ctx, whole, &len, sizeof(whole)) == 1 && len == 2 * enc->tag_len;
	if (done)
		memcpy(tag, whole, enc->tag_len);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return done;
}

static bool cbc_encrypt(const JweEnc *enc, const JweContent *content, ByteView plain,
						uint8_t *cipher, size_t *cipher_len, uint8_t *tag)
{
	CipherRun run = {0};
	bool done = cipher_open(&run, enc, content->cek.data + enc->cek_len / 2, content->iv.data, 1) &&
				cipher_run(&run, plain, cipher, cipher_len) &&
				cbc_tag(enc, content, bytes_of(cipher, *cipher_len), tag);

	cipher_close(&run);
	return done;
}

static bool cbc_decrypt(const JweEnc *enc, const JweContent *content, ByteView cipher, ByteView tag,
						uint8_t *plain, size_t *plain_len)
{
	CipherRun run = {0};
	uint8_t expected[JWE_MAX_TAG_LEN];
	bool done = cbc_tag(enc, content, cipher, expected) &&
				secure_equal(tag, bytes_of(expected, enc->tag_len)) &&
				cipher_open(&run, enc, content->cek.data + enc->cek_len / 2, content->iv.data, 0) &&
				cipher_run(&run, cipher, plain, plain_len);

	cipher_close(&run);
	return done;
}

JoseStatus jwe_content_encrypt(const JweEnc *enc, const JweContent *content, ByteView plain,
							   uint8_t *cipher, size_t *cipher_len, uint8_t tag[JWE_MAX_TAG_LEN])
{
	bool done = enc->digest != NULL ? cbc_encrypt(enc, content, plain, cipher, cipher_len, tag)
									: gcm_encrypt(enc, content, plain, cipher, cipher_len, tag);

	if (done)
		return JOSE_OK;
	ERR_clear_error();
	return JOSE_CRYPTO_FAILURE;
}

JoseStatus jwe_content_decrypt(const JweEnc *enc, const JweContent *content, ByteView cipher,
							   ByteView tag, uint8_t *plain, size_t *plain_len)
{
	bool done = content->cek.len == enc->cek_len && content->iv.len == enc->iv_len &&
				tag.len == enc->tag_len &&
				(enc->digest != NULL ? cbc_decrypt(enc, content, cipher, tag, plain, plain_len)
									 : gcm_decrypt(enc, content, cipher, tag, plain, plain_len));

	if (done)
		return JOSE_OK;
	ERR_clear_error();
	secure_wipe(plain, cipher.len);
	*plain_len = 0;
	return JOSE_DECRYPTION_FAILED;
}
