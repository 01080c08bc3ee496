/* Making signing keys: generated or imported, sealed before any tuple is formed. signing_key.h. */
#include "postgres.h"

#include "store/signing_key.h"

#include "jose/pem.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/generate.h"
#include "pg/text.h"
#include "store/key_cache.h"
#include "store/seal.h"

const JoseAlg *signing_key_alg(ByteView name)
{
	const JoseAlg *alg = jose_alg_by_name(name);

	if (alg == NULL || alg->key_type == JOSE_KEY_OCT)
		errors_raise_argument(
			"algorithm is not supported",
			"A signing key is for RS256, RS384, RS512, PS256, PS384, PS512, ES256, "
			"ES384, ES512 or EdDSA.",
			"Names are case-sensitive; HMAC is for API keys.");
	return alg;
}

/* Raises TK011 while there is no private key yet that an error could leave behind. */
static void require_root_key(void)
{
	key_cache_accept_changes(); /* the tables' OIDs */
	(void) root_key_current();
}

/* Writes both forms of a key and seals the private one; jwk is closed in any case. */
static NewSigningKey store_form(ByteView tenant_id, const JoseAlg *alg, Jwk *jwk)
{
	JwkLabels labels = {.alg = bytes_of_string(alg->name), .use = BYTES_LITERAL("sig")};
	uint8_t private_text[JWK_MAX_TEXT_LEN];
	uint8_t public_text[JWK_MAX_TEXT_LEN];
	uint8_t sealed[JWK_MAX_TEXT_LEN + SEAL_OVERHEAD];
	char kid[JWK_THUMBPRINT_LEN];
	JoseStatus status = jwk_thumbprint(jwk, kid);
	SealPlace place = {.column = SEAL_SIGNING_KEY, .owner_id = tenant_id};
	NewSigningKey made;
	ByteView private_jwk;
	ByteView public_jwk;
	size_t sealed_len;

	labels.kid = bytes_of(kid, sizeof(kid));
	private_jwk = jwk_write(jwk->pkey, true, &labels, private_text, sizeof(private_text));
	public_jwk = jwk_write(jwk->pkey, false, &labels, public_text, sizeof(public_text));
	jwk_close(jwk);
	if (status != JOSE_OK || private_jwk.data == NULL || public_jwk.data == NULL)
		errors_refuse(JOSE_CRYPTO_FAILURE);

	key_cache_accept_changes(); /* again: making a key takes time */
	place.row_id = labels.kid;
	sealed_len = seal_bytes(&place, private_jwk, sealed);
	secure_wipe(private_text, sizeof(private_text));
	made.kid = text_from_view(labels.kid);
	made.public_jwk = text_from_view(public_jwk);
	made.sealed = text_from_view(bytes_of(sealed, sealed_len));
	return made;
}

NewSigningKey signing_key_generate(ByteView tenant_id, ByteView algorithm, int rsa_bits)
{
	const JoseAlg *alg = signing_key_alg(algorithm);
	JoseStatus status;
	Jwk jwk;

	require_root_key();
	status = generate_key_cancellable(alg, rsa_bits, &jwk);
	if (status == JOSE_KEY_WEAK)
		errors_raise_argument("rsa_bits is out of range", "An RSA key has 2048 to 8192 bits.",
							  "2048 signs fastest; 3072 has the strength of ES256.");
	errors_raise_status(status);
	return store_form(tenant_id, alg, &jwk);
}

NewSigningKey signing_key_import(ByteView tenant_id, ByteView algorithm, ByteView text)
{
	const JoseAlg *alg = signing_key_alg(algorithm);
	uint8_t from_pem[JWK_MAX_TEXT_LEN];
	ByteView json = text;
	size_t error_at = 0;
	JoseStatus status = JOSE_OK;
	Jwk jwk = {0};

	require_root_key();
	if (pem_is_likely(text))
		status = pem_to_jwk(text, from_pem, &json);
	if (status == JOSE_OK)
		status = jwk_read(json, &jwk, &error_at);
	if (status == JOSE_OK)
		status = jwk_check_alg(&jwk, alg, JWK_OP_SIGN);
	if (status == JOSE_OK && !jwk.is_private)
		status = JOSE_KEY_WRONG_USE;
	secure_wipe(from_pem, sizeof(from_pem));
	if (status != JOSE_OK)
	{
		jwk_close(&jwk);
		errors_raise_status(status);
	}
	return store_form(tenant_id, alg, &jwk);
}
