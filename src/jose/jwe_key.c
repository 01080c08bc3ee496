/* Key management: table, direct and wrapped keys; ECDH-ES stands in jwe_ecdh.c. Purpose: jwe_key.h. */
#include "jose/jwe_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "jose/aead.h"
#include "jose/jwe_ecdh.h"
#include "jose/secure.h"

static const JweAlg algorithms[] = {
	{"dir", JWE_DIR, 0, NULL, NULL},
	{"A128KW", JWE_AES_KW, 16, "AES-128-WRAP", NULL},
	{"A192KW", JWE_AES_KW, 24, "AES-192-WRAP", NULL},
	{"A256KW", JWE_AES_KW, 32, "AES-256-WRAP", NULL},
	{"A128GCMKW", JWE_AES_GCM_KW, 16, "A128GCM", NULL},
	{"A192GCMKW", JWE_AES_GCM_KW, 24, "A192GCM", NULL},
	{"A256GCMKW", JWE_AES_GCM_KW, 32, "A256GCM", NULL},
	{"RSA-OAEP", JWE_RSA_OAEP, 0, NULL, "SHA1"},
	{"RSA-OAEP-256", JWE_RSA_OAEP, 0, NULL, "SHA2-256"},
	{"ECDH-ES", JWE_ECDH_ES, 0, NULL, NULL},
	{"ECDH-ES+A128KW", JWE_ECDH_ES, 16, "AES-128-WRAP", NULL},
	{"ECDH-ES+A192KW", JWE_ECDH_ES, 24, "AES-192-WRAP", NULL},
	{"ECDH-ES+A256KW", JWE_ECDH_ES, 32, "AES-256-WRAP", NULL},
};

const JweAlg *jwe_alg_by_name(ByteView name)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
	{
		if (bytes_equal(name, bytes_of_string(algorithms[i].name)))
			return &algorithms[i];
	}
	return NULL;
}

static bool type_fits(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc)
{
	switch (alg->family)
	{
		case JWE_DIR:
			return jwk->type == JOSE_KEY_OCT && jwk->secret_len == enc->cek_len;
		case JWE_AES_KW:
		case JWE_AES_GCM_KW:
			return jwk->type == JOSE_KEY_OCT && jwk->secret_len == alg->kek_len;
		case JWE_RSA_OAEP:
			return jwk->type == JOSE_KEY_RSA;
		case JWE_ECDH_ES:
			return jwk->type == JOSE_KEY_EC ||
				   (jwk->type == JOSE_KEY_OKP && strcmp(jwk->curve, "X25519") == 0);
	}
	return false;
}

/* By family and role. */
static const unsigned operations[][JWE_ROLE_COUNT] = {
	[JWE_DIR] = {JWK_OP_ENCRYPT, JWK_OP_DECRYPT},
	[JWE_AES_KW] = {JWK_OP_WRAP_KEY | JWK_OP_ENCRYPT, JWK_OP_UNWRAP_KEY | JWK_OP_DECRYPT},
	[JWE_AES_GCM_KW] = {JWK_OP_WRAP_KEY | JWK_OP_ENCRYPT, JWK_OP_UNWRAP_KEY | JWK_OP_DECRYPT},
	[JWE_RSA_OAEP] = {JWK_OP_WRAP_KEY | JWK_OP_ENCRYPT, JWK_OP_UNWRAP_KEY | JWK_OP_DECRYPT},
	[JWE_ECDH_ES] = {JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS,
					 JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS},
};

unsigned jwe_key_operations(const JweAlg *alg, JweRole role)
{
	return operations[alg->family][role];
}

JoseStatus jwe_key_check(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, JweRole role)
{
	/* A symmetric key for dir may name its enc instead, as many do (RFC 7517 leaves that open). */
	bool alg_fits = jwk->alg.type == JSON_ABSENT ||
					json_string_equals(&jwk->alg, bytes_of_string(alg->name)) ||
					(alg->family == JWE_DIR &&
					 json_string_equals(&jwk->alg, bytes_of_string(enc->name)));

	if (!alg_fits || !type_fits(jwk, alg, enc) ||
		(jwk->operations & jwe_key_operations(alg, role)) == 0)
		return JOSE_KEY_WRONG_USE;
	return JOSE_OK;
}

