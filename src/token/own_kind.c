/* A tenant's own kinds of tokens; rules: own_kind.h. */
#include "postgres.h"

#include "token/own_kind.h"

#include "jose/json_write.h"
#include "pg/clock.h"
#include "pg/errors.h"
#include "store/signing_key.h"
#include "token/claim_rules.h"
#include "token/compact.h"
#include "token/jti.h"

/* How long a token lives when claims has no exp. */
#define DEFAULT_LIFETIME (3600 * JOSE_TIME_PER_SECOND)

/* Kinds that have a meaning of their own; "application/" before a typ changes nothing. */
static const ByteView reserved_types[] = {
	BYTES_INIT("JWT"),          BYTES_INIT("at+jwt"),   BYTES_INIT("token-introspection+jwt"),
	BYTES_INIT("logout+jwt"),   BYTES_INIT("dpop+jwt"), BYTES_INIT("secevent+jwt"),
	BYTES_INIT("id_token+jwt"),
};

/* Header members that the caller may not set: they are ours, or change what a verifier does. */
static const ByteView reserved_header[] = {
	BYTES_INIT("alg"), BYTES_INIT("kid"), BYTES_INIT("crit"), BYTES_INIT("b64"), BYTES_INIT("zip"),
	BYTES_INIT("jwk"), BYTES_INIT("jku"), BYTES_INIT("x5u"),  BYTES_INIT("x5c"), BYTES_INIT("enc"),
};

static bool is_reserved_type(ByteView typ)
{
	const ByteView prefix = BYTES_LITERAL("application/");

	if (typ.len > prefix.len && bytes_equal_ignoring_case(bytes_of(typ.data, prefix.len), prefix))
		typ = bytes_of(typ.data + prefix.len, typ.len - prefix.len);
	for (size_t i = 0; i < lengthof(reserved_types); i++)
	{
		if (bytes_equal_ignoring_case(typ, reserved_types[i]))
			return true;
	}
	return false;
}

/* The characters of a media type's names (RFC 6838 section 4.2) and the slash between them. */
static bool is_type_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		   (c != '\0' && strchr("!#$&-^_.+/", c) != NULL);
}

/* No parameters: who ignores them would take "at+jwt;x=1" for an access token. */
static void check_type(ByteView typ)
{
	bool is_type = typ.len > 0 && typ.len <= 127;

	for (size_t i = 0; i < typ.len; i++)
		is_type = is_type && is_type_char(typ.data[i]);
	if (!is_type || is_reserved_type(typ))
		errors_raise_argument(
			"typ is not of the tenant's own",
			"typ is required, has 1 to 127 characters of a media type without parameters, and is "
			"none of JWT, at+jwt, token-introspection+jwt, logout+jwt, dpop+jwt, secevent+jwt, "
			"id_token+jwt, with or without application/ before it.",
			"Name the kind, for example {\"typ\": \"invitation+jwt\"}.");
}

static JsonValue read_argument(ByteView json, const char *argument)
{
	if (json.data == NULL)
		errors_raise_null(argument);
	return compact_read_object(json, argument);
}

/* Readers that ignore case, as some do, would take it for typ. */
static bool is_typ_in_other_letters(const JsonValue *name)
{
	const ByteView typ = BYTES_LITERAL("typ");

	return claim_rules_name_is_one_of(name, &typ, 1) && !json_string_equals(name, typ);
}

static void check_header(const JsonValue *header)
{
	JsonCursor cursor = json_cursor(header);
	JsonValue name;
	JsonValue value;
	ByteView typ = bytes_of(NULL, 0);

	while (json_next_member(&cursor, &name, &value))
	{
		if (claim_rules_name_is_one_of(&name, reserved_header, lengthof(reserved_header)) ||
			is_typ_in_other_letters(&name))
			errors_raise_argument(
				"header member is reserved",
				"alg, kid, crit, b64, zip, enc, jwk, jku, x5u and x5c are not the "
				"caller's to set, and typ is written in small letters.",
				"alg follows the argument algorithm, kid the key.");
		if (json_string_equals(&name, BYTES_LITERAL("typ")) && value.type == JSON_STRING &&
			!value.escaped)
			typ = value.text;
	}
	check_type(typ);
}

static ByteView issuer_of(const Tenant *tenant)
{
	ByteView issuer = tenant->issuer.data != NULL ? tenant->issuer : tenant->default_issuer;

	if (issuer.data == NULL)
		errors_raise_argument(
			"tenant has no issuer",
			"A token needs iss, and the tenant has neither issuer nor default_issuer.",
			"Set one with access_token.update_tenant.");
	return issuer;
}

