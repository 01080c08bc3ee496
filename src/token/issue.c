/*
 * Making access tokens; purpose: issue.h. The token is written once, straight into the result: the
 * header is encoded beforehand, and the sizes of payload and signature are known.
 */
#include "postgres.h"

#include "token/issue.h"

#include "jose/b64url.h"
#include "jose/json_write.h"
#include "pg/clock.h"
#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/settings.h"
#include "store/api_key.h"
#include "store/tenant.h"
#include "token/jti.h"
#include "token/permission.h"

/* A payload up to this size is written on the stack. */
#define STACK_PAYLOAD_LEN 2048

/* Longest identity, in bytes of UTF-8 (OpenID Connect Core section 2 has 255 for sub). */
#define MAX_IDENTITY_LEN 255

/* Names that the token's maker sets; JWT and OAuth give them a meaning that claims may not forge. */
static const ByteView reserved_claims[] = {
	BYTES_INIT("iss"),   BYTES_INIT("sub"),       BYTES_INIT("aud"), BYTES_INIT("exp"),
	BYTES_INIT("nbf"),   BYTES_INIT("iat"),       BYTES_INIT("jti"), BYTES_INIT("grants"),
	BYTES_INIT("scope"), BYTES_INIT("client_id"), BYTES_INIT("cnf"), BYTES_INIT("act"),
	BYTES_INIT("nonce"), BYTES_INIT("role"),
};
#define ROLE_CLAIM (lengthof(reserved_claims) - 1) /* the last one: reserved unless allowed */

static void raise_unknown_key(const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("API key does not exist"),
					errdetail("%s", detail),
					errhint("See the view access_token.api_keys; ids are case-sensitive.")));
}

/* What a token is made with. */
typedef struct Issuer
{
	const ApiKey *key;
	JoseTime now;
	int max_lifetime; /* seconds that key and tenant allow */
} Issuer;

/* No token is made that would not be accepted a moment later. */
static Issuer open_issuer(const ApiKey *key)
{
	Issuer issuer = {.key = key, .now = clock_now()};
	const Tenant *tenant = tenant_by_id(key->tenant_id);

	if (key->disabled)
		errors_refuse(JOSE_API_KEY_DISABLED);
	if (key->expires_at <= issuer.now)
		errors_refuse(JOSE_API_KEY_EXPIRED);
	if (tenant == NULL || tenant->disabled)
		errors_refuse(JOSE_TENANT_DISABLED);
	issuer.max_lifetime = Min(key->max_token_lifetime, tenant->max_token_lifetime);
	return issuer;
}

static void check_identity(ByteView identity)
{
	if (identity.len == 0 || identity.len > MAX_IDENTITY_LEN)
		errors_raise_argument("identity has no valid length",
							  "An identity has 1 to 255 bytes in UTF-8.",
							  "Pass the id by which the application knows the user.");
}

static void check_scope(const ApiKey *key, ByteView scope)
{
	if (scope.data == NULL)
		return;
	permission_require_list(scope);
	if (!permission_scopes(key, scope))
		errors_raise_argument(
			"scope is not allowed",
			"The API key may not give one of the scopes; public is given by public "
			"keys alone, clients:issue only where allowed_scopes names it.",
			"See allowed_scopes in access_token.update_api_key.");
}

static void check_audience(const IssueRequest *request)
{
	for (int i = 0; i < request->audience_count; i++)
	{
		if (request->audience[i].len == 0)
			errors_raise_argument("audience is empty", "An audience is a text that is not empty.",
								  "Pass NULL for a token without audience.");
	}
}

static int lifetime_of(const Issuer *issuer, const IssueRequest *request)
{
	if (!request->has_expires_in)
		return Min(issuer->key->token_lifetime, issuer->max_lifetime);
	if (request->expires_in <= 0 || request->expires_in > issuer->max_lifetime)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("expires_in is out of range"),
				 errdetail("The API key and its tenant allow 1 to %d seconds.",
						   issuer->max_lifetime),
				 errhint("See max_token_lifetime in access_token.update_api_key.")));
	return request->expires_in;
}

static void raise_bad_claims(JoseStatus status)
{
	errors_raise_argument(
		status == JOSE_JSON_NOT_OBJECT ? "claims is not an object"
									   : "claims cannot go into a token",
		status == JOSE_JSON_NOT_OBJECT
			? "The argument claims must be a JSON object."
			: "They nest deeper than 32 levels, have more than 1024 names in open objects or names made to "
			  "collide, or a number "
			  "of more than 128 characters or with an exponent above 308.",
		"Verification would refuse such a token; see docs/reference.md.");
}

