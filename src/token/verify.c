/* The verdict on an access token; purpose and order: verify.h. */
#include "postgres.h"

#include "token/verify.h"

#include "jose/b64url.h"
#include "pg/clock.h"
#include "pg/settings.h"
#include "store/api_key.h"
#include "store/extension.h"
#include "store/tenant.h"
#include "token/claim_rules.h"
#include "token/permission.h"

/* How often a token is judged anew because keys changed meanwhile. */
#define MAX_JUDGEMENTS 4

/* What the checks of one token share. */
typedef struct Check
{
	const VerifyRequest *request;
	const DecodedToken *decoded;
	const Claims *claims;
	const ApiKey *key;
	const Tenant *tenant;
	JoseTime now;
} Check;

static JoseFault decode_segment(ByteView segment, JosePart part, uint8_t **room, ByteView *out)
{
	size_t capacity = b64url_decoded_size(segment.len);
	size_t len;

	if (b64url_decode(segment, *room, capacity, &len) != JOSE_OK)
		return FAULT(.status = JOSE_BAD_BASE64URL, .part = part);
	*out = bytes_of(*room, len);
	*room += len;
	return FINE;
}

static JoseFault decode_segments(DecodedToken *decoded, size_t token_len)
{
	size_t needed = b64url_decoded_size(token_len);
	uint8_t *room = needed <= sizeof(decoded->inline_bytes) ? decoded->inline_bytes
															: palloc(needed);
	const JwsParts *parts = &decoded->parts;
	JoseFault fault = decode_segment(parts->header, JOSE_PART_HEADER, &room, &decoded->header_json);

	if (fault.status == JOSE_OK)
		fault = decode_segment(parts->payload, JOSE_PART_PAYLOAD, &room, &decoded->payload_json);
	if (fault.status == JOSE_OK)
		fault = decode_segment(parts->signature, JOSE_PART_SIGNATURE, &room, &decoded->signature);
	return fault;
}

JoseFault verify_decode_jws(ByteView token, DecodedToken *decoded)
{
	size_t error_at = 0;
	JoseStatus status;
	JoseFault fault;

	decoded->signature_good = false;
	decoded->claims_read = false;
	decoded->header = (JwsHeader) {.alg = {0}};
	if (token.data == NULL)
		return FAULT(.status = JOSE_TOKEN_NULL);
	if (token.len > (size_t) settings_max_token_size)
		return FAULT(.status = JOSE_TOKEN_TOO_LARGE, .value = (int64_t) token.len,
					 .limit = settings_max_token_size);
	status = jws_split(token, &decoded->parts);
	if (status != JOSE_OK)
		return FAULT(.status = status, .value = (int64_t) decoded->parts.header.len,
					 .limit = JWS_MAX_HEADER_CHARS);
	fault = decode_segments(decoded, token.len);
	if (fault.status != JOSE_OK)
		return fault;
	status = jws_read_header(decoded->header_json, &decoded->header, &error_at);
	return FAULT(.status = status, .part = JOSE_PART_HEADER, .value = (int64_t) error_at);
}

JoseFault verify_decode(ByteView token, DecodedToken *decoded)
{
	JoseFault fault = verify_decode_jws(token, decoded);

	/* A JWS may be empty; a JWT is an object. */
	if (fault.status == JOSE_OK && decoded->payload_json.len == 0)
		return FAULT(.status = JOSE_NOT_COMPACT);
	return fault;
}

/* Whether a secret is live, of the header's algorithm, and made the signature. */
static JoseStatus try_secret(const DecodedToken *decoded, const ApiKey *key, ApiKeySecret *secret,
							 JoseTime now)
{
	/* The stored algorithm counts; the header's is only compared. */
	if (secret->retires_at <= now || jose_alg_by_name(decoded->header.alg.text) != key->alg)
		return JOSE_BAD_SIGNATURE;
	return hmac_verify(api_key_open_secret(key, secret), decoded->parts.signing_input,
					   decoded->signature);
}