/*
 * When a token ends whose claims do not say so, in whole seconds: an hour after iat. An iat that lies
 * ahead, which the leeway allows, does not prolong it.
 */
static JoseTime default_exp(const Claims *claims, JoseTime now, JoseTime longest)
{
	JoseTime start = claims->has_iat ? claims->iat : now;
	JoseTime exp = Min(start + Min(DEFAULT_LIFETIME, longest), now + longest);

	return exp - exp % JOSE_TIME_PER_SECOND;
}

/*
 * No leeway here, whether exp was given or filled in: a previous key verifies for max_token_lifetime
 * to the second, and must not have signed for longer.
 */
static void check_exp(const Claims *claims, JoseTime now, JoseTime longest)
{
	if (claims->exp <= now || claims->exp - now > longest ||
		(claims->has_iat && claims->exp - claims->iat > longest))
		errors_raise_argument(
			"exp is out of range",
			"It must lie ahead, by at most the tenant's max_token_lifetime, which "
			"counts from iat as well.",
			"Leave both away to have them filled in.");
}

/* What claims says already, checked, and exp; what else is missing is filled in by write_claims. */
static Claims check_claims(const Tenant *tenant, ByteView json, JoseTime now)
{
	JoseTime longest = tenant->max_token_lifetime * JOSE_TIME_PER_SECOND;
	JsonValue object = read_argument(json, "claims");
	Claims claims;
	size_t error_at;

	if (claims_read(json, &claims, &error_at) != JOSE_OK)
		errors_raise_argument("claims are malformed",
							  "A registered claim has the wrong type or is out of range.",
							  "See RFC 7519 section 4.1.");
	if (claim_rules_like_id_token(&object))
		errors_raise_argument("claims would look like an id_token",
							  "nonce, at_hash and auth_time are not for a tenant's own kinds.",
							  "Give the claim another name.");
	if (claims.iss.type != JSON_ABSENT && !tenant_has_issuer(tenant, &claims.iss))
		errors_raise_argument("iss is not the tenant's",
							  "iss must be the tenant's issuer or default_issuer.",
							  "Leave it away to have it filled in.");
	if (claims.has_iat && claims.iat > now + claim_rules_leeway())
		errors_raise_argument("iat is out of range", "It must not lie ahead.",
							  "Leave it away to have it filled in.");
	if (!claims.has_exp)
		claims.exp = default_exp(&claims, now, longest);
	check_exp(&claims, now, longest);
	return claims;
}

static void put_missing(JsonWriter *writer, const Tenant *tenant, const Claims *claims,
						JoseTime now)
{
	char jti[UUID7_TEXT_LEN];

	if (claims->iss.type == JSON_ABSENT)
	{
		json_put_raw(writer, BYTES_LITERAL(",\"iss\":"));
		json_put_string(writer, issuer_of(tenant));
	}
	if (!claims->has_iat)
	{
		json_put_raw(writer, BYTES_LITERAL(",\"iat\":"));
		json_put_integer(writer, now / JOSE_TIME_PER_SECOND);
	}
	if (!claims->has_exp)
	{
		json_put_raw(writer, BYTES_LITERAL(",\"exp\":"));
		json_put_integer(writer, claims->exp / JOSE_TIME_PER_SECOND);
	}
	if (claims->jti.type == JSON_ABSENT)
	{
		jti_write(jti, now);
		json_put_raw(writer, BYTES_LITERAL(",\"jti\":\""));
		json_put_raw(writer, bytes_of(jti, sizeof(jti)));
		json_put_raw(writer, BYTES_LITERAL("\""));
	}
}

static ByteView write_claims(const Tenant *tenant, ByteView json, JoseTime now)
{
	size_t capacity = json.len + 512 + json_string_capacity(255);
	Claims claims = check_claims(tenant, json, now);
	JsonValue object = read_argument(json, "claims");
	JsonWriter writer = json_writer(palloc(capacity), capacity);

	put_missing(&writer, tenant, &claims, now);
	json_put_members(&writer, &object);
	return compact_finish_object(&writer);
}

static ByteView write_header(const SigningKey *key, ByteView json)
{
	size_t capacity = json.len + 128 + JWK_THUMBPRINT_LEN;
	JsonValue object = read_argument(json, "header");
	JsonWriter writer = json_writer(palloc(capacity), capacity);

	check_header(&object);
	json_put_raw(&writer, BYTES_LITERAL(",\"alg\":"));
	json_put_string(&writer, bytes_of_string(key->alg->name));
	json_put_members(&writer, &object);
	json_put_raw(&writer, BYTES_LITERAL(",\"kid\":"));
	json_put_string(&writer, key->kid);
	return compact_finish_object(&writer);
}