/* AES key wrap (RFC 3394), either way. */
static bool aes_wrap(const char *cipher_name, const uint8_t *kek, ByteView in, uint8_t *out,
					 size_t *out_len, int wrap)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;
	int last = 0;
	bool done = cipher != NULL && ctx != NULL && in.len <= JWE_MAX_ENCRYPTED_KEY_LEN;

	if (done)
	{
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		done = EVP_CipherInit_ex2(ctx, cipher, kek, NULL, wrap, NULL) == 1 &&
			   EVP_CipherUpdate(ctx, out, &len, in.data, (int) in.len) == 1 &&
			   EVP_CipherFinal_ex(ctx, out + len, &last) == 1;
		*out_len = (size_t) len + (size_t) last;
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return done;
}

static bool gcm_wrap(const Jwk *jwk, const JweAlg *alg, ByteView cek, JweKeyParts *parts)
{
	const JweEnc *gcm = jwe_enc_by_name(bytes_of_string(alg->cipher));
	JweContent content = {.cek = bytes_of(jwk->secret, jwk->secret_len),
						  .iv = bytes_of(parts->iv, sizeof(parts->iv))};
	uint8_t tag[JWE_MAX_TAG_LEN];
	bool done = RAND_bytes(parts->iv, sizeof(parts->iv)) == 1 &&
				jwe_content_encrypt(gcm, &content, cek, parts->encrypted_key,
									&parts->encrypted_key_len, tag) == JOSE_OK;

	if (done)
		memcpy(parts->tag, tag, sizeof(parts->tag));
	return done;
}

static bool gcm_unwrap(const Jwk *jwk, const JweAlg *alg, const JweKeyParts *parts, uint8_t *cek,
					   size_t *cek_len)
{
	const JweEnc *gcm = jwe_enc_by_name(bytes_of_string(alg->cipher));
	JweContent content = {.cek = bytes_of(jwk->secret, jwk->secret_len),
						  .iv = bytes_of(parts->iv, sizeof(parts->iv))};

	return jwe_content_decrypt(gcm, &content,
							   bytes_of(parts->encrypted_key, parts->encrypted_key_len),
							   bytes_of(parts->tag, sizeof(parts->tag)), cek, cek_len) == JOSE_OK;
}

/* OpenSSL's functions for one direction. */
typedef struct PkeyDirection
{
	int (*init)(EVP_PKEY_CTX *ctx);
	int (*run)(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *out_len, const unsigned char *in,
			   size_t in_len);
} PkeyDirection;

static const PkeyDirection pkey_encrypt = {EVP_PKEY_encrypt_init, EVP_PKEY_encrypt};
static const PkeyDirection pkey_decrypt = {EVP_PKEY_decrypt_init, EVP_PKEY_decrypt};

/* RSA-OAEP, either way; MGF1 has the same hash (RFC 7518 section 4.3). */
static bool rsa_oaep(const Jwk *jwk, const JweAlg *alg, const PkeyDirection *direction, ByteView in,
					 uint8_t *out, size_t *out_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, jwk->pkey, NULL);
	EVP_MD *digest = EVP_MD_fetch(NULL, alg->digest, NULL);
	bool done = ctx != NULL && digest != NULL && direction->init(ctx) == 1 &&
				EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
				EVP_PKEY_CTX_set_rsa_oaep_md(ctx, digest) == 1 &&
				EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest) == 1 &&
				direction->run(ctx, out, out_len, in.data, in.len) == 1;

	EVP_MD_free(digest);
	EVP_PKEY_CTX_free(ctx);
	return done;
}

/* The CEK of dir is the key itself, that of plain ECDH-ES what was agreed; others are random. */
static bool make_cek(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, uint8_t *cek)
{
	if (alg->family == JWE_DIR)
		memcpy(cek, jwk->secret, enc->cek_len);
	return alg->family == JWE_DIR || RAND_priv_bytes(cek, (int) enc->cek_len) == 1;
}

