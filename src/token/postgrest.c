/* Requests through PostgREST; purpose: postgrest.h. */
#include "postgres.h"

#include "token/postgrest.h"

#include "pg/errors.h"
#include "pg/memory.h"
#include "pg/settings.h"
#include "token/identity.h"

#define ERRCODE_PGRST MAKE_SQLSTATE('P', 'G', 'R', 'S', 'T')

/* PostgREST makes the response of these two; every refusal sends the same bytes. */
#define REFUSAL_BODY \
	"{\"code\":\"invalid_token\",\"message\":\"the access token is not accepted\"," \
	"\"details\":\"It is malformed, expired, revoked, or not for this API.\"," \
	"\"hint\":\"Get a new access token.\"}"
#define REFUSAL_RESPONSE \
	"{\"status\":401,\"headers\":{\"WWW-Authenticate\":" \
	"\"Bearer error=\\\"invalid_token\\\", error_description=\\\"the access token is not accepted\\\"\"}}"

/* One answer outward, the reason inward: LOG_SERVER_ONLY never reaches a client. */
static void refuse(const char *reason) __attribute__((noreturn));

static void refuse(const char *reason)
{
	ereport(LOG_SERVER_ONLY,
			(errmsg("request refused by access_token.postgrest_pre_request: %s", reason),
			 errhint("docs/postgrest.md says what each reason means."), errhidestmt(true)));
	ereport(ERROR, (errcode(ERRCODE_PGRST), errmsg_internal("%s", REFUSAL_BODY),
					errdetail_internal("%s", REFUSAL_RESPONSE)));
}

/*
 * The value of the header Authorization; no data when there is none. PostgREST writes names in lower
 * case, and other gateways shall not get past by another spelling.
 */
static ByteView authorization_of(ByteView headers)
{
	ByteView authorization = bytes_of(NULL, 0);
	JsonValue object;
	JsonValue name;
	JsonValue value;
	JsonCursor cursor;
	size_t error_at;

	if (json_read_object(headers, NULL, NULL, 0, &error_at) != JOSE_OK ||
		json_read_value(headers, &object, &error_at) != JOSE_OK)
		refuse("malformed_headers");
	cursor = json_cursor(&object);
	while (json_next_member(&cursor, &name, &value))
	{
		if (!bytes_equal_ignoring_case(memory_unescaped(&name), BYTES_LITERAL("authorization")))
			continue;
		if (authorization.data != NULL || value.type != JSON_STRING)
			refuse("malformed_authorization");
		authorization = memory_unescaped(&value);
	}
	return authorization;
}

static ByteView skip_blanks(ByteView value)
{
	while (value.len > 0 && (*value.data == ' ' || *value.data == '\t'))
		value = bytes_of(value.data + 1, value.len - 1);
	return value;
}

/* Whether a value begins with the scheme Bearer, in any case (RFC 9110 section 11.1). */
static bool is_bearer(ByteView value)
{
	const ByteView scheme = BYTES_LITERAL("Bearer");

	return value.len >= scheme.len &&
		   bytes_equal_ignoring_case(bytes_of(value.data, scheme.len), scheme) &&
		   (value.len == scheme.len || value.data[scheme.len] == ' ' ||
			value.data[scheme.len] == '\t' || value.data[scheme.len] == ',');
}

/* Whether another value, joined to the first by a comma, is a bearer. */
static bool is_bearer_further_on(ByteView value)
{
	for (size_t i = 0; i < value.len; i++)
	{
		if (value.data[i] == ',' &&
			is_bearer(skip_blanks(bytes_of(value.data + i + 1, value.len - i - 1))))
			return true;
	}
	return false;
}

/*
 * The token of the header's value; no data where it is of another scheme, which is not for us. What
 * stands behind Bearer is left for the decoder to refuse, but for blanks around it.
 */
static ByteView bearer_of(ByteView authorization)
{
	const size_t scheme_len = sizeof("Bearer") - 1;
	ByteView value = skip_blanks(authorization);

	if (value.len == 0 || is_bearer_further_on(value))
		refuse("malformed_authorization");
	if (!is_bearer(value))
		return bytes_of(NULL, 0);
	value = skip_blanks(bytes_of(value.data + scheme_len, value.len - scheme_len));
	while (value.len > 0 && (value.data[value.len - 1] == ' ' || value.data[value.len - 1] == '\t'))
		value.len--;
	return value;
}

/* An unsuitable token is refused as a request; what is wrong with this database stays an error of its own. */
static void require_good(const JoseFault *fault)
{
	if (fault->status == JOSE_OK)
		return;
	if (!errors_is_refusal(fault->status))
		errors_raise(fault);
	refuse(errors_reason(fault->status));
}

static bool same_claim(const JsonValue *ours, const JsonValue *theirs)
{
	return ours->type == JSON_ABSENT ? theirs->type == JSON_ABSENT : json_same_string(ours, theirs);
}

/*
 * PostgREST has switched to the role of the token that it saw: where that was another one than ours, one
 * token's role would act with the other's identity.
 */
static void compare_claims(const Claims *claims)
{
	static const ByteView names[] = {BYTES_INIT("iss"), BYTES_INIT("sub"), BYTES_INIT("jti")};
	ByteView json = settings_of_request("request.jwt.claims");
	JsonValue theirs[lengthof(names)];
	size_t error_at;

	if (json.data == NULL)
		return;
	if (json_read_object(json, names, theirs, lengthof(names), &error_at) != JOSE_OK ||
		!same_claim(&claims->iss, &theirs[0]) || !same_claim(&claims->sub, &theirs[1]) ||
		!same_claim(&claims->jti, &theirs[2]))
		refuse("other_claims");
}

static void bind_bearer(ByteView token)
{
	VerifyRequest request = {
		.token = token,
		.tenant_id = settings_postgrest_tenant(),
		.audience = settings_postgrest_audience(),
	};
	DecodedToken decoded;
	struct varlena *claims;
	JoseFault fault;

	if (request.tenant_id.data == NULL)
		refuse("no_tenant_set");
	fault = verify_access_token(&request, &decoded);
	require_good(&fault);
	compare_claims(&decoded.claims);
	fault.status = identity_bind(&decoded, &claims);
	require_good(&fault);
}

void postgrest_pre_request(void)
{
	ByteView headers = settings_of_request("request.headers");
	ByteView authorization = bytes_of(NULL, 0);
	ByteView token = bytes_of(NULL, 0);

	if (headers.data != NULL)
		authorization = authorization_of(headers);
	if (authorization.data != NULL)
		token = bearer_of(authorization);
	if (token.data != NULL)
		bind_bearer(token);
}