static SigningKey *current_key(const Tenant *tenant, const JoseAlg *alg)
{
	SigningKey *key = signing_key_current(tenant, alg);

	if (key == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("tenant has no such signing key"),
				 errdetail("There is no current key for the algorithm, or without one given, "
						   "not exactly one current key."),
				 errhint("Make one with access_token.rotate_signing_key.")));
	return key;
}

static const Tenant *require_tenant(ByteView tenant_id)
{
	const Tenant *tenant = tenant_by_id(tenant_id);

	if (tenant == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("tenant does not exist"),
						errdetail("No tenant has the given id."),
						errhint("See the view access_token.tenants; ids are case-sensitive.")));
	if (tenant->disabled)
		errors_refuse(JOSE_TENANT_DISABLED);
	return tenant;
}

struct varlena *own_kind_sign(const SignRequest *request)
{
	const JoseAlg *alg = request->algorithm.data != NULL ? signing_key_alg(request->algorithm)
														 : NULL;
	const Tenant *tenant = require_tenant(request->tenant_id);
	ByteView payload = write_claims(tenant, request->claims, clock_now());
	SigningKey *key = current_key(tenant, alg);
	ByteView header = write_header(key, request->header);

	return compact_sign(NULL, signing_key_open_signer(key), header, payload);
}

/* The key by kid; it must be this tenant's, verify still, and have made the signature. */
static JoseStatus check_signature(const DecodedToken *decoded, const JoseAlg *alg,
								  const Tenant *tenant, JoseTime now)
{
	const JsonValue *kid = &decoded->header.kid;
	SigningKey *key = kid->type == JSON_STRING && !kid->escaped ? signing_key_by_kid(kid->text)
																: NULL;

	if (key == NULL || tenant == NULL || !bytes_equal(key->tenant_id, tenant->id) ||
		!signing_key_verifies(key, tenant, now) || alg != key->alg)
		return JOSE_BAD_SIGNATURE;
	return signature_verify(&key->verifier, decoded->parts.signing_input, decoded->signature);
}

static JoseFault check_meaning(const OwnKindRequest *request, const DecodedToken *decoded,
							   const Tenant *tenant)
{
	JsonValue object;
	size_t error_at;

	if (!jws_typ_is(&decoded->header, request->typ))
		return FAULT(.status = JOSE_TYPE_MISMATCH);
	if (json_read_value(decoded->payload_json, &object, &error_at) != JOSE_OK ||
		claim_rules_like_id_token(&object))
		return FAULT(.status = JOSE_TYPE_MISMATCH);
	if (decoded->claims.iss.type == JSON_ABSENT)
		return FAULT(.status = JOSE_CLAIM_MISSING);
	if (!tenant_has_issuer(tenant, &decoded->claims.iss))
		return FAULT(.status = JOSE_ISSUER_MISMATCH);
	return FINE;
}

static JoseFault judge(const void *argument, DecodedToken *decoded)
{
	const OwnKindRequest *request = argument;
	JoseTime now = clock_now();
	const Tenant *tenant = tenant_by_id(request->tenant_id);
	const JoseAlg *alg = jws_alg_named(&decoded->header.alg);
	size_t error_at = 0;
	JoseStatus status;
	JoseFault fault;

	if (alg == NULL)
		return FAULT(.status = JOSE_UNSUPPORTED_ALG);
	status = check_signature(decoded, alg, tenant, now);
	if (status != JOSE_OK)
		return FAULT(.status = status);
	decoded->signature_good = true;
	status = claims_read(decoded->payload_json, &decoded->claims, &error_at);
	if (status != JOSE_OK)
		return FAULT(.status = status, .part = JOSE_PART_PAYLOAD, .value = (int64_t) error_at);
	fault = check_meaning(request, decoded, tenant);
	if (fault.status == JOSE_OK)
		fault = claim_rules_times(&decoded->claims, now);
	if (fault.status == JOSE_OK)
		fault = claim_rules_lifetime(&decoded->claims, now, tenant->max_token_lifetime);
	if (fault.status == JOSE_OK)
		fault = claim_rules_audience(&decoded->claims, request->audience);
	if (fault.status == JOSE_OK && tenant->disabled)
		fault = FAULT(.status = JOSE_TENANT_DISABLED);
	return fault;
}

JoseFault own_kind_verify(const OwnKindRequest *request, DecodedToken *decoded)
{
	JoseFault fault;

	check_type(request->typ);
	fault = verify_decode(request->token, decoded);
	return fault.status == JOSE_OK ? verify_settled(judge, request, decoded) : fault;
}