/* Checks the caller's claims; a token must never say of itself what only its maker knows. */
static void check_claims(const ApiKey *key, ByteView claims)
{
	JsonValue found[lengthof(reserved_claims)];
	size_t error_at;
	JoseStatus status;

	if (claims.data == NULL)
		return;
	status = json_read_object(claims, reserved_claims, found, lengthof(reserved_claims), &error_at);
	if (status != JOSE_OK)
		raise_bad_claims(status);
	for (size_t i = 0; i < ROLE_CLAIM; i++)
	{
		if (found[i].type != JSON_ABSENT)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("claim \"%s\" is reserved", (const char *) reserved_claims[i].data),
					 errdetail("It has an argument of its own or is set for every token."),
					 errhint("Reserved are iss, sub, aud, exp, nbf, iat, jti, grants, scope, "
							 "client_id, cnf, act and nonce.")));
	}
	if (found[ROLE_CLAIM].type != JSON_ABSENT && !permission_role(key, &found[ROLE_CLAIM]))
		errors_raise_argument("role is not allowed",
							  "The API key may not give the role that claims names.",
							  "See allowed_roles in access_token.update_api_key.");
}

static void check_token_size(size_t len)
{
	if (len > (size_t) settings_max_token_size)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("token would be too large"),
			 errdetail("It would have more than %d bytes, which is access_token.max_token_size.",
					   settings_max_token_size),
			 errhint("Put less into claims and audience: verification would refuse it.")));
}

/* Before anything of that size is allocated. */
static void check_argument_sizes(const IssueRequest *request)
{
	size_t len = request->scope.len + request->claims.len;

	for (int i = 0; i < request->audience_count; i++)
		len += request->audience[i].len;
	check_token_size(len);
}

static size_t payload_capacity(const ApiKey *key, const IssueRequest *request)
{
	size_t capacity = 128 + 2 * JSON_INTEGER_CAPACITY + UUID7_TEXT_LEN + key->id.len +
					  key->tenant_id.len + json_string_capacity(request->identity.len) +
					  request->scope.len + request->claims.len;

	for (int i = 0; i < request->audience_count; i++)
		capacity += 1 + json_string_capacity(request->audience[i].len);
	return capacity;
}

static void put_audience(JsonWriter *writer, const IssueRequest *request)
{
	bool is_list = request->audience_count > 1;

	if (request->audience_count == 0)
		return;
	json_put_raw(writer, BYTES_LITERAL(",\"aud\":"));
	for (int i = 0; i < request->audience_count; i++)
	{
		if (is_list)
			json_put_raw(writer, i == 0 ? BYTES_LITERAL("[") : BYTES_LITERAL(","));
		json_put_string(writer, request->audience[i]);
	}
	if (is_list)
		json_put_raw(writer, BYTES_LITERAL("]"));
}

/* The members of the caller's object, without its braces. */
static void put_claims(JsonWriter *writer, ByteView claims)
{
	JsonValue object;
	JsonCursor cursor;
	JsonValue name;
	JsonValue value;
	size_t error_at;

	if (claims.data == NULL || json_read_value(claims, &object, &error_at) != JOSE_OK)
		return;
	cursor = json_cursor(&object);
	if (!json_next_member(&cursor, &name, &value))
		return;
	json_put_raw(writer, BYTES_LITERAL(","));
	json_put_compact(writer, bytes_of(object.text.data + 1, object.text.len - 2));
}