/* A view of the unescaped text of a string that may be an id; no data when it cannot be one. */
static ByteView id_of(const JsonValue *string)
{
	bool possible = !string->escaped && string->text.len > 0 &&
					string->text.len <= API_KEY_MAX_ID_LEN;

	return possible ? string->text : bytes_of(NULL, 0);
}

static JoseStatus check_signature_by_kid(const DecodedToken *decoded, JoseTime now,
										 const ApiKey **key)
{
	ByteView kid = id_of(&decoded->header.kid);
	ApiKeySecret *secret = NULL;

	*key = kid.data == NULL ? NULL : api_key_by_secret_id(kid, &secret);
	return *key == NULL ? JOSE_BAD_SIGNATURE : try_secret(decoded, *key, secret, now);
}

/* A token signed elsewhere has no kid: iss names the key, and each of its two secrets may fit. */
static JoseStatus check_signature_by_issuer(const DecodedToken *decoded, JoseTime now,
											const ApiKey **key)
{
	JsonValue issuer = claims_peek_issuer(decoded->payload_json);
	ByteView id = id_of(&issuer);
	JoseStatus status = JOSE_BAD_SIGNATURE;

	*key = id.data == NULL ? NULL : api_key_by_id(id);
	for (int i = 0; *key != NULL && i < (*key)->secret_count && status == JOSE_BAD_SIGNATURE; i++)
		status = try_secret(decoded, *key, &(*key)->secrets[i], now);
	return status;
}

static JoseFault check_signature(DecodedToken *decoded, JoseTime now, const ApiKey **key)
{
	const JsonValue *alg = &decoded->header.alg;
	JoseStatus status;

	if (alg->escaped || jose_alg_by_name(alg->text) == NULL)
		return FAULT(.status = JOSE_UNSUPPORTED_ALG);
	status = decoded->header.kid.type == JSON_ABSENT ? check_signature_by_issuer(decoded, now, key)
													 : check_signature_by_kid(decoded, now, key);
	decoded->signature_good = status == JOSE_OK;
	return FAULT(.status = status);
}

static JoseFault check_type(const Check *check)
{
	const JwsHeader *header = &check->decoded->header;

	if (header->typ.type != JSON_STRING || header->typ.escaped ||
		!bytes_equal_ignoring_case(header->typ.text, BYTES_LITERAL("JWT")))
		return FAULT(.status = JOSE_TYPE_MISMATCH);
	if (!json_string_equals(&header->cty, check->key->content_type))
		return FAULT(.status = JOSE_CONTENT_TYPE_MISMATCH);
	return FINE;
}

static JoseFault check_parties(const Check *check)
{
	const Claims *claims = check->claims;
	const VerifyRequest *request = check->request;

	if (claims->iss.type == JSON_ABSENT || claims->sub.type == JSON_ABSENT ||
		claims->identity.type == JSON_ABSENT || claims->identity.text.len == 0 || !claims->has_exp)
		return FAULT(.status = JOSE_CLAIM_MISSING);
	if (!json_string_equals(&claims->iss, check->key->id))
		return FAULT(.status = JOSE_ISSUER_MISMATCH);
	if (!json_string_equals(&claims->sub, check->key->tenant_id))
		return FAULT(.status = JOSE_TENANT_MISMATCH);
	if (request->tenant_id.data != NULL && !bytes_equal(request->tenant_id, check->key->tenant_id))
		return FAULT(.status = JOSE_TENANT_MISMATCH);
	return FINE;
}

/* A string claim as plain text; a view without data when it is absent. */
static ByteView plain_text(const JsonValue *string)
{
	uint8_t *unescaped;

	if (string->type == JSON_ABSENT)
		return bytes_of(NULL, 0);
	if (!string->escaped)
		return string->text;
	unescaped = palloc(string->text.len);
	return bytes_of(unescaped, json_unescape(string, unescaped));
}

