/* The verdict on an access token; purpose and order: verify.h. */
#include "postgres.h"

#include "token/verify.h"

#include "jose/b64url.h"
#include "pg/clock.h"
#include "pg/memory.h"
#include "pg/settings.h"
#include "pg/standby.h"
#include "store/extension.h"
#include "token/check.h"
#include "token/permission.h"
#include "token/revoked.h"

/* How often a token is judged anew because keys changed meanwhile. */
#define MAX_JUDGEMENTS 4

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

JoseFault verify_check_size(ByteView token)
{
	if (token.data == NULL)
		return FAULT(.status = JOSE_TOKEN_NULL);
	if (token.len > (size_t) settings_max_token_size)
		return FAULT(.status = JOSE_TOKEN_TOO_LARGE, .value = (int64_t) token.len,
					 .limit = settings_max_token_size);
	return FINE;
}

JoseFault verify_decode_jws(ByteView token, DecodedToken *decoded)
{
	JoseFault fault = verify_check_size(token);
	size_t error_at = 0;
	JoseStatus status;

	decoded->signature_good = false;
	decoded->claims_read = false;
	decoded->header = (JwsHeader) {.alg = {0}};
	if (fault.status != JOSE_OK)
		return fault;
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

ByteView check_id(const JsonValue *string)
{
	bool possible = string->type == JSON_STRING && !string->escaped && string->text.len > 0 &&
					string->text.len <= API_KEY_MAX_ID_LEN;

	return possible ? string->text : bytes_of(NULL, 0);
}

/* API keys have symmetric algorithms, signing keys asymmetric ones: no key is ever tried as the other. */
static const TokenKind *kind_of(const JoseAlg *alg)
{
	return alg->key_type == JOSE_KEY_OCT ? &check_api_key_token : &check_client_token;
}

static JoseFault check_tenant(const Check *check)
{
	ByteView tenant_id = check->request->tenant_id;

	if (tenant_id.data != NULL && !bytes_equal(tenant_id, check->tenant->id))
		return FAULT(.status = JOSE_TENANT_MISMATCH);
	return FINE;
}

/* Public is decided by the key's kind, never by a claim. */
static JoseFault check_scope(const Check *check)
{
	ByteView has = memory_unescaped(&check->claims->scope);
	ByteView wanted = check->request->scope;
	ByteView scope;

	if (check->is_public && !scope_contains(wanted, BYTES_LITERAL(SCOPE_PUBLIC)))
		return FAULT(.status = JOSE_PUBLIC_TOKEN);
	if (!check->is_public && !permission_scopes(check->permissions, has))
		return FAULT(.status = JOSE_SCOPE_NOT_ALLOWED);
	while (scope_next(&wanted, &scope))
	{
		if (!scope_contains(has, scope))
			return FAULT(.status = JOSE_SCOPE_MISSING);
	}
	if (check->claims->role.type != JSON_ABSENT &&
		!permission_role(check->permissions, &check->claims->role))
		return FAULT(.status = JOSE_ROLE_NOT_ALLOWED);
	return FINE;
}

static JoseFault check_tenant_state(const Check *check)
{
	return FAULT(.status = check->tenant->disabled ? JOSE_TENANT_DISABLED : JOSE_OK);
}

static JoseFault check_times(const Check *check)
{
	return claim_rules_times(check->claims, check->now);
}

static JoseFault check_lifetime(const Check *check)
{
	return claim_rules_lifetime(check->claims, check->now, check->max_lifetime);
}

static JoseFault check_audience(const Check *check)
{
	return claim_rules_audience(check->claims, check->request->audience);
}

JoseFault check_recognise(Check *check, const TokenKind **kind)
{
	DecodedToken *decoded = check->decoded;
	size_t error_at = 0;
	JoseStatus status;

	check->alg = jws_alg_named(&decoded->header.alg);
	if (check->alg == NULL)
		return FAULT(.status = JOSE_UNSUPPORTED_ALG);
	*kind = kind_of(check->alg);
	status = (*kind)->find_maker(check);
	decoded->signature_good = status == JOSE_OK;
	if (status != JOSE_OK)
		return FAULT(.status = status);
	status = claims_read(decoded->payload_json, &decoded->claims, &error_at);
	decoded->claims_read = status == JOSE_OK || status == JOSE_CLAIM_TYPE;
	if (status != JOSE_OK)
		return FAULT(.status = status, .part = JOSE_PART_PAYLOAD, .value = (int64_t) error_at);
	if (check->tenant == NULL)
		return FAULT(.status = JOSE_TENANT_DISABLED); /* a row that a subscriber lacks */
	return FINE;
}

/* Says whom a good token speaks for. What a public key's token says about its user nobody has proved. */
static TokenSubject subject_of(const Check *check)
{
	return (TokenSubject) {
		.tenant_id = check->tenant->id,
		.client_id = check->client != NULL ? check->client->id : bytes_of(NULL, 0),
		.issued_to = check->client != NULL ? check->client->id : check->key->id,
		.identity = check->is_public ? bytes_of(NULL, 0) : check->identity,
		.scope = memory_unescaped(&check->claims->scope),
	};
}

/* The checks behind the signature, in their order; the kind has its own before and between them. */
static JoseFault (*const checks_of_token[])(const Check *) = {
	check_tenant, check_times, check_lifetime, check_audience, check_scope,
};

/* The verdict on a decoded token by what key or client, and tenant are now. */
static JoseFault judge(const void *request, DecodedToken *decoded)
{
	Check check = {.request = request,
				   .decoded = decoded,
				   .claims = &decoded->claims,
				   .now = clock_now()};
	const TokenKind *kind = NULL;
	JoseFault fault = check_recognise(&check, &kind);

	if (fault.status == JOSE_OK)
		fault = kind->check_type(&check);
	if (fault.status == JOSE_OK)
		fault = kind->check_parties(&check);
	for (size_t i = 0; i < lengthof(checks_of_token) && fault.status == JOSE_OK; i++)
		fault = checks_of_token[i](&check);
	if (fault.status == JOSE_OK)
		fault = kind->check_state(&check);
	if (fault.status == JOSE_OK)
		fault = check_tenant_state(&check);
	if (fault.status == JOSE_OK)
		fault = FAULT(.status = revoked_status(&check));
	if (fault.status == JOSE_OK)
		decoded->subject = subject_of(&check);
	return fault;
}

JoseFault verify_settled(TokenJudge judge_token, const void *request, DecodedToken *decoded)
{
	JoseFault fault = FINE;

	standby_require_fresh();
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
