/* What is an API key's token: signed with one of its secrets, here or elsewhere. Rules: check.h. */
#include "postgres.h"

#include "pg/memory.h"
#include "token/check.h"

/* Whether a secret is live, of the header's algorithm, and made the signature. */
static JoseStatus try_secret(const Check *check, const ApiKey *key, ApiKeySecret *secret)
{
	const DecodedToken *decoded = check->decoded;

	/* The stored algorithm counts; the header's is only compared. */
	if (secret->retires_at <= check->now || check->alg != key->alg)
		return JOSE_BAD_SIGNATURE;
	return hmac_verify(api_key_open_secret(key, secret), decoded->parts.signing_input,
					   decoded->signature);
}

static JoseStatus find_by_kid(Check *check)
{
	ByteView kid = check_id(&check->decoded->header.kid);
	ApiKeySecret *secret = NULL;

	check->key = kid.data == NULL ? NULL : api_key_by_secret_id(kid, &secret);
	check->made_here = true;
	return check->key == NULL ? JOSE_BAD_SIGNATURE : try_secret(check, check->key, secret);
}

/* A token signed elsewhere has no kid: iss names the key, and each of its two secrets may fit. */
static JoseStatus find_by_issuer(Check *check)
{
	JsonValue issuer = claims_peek_issuer(check->decoded->payload_json);
	ByteView id = check_id(&issuer);
	JoseStatus status = JOSE_BAD_SIGNATURE;
	const ApiKey *key = id.data == NULL ? NULL : api_key_by_id(id);

	check->key = key;
	for (int i = 0; key != NULL && i < key->secret_count && status == JOSE_BAD_SIGNATURE; i++)
		status = try_secret(check, key, &key->secrets[i]);
	return status;
}

static JoseStatus find_maker(Check *check)
{
	bool has_kid = check->decoded->header.kid.type != JSON_ABSENT;
	JoseStatus status = has_kid ? find_by_kid(check) : find_by_issuer(check);

	if (status == JOSE_OK)
		check->tenant = tenant_by_id(check->key->tenant_id);
	return status;
}

static JoseFault check_type(const Check *check)
{
	if (!jws_typ_is(&check->decoded->header, BYTES_LITERAL("JWT")))
		return FAULT(.status = JOSE_TYPE_MISMATCH);
	if (!json_string_equals(&check->decoded->header.cty, check->key->content_type))
		return FAULT(.status = JOSE_CONTENT_TYPE_MISMATCH);
	return FINE;
}

static JoseFault check_parties(Check *check)
{
	const Claims *claims = check->claims;
	const ApiKey *key = check->key;

	check->permissions = &key->permissions;
	check->cutoff = &key->cutoff;
	check->max_lifetime = Min(key->max_token_lifetime, check->tenant->max_token_lifetime);
	check->is_public = key->is_public;
	if (claims->iss.type == JSON_ABSENT || claims->sub.type == JSON_ABSENT ||
		claims->identity.type == JSON_ABSENT || claims->identity.text.len == 0 || !claims->has_exp)
		return FAULT(.status = JOSE_CLAIM_MISSING);
	if (!json_string_equals(&claims->iss, key->id))
		return FAULT(.status = JOSE_ISSUER_MISMATCH);
	if (!json_string_equals(&claims->sub, key->tenant_id))
		return FAULT(.status = JOSE_TENANT_MISMATCH);
	check->identity = memory_unescaped(&claims->identity);
	return FINE;
}

static JoseFault check_state(const Check *check)
{
	if (check->key->disabled)
		return FAULT(.status = JOSE_API_KEY_DISABLED);
	if (check->key->expires_at <= check->now)
		return FAULT(.status = JOSE_API_KEY_EXPIRED);
	return FINE;
}

const TokenKind check_api_key_token = {
	.find_maker = find_maker,
	.check_type = check_type,
	.check_parties = check_parties,
	.check_state = check_state,
};
