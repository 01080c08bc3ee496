/*
 * What is a client's token: signed with a signing key of its tenant, by issue_client_token (RFC 9068).
 * Rules: check.h.
 */
#include "postgres.h"

#include "pg/memory.h"
#include "store/signing_key.h"
#include "token/check.h"

/*
 * The key by kid alone: signing keys are ours, and so are all their tokens. Whether a previous one
 * still verifies depends on its tenant.
 */
static JoseStatus find_maker(Check *check)
{
	const DecodedToken *decoded = check->decoded;
	ByteView kid = check_id(&decoded->header.kid);
	SigningKey *key = kid.data == NULL ? NULL : signing_key_by_kid(kid);

	if (key == NULL || check->alg != key->alg)
		return JOSE_BAD_SIGNATURE;
	check->made_here = true;
	check->tenant = tenant_by_id(key->tenant_id); /* which leaves the key where it is */
	if (check->tenant == NULL || !signing_key_verifies(key, check->tenant, check->now))
		return JOSE_BAD_SIGNATURE;
	return signature_verify(&key->verifier, decoded->parts.signing_input, decoded->signature);
}

/*
 * Of typ JWT there are also id_tokens: what makes one, or lacks what makes an access token, is none
 * (RFC 8725 section 3.12). check_parties demands client_id and jti.
 */
static JoseFault check_type(const Check *check)
{
	const JwsHeader *header = &check->decoded->header;
	JsonValue payload;
	size_t error_at;

	if (!jws_typ_is(header, BYTES_LITERAL("at+jwt")) &&
		!jws_typ_is(header, BYTES_LITERAL("application/at+jwt")) &&
		!jws_typ_is(header, BYTES_LITERAL("JWT")))
		return FAULT(.status = JOSE_TYPE_MISMATCH);
	if (json_read_value(check->decoded->payload_json, &payload, &error_at) != JOSE_OK ||
		claim_rules_like_id_token(&payload))
		return FAULT(.status = JOSE_TYPE_MISMATCH);
	return FINE;
}

static const Client *client_of(const Check *check, const JsonValue *client_id)
{
	ByteView id = check_id(client_id);
	const Client *client = id.data == NULL ? NULL : client_by_id(id);

	return client != NULL && bytes_equal(client->tenant_id, check->tenant->id) ? client : NULL;
}

/* An empty sub would be a user without a name, an empty jti is no id. */
static bool is_missing(const JsonValue *string)
{
	return string->type == JSON_ABSENT || string->text.len == 0;
}

static JoseFault check_parties(Check *check)
{
	const Claims *claims = check->claims;
	JsonValue client_id;

	if (!claims_read_client_id(check->decoded->payload_json, &client_id))
		return FAULT(.status = JOSE_CLAIM_TYPE);
	if (claims->iss.type == JSON_ABSENT || is_missing(&claims->sub) || is_missing(&claims->jti) ||
		client_id.type == JSON_ABSENT || !claims->has_iat || !claims->has_exp)
		return FAULT(.status = JOSE_CLAIM_MISSING);
	if (!tenant_has_issuer(check->tenant, &claims->iss))
		return FAULT(.status = JOSE_ISSUER_MISMATCH);
	check->client = client_of(check, &client_id);
	if (check->client == NULL)
		return FAULT(.status = JOSE_CLIENT_DISABLED);
	check->permissions = &check->client->permissions;
	check->cutoff = &check->client->cutoff;
	check->max_lifetime = check->tenant->max_token_lifetime;

	/* A client that asks for itself is no user (RFC 9068 section 2.2). */
	if (!json_string_equals(&claims->sub, check->client->id))
		check->identity = memory_unescaped(&claims->sub);
	return FINE;
}

static JoseFault check_state(const Check *check)
{
	return FAULT(.status = check->client->disabled ? JOSE_CLIENT_DISABLED : JOSE_OK);
}

const TokenKind check_client_token = {
	.find_maker = find_maker,
	.check_type = check_type,
	.check_parties = check_parties,
	.check_state = check_state,
};
