/* Making secrets; purpose: new_secret.h. */
#include "postgres.h"

#include "store/new_secret.h"

#include "jose/alg.h"
#include "jose/secret.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "store/key_cache.h"

static ByteView generate(const JoseAlg *alg, char out[SECRET_MAX_TEXT_LEN])
{
	uint8_t random[SECRET_MAX_RANDOM_LEN];
	size_t len;

	if (!pg_strong_random(random, alg->hash_len))
		errors_refuse(JOSE_CRYPTO_FAILURE);
	len = secret_write(bytes_of(random, alg->hash_len), out, SECRET_MAX_TEXT_LEN);
	secure_wipe(random, sizeof(random));
	return bytes_of(out, len);
}

static void check_imported(const JoseAlg *alg, ByteView imported)
{
	if (imported.len <= NEW_SECRET_MAX_LEN &&
		secret_check_imported(imported, alg->hash_len) == JOSE_OK)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_ACCESS_TOKEN_BAD_KEY), errmsg("imported secret is not usable"),
		 errdetail("A secret for %s has %zu to %d printable ASCII characters, and is no PEM, SSH, "
				   "DER or JWK key (RFC 7518 section 3.2).",
				   alg->name, alg->hash_len, NEW_SECRET_MAX_LEN),
		 errhint("Leave imported_secret away to have a secret generated.")));
}

static struct varlena *seal(const SealPlace *place, ByteView plain)
{
	uint8_t *out = palloc(plain.len + SEAL_OVERHEAD);

	return text_from_view(bytes_of(out, seal_bytes(place, plain, out)));
}

NewSecret new_secret(const NewSecretRequest *request)
{
	const JoseAlg *alg = jose_alg_by_name(request->algorithm);
	char generated[SECRET_MAX_TEXT_LEN];
	ByteView plain = request->imported;
	NewSecret secret;

	if (alg == NULL || alg->family != JOSE_FAMILY_HMAC)
		errors_raise_argument("algorithm is not supported",
							  "An API key signs with HS256, HS384 or HS512.",
							  "Names are case-sensitive.");
	key_cache_accept_changes(); /* the tables' OIDs */
	if (plain.data == NULL)
		plain = generate(alg, generated);
	else
		check_imported(alg, plain);
	secret.sealed = seal(&request->place, plain);
	secret.text = text_from_view(plain);
	secret.last_four = text_from_view(bytes_of(plain.data + plain.len - 4, 4));
	secure_wipe(generated, sizeof(generated));
	return secret;
}
