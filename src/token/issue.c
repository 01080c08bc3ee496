/*
 * Making access tokens; purpose: issue.h. The token is written once, straight into the result: the
 * header is encoded beforehand, and the sizes of payload and signature are known.
 */
#include "postgres.h"

#include "token/issue.h"

#include "jose/json_write.h"
#include "pg/clock.h"
#include "pg/errors.h"
#include "store/api_key.h"
#include "store/tenant.h"
#include "token/compact.h"
#include "token/jti.h"
#include "token/payload.h"
#include "token/permission.h"

/* A payload up to this size is written on the stack. */
#define STACK_PAYLOAD_LEN 2048

/* Longest identity, in bytes of UTF-8 (OpenID Connect Core section 2 has 255 for sub). */
#define MAX_IDENTITY_LEN 255

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
	TokenLifetime allowed;
	int lifetime; /* seconds */
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
	issuer.allowed = (TokenLifetime) {
		.usual = key->token_lifetime,
		.longest = Min(key->max_token_lifetime, tenant->max_token_lifetime),
	};
	return issuer;
}

static void check_identity(ByteView identity, const char *argument)
{
	if (identity.len == 0 || identity.len > MAX_IDENTITY_LEN)
		errors_raise_argument(psprintf("%s has no valid length", argument),
							  "An identity has 1 to 255 bytes in UTF-8.",
							  "Pass the id by which the application knows the user.");
}

static size_t payload_capacity(const ApiKey *key, const IssueRequest *request)
{
	return 96 + 2 * JSON_INTEGER_CAPACITY + UUID7_TEXT_LEN + key->id.len + key->tenant_id.len +
		   json_string_capacity(request->identity.len) + payload_wish_capacity(&request->wish);
}

/*
 * Ids need no escapes: their characters have been checked. The members come in the order in which jsonb
 * keeps them, which spares verification the sorting.
 */
static ByteView write_payload(const Issuer *issuer, const IssueRequest *request, JsonWriter writer)
{
	int64_t seconds = issuer->now / JOSE_TIME_PER_SECOND;
	char jti[UUID7_TEXT_LEN];

	jti_write(jti, issuer->now);
	json_put_raw(&writer, BYTES_LITERAL("{\"exp\":"));
	json_put_integer(&writer, seconds + issuer->lifetime);
	json_put_raw(&writer, BYTES_LITERAL(",\"iat\":"));
	json_put_integer(&writer, seconds);
	json_put_raw(&writer, BYTES_LITERAL(",\"iss\":\""));
	json_put_raw(&writer, issuer->key->id);
	json_put_raw(&writer, BYTES_LITERAL("\",\"jti\":\""));
	json_put_raw(&writer, bytes_of(jti, sizeof(jti)));
	json_put_raw(&writer, BYTES_LITERAL("\",\"sub\":\""));
	json_put_raw(&writer, issuer->key->tenant_id);
	json_put_raw(&writer, BYTES_LITERAL("\",\"grants\":{\"identity\":"));
	json_put_string(&writer, request->identity);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	payload_put_wish(&writer, &request->wish);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	return json_written(&writer);
}

static struct varlena *issue_with(const Issuer *issuer, const IssueRequest *request)
{
	ApiKeySecret *secret = &issuer->key->secrets[0];
	size_t capacity = payload_capacity(issuer->key, request);
	uint8_t on_stack[STACK_PAYLOAD_LEN];
	uint8_t *buffer = capacity <= sizeof(on_stack) ? on_stack : palloc(capacity);
	ByteView header;
	ByteView payload;
	const HmacKey *mac;

	payload = write_payload(issuer, request, json_writer(buffer, capacity));
	if (payload.data == NULL)
		elog(ERROR, "payload buffer is too small");
	payload_check_whole(&request->wish, payload);
	header = api_key_header(issuer->key, secret);
	mac = api_key_open_secret(issuer->key, secret);
	payload_check_token_size(compact_len(header.len, payload.len, mac->mac_len));
	return compact_sign_encoded(mac, NULL, header, payload);
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
	check_identity(request->identity, "identity");
	payload_check_wish(&request->wish, &key->permissions);
	issuer.lifetime = payload_lifetime(&request->wish, issuer.allowed);
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
	check_identity(request->identity, "user_id");
	public_request.wish.scope = BYTES_LITERAL(SCOPE_PUBLIC);
	issuer.lifetime = payload_lifetime(&public_request.wish, issuer.allowed);
	return issue_with(&issuer, &public_request);
}
