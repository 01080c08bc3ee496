/* ECDH-ES by OpenSSL's EVP_PKEY and its single-step KDF; purpose: jwe_ecdh.h. */
#include "jose/jwe_ecdh.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "jose/secure.h"

/* The shared secret is a coordinate: that of P-521 is the longest. */
#define MAX_SHARED_LEN 66
/* Bytes of the KDF's other information at most; apu and apv share what is left. */
#define MAX_INFO_LEN 2048

static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t shared[MAX_SHARED_LEN], size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	bool done = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
				EVP_PKEY_derive_set_peer(ctx, peer) == 1;

	*len = MAX_SHARED_LEN;
	done = done && EVP_PKEY_derive(ctx, shared, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return done;
}

static uint8_t *put_uint32(uint8_t *to, size_t value)
{
	for (int i = 0; i < 4; i++)
		*to++ = (uint8_t) (value >> (24 - 8 * i));
	return to;
}

/* Length and bytes (RFC 7518 section 4.6.2). */
static uint8_t *put_counted(uint8_t *to, ByteView bytes)
{
	to = put_uint32(to, bytes.len);
	if (bytes.len > 0)
		memcpy(to, bytes.data, bytes.len);
	return to + bytes.len;
}

/* AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo; no data when too long. */
static ByteView write_info(const char *algorithm, const JweKeyParts *parts, size_t key_len,
						   uint8_t info[MAX_INFO_LEN])
{
	ByteView name = bytes_of_string(algorithm);
	uint8_t *to = info;

	if (parts->apu.len > MAX_INFO_LEN / 3 || parts->apv.len > MAX_INFO_LEN / 3)
		return bytes_of(NULL, 0);
	to = put_counted(to, name);
	to = put_counted(to, parts->apu);
	to = put_counted(to, parts->apv);
	to = put_uint32(to, key_len * 8);
	return bytes_of(info, (size_t) (to - info));
}

static bool concat_kdf(ByteView shared, ByteView info, uint8_t *out, size_t out_len)
{
	/* OSSL_PARAM takes its buffers without const, but only reads these. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *) (uintptr_t) "SHA2-256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *) (uintptr_t) shared.data,
										  shared.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *) (uintptr_t) info.data,
										  info.len),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SSKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool done = ctx != NULL && EVP_KDF_derive(ctx, out, out_len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done;
}

static bool derive(EVP_PKEY *own, EVP_PKEY *peer, const JweAlg *alg, const JweEnc *enc,
				   const JweKeyParts *parts, uint8_t *out)
{
	size_t key_len = alg->kek_len > 0 ? alg->kek_len : enc->cek_len;
	uint8_t info_bytes[MAX_INFO_LEN];
	ByteView info = write_info(alg->kek_len > 0 ? alg->name : enc->name, parts, key_len,
							   info_bytes);
	uint8_t shared[MAX_SHARED_LEN];
	size_t shared_len = 0;
	bool done = info.data != NULL && agree(own, peer, shared, &shared_len) &&
				concat_kdf(bytes_of(shared, shared_len), info, out, key_len);

	secure_wipe(shared, sizeof(shared));
	return done;
}

/* A new key on the curve of another. */
static EVP_PKEY *generate_like(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	EVP_PKEY *made = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_generate(ctx, &made) != 1)
	{
		EVP_PKEY_free(made);
		made = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	return made;
}

bool jwe_ecdh_send(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, JweKeyParts *parts,
				   uint8_t out[JWE_MAX_CEK_LEN])
{
	EVP_PKEY *ephemeral = generate_like(jwk->pkey);
	bool done = false;

	if (ephemeral != NULL)
	{
		parts->epk = jwk_write(ephemeral, false, NULL, parts->epk_text, sizeof(parts->epk_text));
		done = parts->epk.data != NULL && derive(ephemeral, jwk->pkey, alg, enc, parts, out);
	}
	EVP_PKEY_free(ephemeral);
	return done;
}

/*
 * Whether epk says that it is a public key of this type. Looked at first, because epk is the sender's:
 * whoever sends a private RSA key must not have it checked, which takes long.
 */
static bool is_public_of_type(ByteView epk, JoseKeyType type)
{
	static const ByteView names[] = {BYTES_INIT("kty"), BYTES_INIT("d")};
	JsonValue members[2];
	size_t error_at;

	return json_read_object(epk, names, members, 2, &error_at) == JOSE_OK &&
		   json_string_equals(&members[0],
							  type == JOSE_KEY_EC ? BYTES_LITERAL("EC") : BYTES_LITERAL("OKP")) &&
		   members[1].type == JSON_ABSENT;
}

bool jwe_ecdh_receive(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc,
					  const JweKeyParts *parts, uint8_t out[JWE_MAX_CEK_LEN])
{
	Jwk epk;
	size_t error_at;
	bool done;

	/* Reading checks that the point is on its curve. */
	if (parts->epk.data == NULL || !is_public_of_type(parts->epk, jwk->type) ||
		jwk_read(parts->epk, &epk, &error_at) != JOSE_OK)
		return false;
	done = strcmp(epk.curve, jwk->curve) == 0 && derive(jwk->pkey, epk.pkey, alg, enc, parts, out);
	jwk_close(&epk);
	return done;
}