/* Ids and scopes need no escapes: their characters have been checked. */
static ByteView write_payload(const Issuer *issuer, const IssueRequest *request, JsonWriter writer)
{
	int64_t seconds = issuer->now / JOSE_TIME_PER_SECOND;
	char jti[UUID7_TEXT_LEN];

	jti_write(jti, issuer->now);
	json_put_raw(&writer, BYTES_LITERAL("{\"iss\":\""));
	json_put_raw(&writer, issuer->key->id);
	json_put_raw(&writer, BYTES_LITERAL("\",\"sub\":\""));
	json_put_raw(&writer, issuer->key->tenant_id);
	json_put_raw(&writer, BYTES_LITERAL("\",\"iat\":"));
	json_put_integer(&writer, seconds);
	json_put_raw(&writer, BYTES_LITERAL(",\"exp\":"));
	json_put_integer(&writer, seconds + lifetime_of(issuer, request));
	json_put_raw(&writer, BYTES_LITERAL(",\"jti\":\""));
	json_put_raw(&writer, bytes_of(jti, sizeof(jti)));
	json_put_raw(&writer, BYTES_LITERAL("\",\"grants\":{\"identity\":"));
	json_put_string(&writer, request->identity);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	if (request->scope.data != NULL)
	{
		json_put_raw(&writer, BYTES_LITERAL(",\"scope\":\""));
		json_put_raw(&writer, request->scope);
		json_put_raw(&writer, BYTES_LITERAL("\""));
	}
	put_audience(&writer, request);
	put_claims(&writer, request->claims);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	return json_written(&writer);
}

/* header "." payload "." signature */
static struct varlena *sign(ByteView header, const HmacKey *mac_key, ByteView payload)
{
	size_t signing_len = header.len + 1 + b64url_encoded_size(payload.len);
	size_t token_len = signing_len + 1 + b64url_encoded_size(mac_key->mac_len);
	uint8_t mac[JOSE_MAX_HASH_LEN];
	struct varlena *token;
	char *to;

	check_token_size(token_len);
	token = palloc(VARHDRSZ + token_len);
	SET_VARSIZE(token, VARHDRSZ + token_len);
	to = VARDATA(token);

	memcpy(to, header.data, header.len);
	to[header.len] = '.';
	b64url_encode(payload, to + header.len + 1, signing_len - header.len - 1);
	errors_raise_status(hmac_sign(mac_key, bytes_of(to, signing_len), mac));
	to[signing_len] = '.';
	b64url_encode(bytes_of(mac, mac_key->mac_len), to + signing_len + 1,
				  token_len - signing_len - 1);
	return token;
}

/* The names that the token adds to the caller's claims count towards the limit of what is read. */
static void check_whole(const IssueRequest *request, ByteView payload)
{
	JsonValue value;
	size_t error_at;
	JoseStatus status;

	if (request->claims.data == NULL)
		return;
	status = json_read_value(payload, &value, &error_at);
	if (status != JOSE_OK)
		raise_bad_claims(status);
}

static struct varlena *issue_with(const Issuer *issuer, const IssueRequest *request)
{
	ApiKeySecret *secret = &issuer->key->secrets[0];
	size_t capacity = payload_capacity(issuer->key, request);
	uint8_t on_stack[STACK_PAYLOAD_LEN];
	uint8_t *buffer = capacity <= sizeof(on_stack) ? on_stack : palloc(capacity);
	ByteView payload;

	payload = write_payload(issuer, request, json_writer(buffer, capacity));
	if (payload.data == NULL)
		elog(ERROR, "payload buffer is too small");
	check_whole(request, payload);
	return sign(api_key_header(issuer->key, secret), api_key_open_secret(issuer->key, secret),
				payload);
}

struct varlena *issue_access_token(const IssueRequest *request)
{
	const ApiKey *key = api_key_by_id(request->api_key_id);
	Issuer issuer;

	if (key == NULL)
		raise_unknown_key("No API key has the given id.");
	if (key->is_public)
		errors_raise_argument("API key is public",
							  "issue_access_token makes tokens of secret keys, whose identity is "
							  "vouched for.",
							  "Call access_token.issue_public_token.");
	issuer = open_issuer(key);
	check_argument_sizes(request);
	check_identity(request->identity);
	check_scope(key, request->scope);
	check_audience(request);
	check_claims(key, request->claims);
	return issue_with(&issuer, request);
}

struct varlena *issue_public_token(const IssueRequest *request)
{
	const ApiKey *key = api_key_by_id(request->api_key_id);
	IssueRequest public_request = *request;
	Issuer issuer;

	/* One answer for a key that does not exist and for another tenant's. */
	if (key == NULL || !bytes_equal(key->tenant_id, request->tenant_id))
		raise_unknown_key("No API key of the tenant has the given id.");
	if (!key->is_public)
		errors_raise_argument("API key is secret",
							  "issue_public_token makes tokens of public keys only.",
							  "Call access_token.issue_access_token.");
	issuer = open_issuer(key);
	check_identity(request->identity);
	public_request.scope = BYTES_LITERAL(SCOPE_PUBLIC);
	return issue_with(&issuer, &public_request);
}