/* Public is decided by the key's kind, never by a claim. */
static JoseFault check_scope(const Check *check)
{
	ByteView has = plain_text(&check->claims->scope);
	ByteView wanted = check->request->scope;
	ByteView scope;

	if (check->key->is_public && !scope_contains(wanted, BYTES_LITERAL(SCOPE_PUBLIC)))
		return FAULT(.status = JOSE_PUBLIC_TOKEN);
	if (!check->key->is_public && !permission_scopes(check->key, has))
		return FAULT(.status = JOSE_SCOPE_NOT_ALLOWED);
	while (scope_next(&wanted, &scope))
	{
		if (!scope_contains(has, scope))
			return FAULT(.status = JOSE_SCOPE_MISSING);
	}
	if (check->claims->role.type != JSON_ABSENT &&
		!permission_role(check->key, &check->claims->role))
		return FAULT(.status = JOSE_ROLE_NOT_ALLOWED);
	return FINE;
}

static JoseFault check_state(const Check *check)
{
	if (check->key->disabled)
		return FAULT(.status = JOSE_API_KEY_DISABLED);
	if (check->key->expires_at <= check->now)
		return FAULT(.status = JOSE_API_KEY_EXPIRED);
	if (check->tenant->disabled)
		return FAULT(.status = JOSE_TENANT_DISABLED);
	return FINE;
}

static JoseFault check_times(const Check *check)
{
	return claim_rules_times(check->claims, check->now);
}

static JoseFault check_lifetime(const Check *check)
{
	return claim_rules_lifetime(check->claims, check->now,
								Min(check->key->max_token_lifetime,
									check->tenant->max_token_lifetime));
}

static JoseFault check_audience(const Check *check)
{
	return claim_rules_audience(check->claims, check->request->audience);
}

/* The checks behind the signature, in their order. */
static JoseFault (*const checks[])(const Check *) = {
	check_type,     check_parties, check_times, check_lifetime,
	check_audience, check_scope,   check_state,
};

/* What a public key's token says about its user nobody has proved. */
static TokenSubject subject_of(const Check *check)
{
	TokenSubject subject = {.tenant_id = check->key->tenant_id,
							.scope = plain_text(&check->claims->scope)};

	if (!check->key->is_public)
		subject.identity = plain_text(&check->claims->identity);
	return subject;
}

/* The verdict on a decoded token by what key, secret and tenant are now. */
static JoseFault judge(const void *argument, DecodedToken *decoded)
{
	const VerifyRequest *request = argument;
	Check check = {.request = request,
				   .decoded = decoded,
				   .claims = &decoded->claims,
				   .now = clock_now()};
	JoseFault fault = check_signature(decoded, check.now, &check.key);
	size_t error_at = 0;
	JoseStatus status;

	if (fault.status != JOSE_OK)
		return fault;
	status = claims_read(decoded->payload_json, &decoded->claims, &error_at);
	decoded->claims_read = status == JOSE_OK || status == JOSE_CLAIM_TYPE;
	if (status != JOSE_OK)
		return FAULT(.status = status, .part = JOSE_PART_PAYLOAD, .value = (int64_t) error_at);

	check.tenant = tenant_by_id(check.key->tenant_id);
	if (check.tenant == NULL)
		return FAULT(.status = JOSE_TENANT_DISABLED); /* a row that a subscriber lacks */
	for (size_t i = 0; i < lengthof(checks) && fault.status == JOSE_OK; i++)
		fault = checks[i](&check);
	if (fault.status == JOSE_OK)
		decoded->subject = subject_of(&check);
	return fault;
}

JoseFault verify_settled(TokenJudge judge_token, const void *request, DecodedToken *decoded)
{
	JoseFault fault = FINE;

	for (int i = 0; i < MAX_JUDGEMENTS; i++)
	{
		uint64 before = extension_generation();

		decoded->signature_good = false;
		decoded->claims_read = false;
		fault = judge_token(request, decoded);
		if (before == extension_generation())
			break;
	}
	return fault;
}

JoseFault verify_access_token(const VerifyRequest *request, DecodedToken *decoded)
{
	JoseFault fault = verify_decode(request->token, decoded);

	return fault.status == JOSE_OK ? verify_settled(judge, request, decoded) : fault;
}
