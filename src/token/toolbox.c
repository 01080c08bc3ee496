/* Signing and verifying with the caller's keys; rules: toolbox.h. */
#include "postgres.h"

#include "token/toolbox.h"

#include "pg/clock.h"
#include "pg/errors.h"
#include "store/parsed_key.h"
#include "token/claim_rules.h"
#include "token/compact.h"

static void raise_no_algorithm(void)
{
	errors_raise_argument("algorithm is not known",
						  "Neither the header nor the key names a signature algorithm in alg.",
						  "Pass a header like {\"alg\": \"ES256\"}, or put alg into the key.");
}

enum
{
	HEADER_ALG,
	HEADER_TYP,
	HEADER_KID,
	HEADER_COUNT
};

static const ByteView header_names[HEADER_COUNT] = {
	[HEADER_ALG] = BYTES_INIT("alg"),
	[HEADER_TYP] = BYTES_INIT("typ"),
	[HEADER_KID] = BYTES_INIT("kid"),
};

/* The caller's header with alg, kid of the key, and for a JWT typ, where it does not have them. */
static ByteView write_header(const JwsRequest *request, const JoseAlg *alg,
							 const JsonValue members[HEADER_COUNT], const Jwk *jwk)
{
	size_t capacity = 64 + request->header.len + jwk->kid.text.len;
	JsonWriter writer = json_writer(palloc(capacity), capacity);
	JwsHeader header;
	ByteView written;
	size_t error_at;

	if (members[HEADER_ALG].type == JSON_ABSENT)
	{
		json_put_raw(&writer, BYTES_LITERAL(",\"alg\":"));
		json_put_string(&writer, bytes_of_string(alg->name));
	}
	if (request->is_jwt && members[HEADER_TYP].type == JSON_ABSENT)
		json_put_raw(&writer, BYTES_LITERAL(",\"typ\":\"JWT\""));
	if (members[HEADER_KID].type == JSON_ABSENT && jwk->kid.type == JSON_STRING)
	{
		json_put_raw(&writer, BYTES_LITERAL(",\"kid\":\""));
		json_put_raw(&writer, jwk->kid.text); /* escaped as it stands in the key */
		json_put_raw(&writer, BYTES_LITERAL("\""));
	}
	if (request->header.data != NULL)
	{
		JsonValue object = compact_read_object(request->header, "header");

		json_put_members(&writer, &object);
	}
	written = compact_finish_object(&writer);
	if (jws_read_header(written, &header, &error_at) != JOSE_OK)
		errors_raise_argument(
			"header may not be signed so",
			"alg, typ, cty and kid must be strings, and crit, zip and b64 other than "
			"true are not supported.",
			"Verification would refuse such a token.");
	return written;
}

static void check_claims(ByteView payload)
{
	Claims claims;
	size_t error_at;

	if (claims_read(payload, &claims, &error_at) != JOSE_OK)
		errors_raise_argument(
			"claims are malformed",
			"They must be a JSON object, and a registered claim has the wrong type or "
			"is out of range.",
			"See RFC 7519 section 4.1.");
}

struct varlena *toolbox_sign(const JwsRequest *request)
{
	JsonValue members[HEADER_COUNT] = {{0}};
	KeyWanted wanted = {.text = request->key, .needs_private = true};
	ByteView payload = request->payload;
	size_t error_at;
	ParsedKey *key;
	ByteView header;

	if (request->header.data != NULL && json_read_object(request->header, header_names, members,
														 HEADER_COUNT, &error_at) != JOSE_OK)
		compact_read_object(request->header, "header"); /* raises */
	if (request->is_jwt)
	{
		check_claims(payload);
		payload = json_compacted(payload, palloc(payload.len));
	}
	wanted.alg = members[HEADER_ALG].type == JSON_ABSENT
					 ? jws_alg_named(&parsed_key(request->key)->jwk.alg)
					 : jws_alg_named(&members[HEADER_ALG]);
	if (wanted.alg == NULL)
		raise_no_algorithm();
	key = parsed_key_for_signature(&wanted);
	if (key == NULL)
		errors_refuse(JOSE_KEY_WRONG_USE);
	header = write_header(request, wanted.alg, members, &key->jwk);
	return compact_sign(wanted.alg->key_type == JOSE_KEY_OCT ? &key->mac : NULL, &key->signature,
						header, payload);
}

/* The token's algorithm, if the caller allows it. Raises 22023 for an argument that is none. */
static const JoseAlg *allowed_alg(const JwsCheck *check, const JsonValue *token_alg)
{
	const JoseAlg *alg = jws_alg_named(token_alg);
	bool is_allowed = false;

	for (int i = 0; i < check->algorithm_count; i++)
	{
		const JoseAlg *allowed = jose_alg_by_name(check->algorithms[i]);

		if (allowed == NULL)
			errors_raise_argument(
				"algorithm is not supported",
				"The argument algorithms names what is no signature algorithm here.",
				"Names are case-sensitive; none is never allowed.");
		is_allowed |= allowed == alg;
	}
	return is_allowed ? alg : NULL;
}

JoseFault toolbox_verify(const JwsCheck *check, DecodedToken *decoded)
{
	KeyWanted wanted = {.text = check->key, .needs_own_alg = check->algorithm_count > 1};
	JoseFault fault = verify_decode_jws(check->token, decoded);
	ParsedKey *key;
	JoseStatus status = JOSE_BAD_SIGNATURE;

	wanted.alg = allowed_alg(check, &decoded->header.alg);
	if (fault.status != JOSE_OK)
		return fault;
	if (wanted.alg == NULL)
		return FAULT(.status = JOSE_ALG_NOT_ALLOWED);
	wanted.kid = decoded->header.kid;
	key = parsed_key_for_signature(&wanted);
	if (key != NULL && wanted.alg->key_type == JOSE_KEY_OCT)
		status = hmac_verify(&key->mac, decoded->parts.signing_input, decoded->signature);
	else if (key != NULL)
		status = signature_verify(&key->signature, decoded->parts.signing_input,
								  decoded->signature);
	decoded->signature_good = status == JOSE_OK;
	return FAULT(.status = status);
}

JoseFault toolbox_verify_jwt(const JwsCheck *check, const JwtRules *rules, DecodedToken *decoded)
{
	JoseFault fault = toolbox_verify(check, decoded);
	JoseTime leeway = rules->leeway * JOSE_TIME_PER_SECOND;
	const Claims *claims = &decoded->claims;
	size_t error_at = 0;
	JoseStatus status;

	if (fault.status != JOSE_OK)
		return fault;
	status = claims_read(decoded->payload_json, &decoded->claims, &error_at);
	if (status != JOSE_OK)
		return FAULT(.status = status, .part = JOSE_PART_PAYLOAD, .value = (int64_t) error_at);
	if (rules->require_exp && !claims->has_exp)
		return FAULT(.status = JOSE_CLAIM_MISSING);
	fault = claim_rules_times_within(claims, clock_now(), rules->has_leeway ? leeway : 0,
									 rules->has_leeway ? leeway : claim_rules_leeway());
	if (fault.status == JOSE_OK && rules->issuer.data != NULL &&
		!json_string_equals(&claims->iss, rules->issuer))
		fault = FAULT(.status = JOSE_ISSUER_MISMATCH);
	return fault.status == JOSE_OK ? claim_rules_audience(claims, rules->audience) : fault;
}