static bool wrap(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, JweKeyParts *parts,
				 uint8_t *cek)
{
	ByteView plain = bytes_of(cek, enc->cek_len);
	uint8_t kek[JWE_MAX_CEK_LEN];
	bool done;

	switch (alg->family)
	{
		case JWE_DIR:
			return true;
		case JWE_AES_KW:
			return aes_wrap(alg->cipher, jwk->secret, plain, parts->encrypted_key,
							&parts->encrypted_key_len, 1);
		case JWE_AES_GCM_KW:
			return gcm_wrap(jwk, alg, plain, parts);
		case JWE_RSA_OAEP:
			parts->encrypted_key_len = sizeof(parts->encrypted_key);
			return rsa_oaep(jwk, alg, &pkey_encrypt, plain, parts->encrypted_key,
							&parts->encrypted_key_len);
		case JWE_ECDH_ES:
			if (alg->kek_len == 0)
				return jwe_ecdh_send(jwk, alg, enc, parts, cek);
			done = jwe_ecdh_send(jwk, alg, enc, parts, kek) &&
				   aes_wrap(alg->cipher, kek, plain, parts->encrypted_key,
							&parts->encrypted_key_len, 1);
			secure_wipe(kek, sizeof(kek));
			return done;
	}
	return false;
}

JoseStatus jwe_key_wrap(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, JweKeyParts *parts,
						uint8_t cek[JWE_MAX_CEK_LEN])
{
	parts->encrypted_key_len = 0;
	if (make_cek(jwk, alg, enc, cek) && wrap(jwk, alg, enc, parts, cek))
		return JOSE_OK;
	ERR_clear_error();
	secure_wipe(cek, JWE_MAX_CEK_LEN);
	return JOSE_CRYPTO_FAILURE;
}

/* out has room for JWE_MAX_ENCRYPTED_KEY_LEN: what comes out may have any length until checked. */
static bool unwrap(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, const JweKeyParts *parts,
				   uint8_t *out, size_t *out_len)
{
	ByteView encrypted = bytes_of(parts->encrypted_key, parts->encrypted_key_len);
	uint8_t kek[JWE_MAX_CEK_LEN];
	bool done = false;

	switch (alg->family)
	{
		case JWE_DIR:
			memcpy(out, jwk->secret, jwk->secret_len);
			*out_len = jwk->secret_len;
			return encrypted.len == 0;
		case JWE_AES_KW:
			return encrypted.len > 0 &&
				   aes_wrap(alg->cipher, jwk->secret, encrypted, out, out_len, 0);
		case JWE_AES_GCM_KW:
			return encrypted.len > 0 && gcm_unwrap(jwk, alg, parts, out, out_len);
		case JWE_RSA_OAEP:
			*out_len = JWE_MAX_ENCRYPTED_KEY_LEN;
			return rsa_oaep(jwk, alg, &pkey_decrypt, encrypted, out, out_len);
		case JWE_ECDH_ES:
			if (!jwe_ecdh_receive(jwk, alg, enc, parts, kek))
				break;
			if (alg->kek_len == 0)
			{
				memcpy(out, kek, enc->cek_len);
				*out_len = enc->cek_len;
				done = encrypted.len == 0;
			}
			else
				done = encrypted.len > 0 && aes_wrap(alg->cipher, kek, encrypted, out, out_len, 0);
			break;
	}
	secure_wipe(kek, sizeof(kek));
	return done;
}

JoseStatus jwe_key_unwrap(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc,
						  const JweKeyParts *parts, uint8_t cek[JWE_MAX_CEK_LEN])
{
	uint8_t unwrapped[JWE_MAX_ENCRYPTED_KEY_LEN + JWE_MAX_PADDING];
	size_t len = 0;
	bool good;

	/* The random one comes first: whether it is used makes no difference in what is done. */
	if (RAND_priv_bytes(cek, JWE_MAX_CEK_LEN) != 1)
		return JOSE_CRYPTO_FAILURE;
	good = unwrap(jwk, alg, enc, parts, unwrapped, &len) && len == enc->cek_len;
	if (good)
		memcpy(cek, unwrapped, enc->cek_len);
	secure_wipe(unwrapped, sizeof(unwrapped));
	ERR_clear_error();
	return JOSE_OK;
}
