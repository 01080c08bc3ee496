/* The table of errors; purpose: errors.h. */
#include "postgres.h"

#include "pg/errors.h"

#define TK(n) MAKE_SQLSTATE('T', 'K', '0', '0', n)

/* What stands in for the conversions of a detail, in this order. */
typedef enum DetailNumbers
{
	NO_NUMBERS = 0,
	VALUE,           /* %lld */
	VALUE_AND_LIMIT, /* %lld %lld */
	PART,            /* %s */
	PART_AND_VALUE   /* %s %lld */
} DetailNumbers;

typedef struct ErrorEntry
{
	int sqlstate;
	const char *reason;
	const char *message;
	DetailNumbers numbers;
	const char *detail;
	const char *hint;
} ErrorEntry;

#define HINT_COMPACT \
	"Pass the token alone, as it was issued: three base64url segments joined by dots, without " \
	"\"Bearer\", quotes or line breaks."
#define HINT_REISSUE \
	"Have the token made anew by a JWT library or by access_token.issue_access_token."
#define HINT_JSON \
	"Header and payload must be strict JSON objects in UTF-8 (RFC 8259) with unique names."

static const ErrorEntry entries[JOSE_STATUS_COUNT] = {
	[JOSE_TOKEN_NULL] =
		{TK('1'), "no_token", "token is missing", NO_NUMBERS, "The token argument is NULL.",
		 "Pass the token of the request; a request without one is not authenticated."},
	[JOSE_TOKEN_TOO_LARGE] = {TK('1'), "too_large", "token is too large", VALUE_AND_LIMIT,
							  "The token has %lld bytes; access_token.max_token_size allows %lld.",
							  "Put less into the token, or have a superuser raise "
							  "access_token.max_token_size."},
	[JOSE_NOT_COMPACT] = {TK('1'), "malformed", "token is malformed", NO_NUMBERS,
						  "The text is not a compact JSON Web Signature: it does not have exactly "
						  "three non-empty segments.",
						  HINT_COMPACT},
	[JOSE_BAD_BASE64URL] = {TK('1'), "malformed", "token is malformed", PART,
							"The %s is not canonical base64url.", HINT_COMPACT},
	[JOSE_HEADER_TOO_LARGE] = {TK('1'), "too_large", "token header is too large", VALUE_AND_LIMIT,
							   "The header segment has %lld characters; %lld are allowed.",
							   "Leave certificates and other bulk out of the header."},
	[JOSE_JSON_SYNTAX] = {TK('1'), "bad_json", "token is malformed", PART_AND_VALUE,
						  "The %s is not valid JSON at byte %lld.", HINT_JSON},
	[JOSE_JSON_UTF8] = {TK('1'), "bad_json", "token is malformed", PART_AND_VALUE,
						"The %s is not valid UTF-8 at byte %lld.", HINT_JSON},
	[JOSE_JSON_ESCAPE] = {TK('1'), "bad_json", "token is malformed", PART_AND_VALUE,
						  "The %s escapes a NUL or a lone surrogate at byte %lld.", HINT_JSON},
	[JOSE_JSON_DUPLICATE] = {TK('1'), "bad_json", "token is malformed", PART_AND_VALUE,
							 "The %s repeats a member name before byte %lld.", HINT_JSON},
	[JOSE_JSON_LIMIT] = {TK('1'), "too_large", "token exceeds a limit", PART_AND_VALUE,
						 "The %s nests too deep, has too many names or too long a number at byte "
						 "%lld.",
						 "At most 32 levels, 1024 names in open objects, numbers of 128 characters "
						 "and exponents up to 308 are read."},
	[JOSE_JSON_NOT_OBJECT] = {TK('1'), "bad_json", "token is malformed", PART,
							  "The %s is JSON, but not an object.", HINT_JSON},
	[JOSE_HEADER_MEMBER] = {TK('1'), "bad_header", "token header is malformed", NO_NUMBERS,
							"alg is missing, or alg, typ, cty or kid is not a string.",
							HINT_REISSUE},
	[JOSE_CLAIM_TYPE] =
		{TK('1'), "bad_claim", "token has a malformed claim", NO_NUMBERS,
		 "A registered claim has the wrong type or is out of range: exp, nbf and iat "
		 "are numbers of seconds, aud a string or an array of strings, scope a list "
		 "separated by single spaces, grants an object, and iss, sub, jti, role and "
		 "grants.identity are strings.",
		 HINT_REISSUE},

	[JOSE_UNSUPPORTED_ALG] = {TK('2'), "unsupported_algorithm", "token algorithm is not supported",
							  NO_NUMBERS, "The header's alg is none of HS256, HS384, HS512.",
							  "Sign with the algorithm of the API key; names are case-sensitive."},
	[JOSE_CRITICAL_HEADER] = {TK('2'), "unsupported_header", "token demands an extension",
							  NO_NUMBERS, "The header has crit, and no extension is supported.",
							  HINT_REISSUE},
	[JOSE_UNSUPPORTED_HEADER] = {TK('2'), "unsupported_header", "token header is not supported",
								 NO_NUMBERS, "The header has zip, or b64 other than true.",
								 HINT_REISSUE},
	[JOSE_UNREPRESENTABLE] = {TK('2'), "unrepresentable",
							  "token holds characters that this database cannot represent",
							  NO_NUMBERS,
							  "The claims or the header hold a character that is not in the "
							  "database's encoding.",
							  "Use a database with the encoding UTF8."},

	[JOSE_BAD_SIGNATURE] =
		{TK('3'), "bad_signature", "token signature is not valid", NO_NUMBERS,
		 "No live secret of an API key of this database made this signature.",
		 "The token was altered, was signed with another secret or algorithm, or "
		 "its key was deleted or its rotation's grace is over."},

	[JOSE_EXPIRED] = {TK('4'), "expired", "token has expired", VALUE,
					  "It expired %lld seconds ago.", "Issue a new token."},
	[JOSE_NOT_YET_VALID] = {TK('5'), "not_yet_valid", "token is not yet valid", VALUE,
							"Its nbf is %lld seconds ahead.",
							"Wait, or compare the clocks of issuer and database; see "
							"access_token.leeway."},
	[JOSE_ISSUED_IN_FUTURE] =
		{TK('5'), "not_yet_valid", "token is not yet valid", VALUE,
		 "Its iat is %lld seconds ahead.",
		 "Compare the clocks of issuer and database; see access_token.leeway."},

	[JOSE_TYPE_MISMATCH] = {TK('6'), "wrong_type", "token is of another kind", NO_NUMBERS,
							"The header's typ is not JWT.",
							"An access token of an API key has \"typ\": \"JWT\"."},
	[JOSE_CONTENT_TYPE_MISMATCH] =
		{TK('6'), "wrong_content_type", "token is of another kind", NO_NUMBERS,
		 "The header's cty is not the API key's content_type.",
		 "Set cty to the content_type that access_token.api_keys shows."},
	[JOSE_CLAIM_MISSING] = {TK('6'), "missing_claim", "token lacks a required claim", NO_NUMBERS,
							"One of iss, sub, exp and grants.identity is missing or empty.",
							HINT_REISSUE},
	[JOSE_ISSUER_MISMATCH] = {TK('6'), "wrong_issuer", "token issuer does not match", NO_NUMBERS,
							  "iss is not the id of the API key that signed the token.",
							  "Set iss to the API key's id."},
	[JOSE_TENANT_MISMATCH] = {TK('6'), "wrong_tenant", "token is of another tenant", NO_NUMBERS,
							  "sub is not the tenant of the API key, or not the tenant asked for.",
							  "Verify with the tenant that the token was issued for."},
	[JOSE_AUDIENCE_MISMATCH] = {TK('6'), "wrong_audience", "token is for another audience",
								NO_NUMBERS, "aud does not name the audience asked for.",
								"Issue the token for this audience."},
	[JOSE_AUDIENCE_NOT_NAMED] = {TK('6'), "wrong_audience", "token is for a certain audience",
								 NO_NUMBERS, "The token has aud, and the caller named no audience.",
								 "Pass your own name as audience => '...'."},
	[JOSE_LIFETIME_TOO_LONG] =
		{TK('6'), "lifetime_too_long", "token lives too long", VALUE_AND_LIMIT,
		 "Its lifetime is %lld seconds; the API key and its tenant allow %lld.",
		 "Issue tokens with an earlier exp, or raise max_token_lifetime."},

	[JOSE_PUBLIC_TOKEN] = {TK('8'), "public_token", "token is of a public API key", NO_NUMBERS,
						   "Whoever knows a public key's id can get such a token for any user id: "
						   "its identity is a claim that nobody proved.",
						   "Where that is enough, pass scope => 'public'."},
	[JOSE_SCOPE_MISSING] = {TK('8'), "insufficient_scope", "token scope does not suffice",
							NO_NUMBERS, "A scope that was asked for is not in the token.",
							"Issue the token with this scope."},
	[JOSE_SCOPE_NOT_ALLOWED] = {TK('8'), "scope_not_allowed", "token scope is not allowed",
								NO_NUMBERS,
								"The token claims a scope that its API key may not give.",
								"See allowed_scopes of the API key."},
	[JOSE_ROLE_NOT_ALLOWED] = {TK('8'), "role_not_allowed", "token role is not allowed", NO_NUMBERS,
							   "The token claims a role that its API key may not give.",
							   "See allowed_roles of the API key."},

	[JOSE_API_KEY_DISABLED] = {TK('9'), "disabled", "API key is disabled", NO_NUMBERS,
							   "The API key of this token has been switched off.",
							   "See access_token.set_api_key_enabled."},
	[JOSE_API_KEY_EXPIRED] = {TK('9'), "disabled", "API key has expired", NO_NUMBERS,
							  "The API key of this token is past its expires_at.",
							  "See access_token.update_api_key, setting expires_at."},
	[JOSE_TENANT_DISABLED] = {TK('9'), "disabled", "tenant is disabled", NO_NUMBERS,
							  "The tenant of this token has been switched off.",
							  "See access_token.set_tenant_enabled."},

	[JOSE_BAD_KEY] = {ERRCODE_ACCESS_TOKEN_BAD_KEY, "bad_key", "key material is not usable",
					  NO_NUMBERS,
					  "A stored key cannot be opened, or is not of the kind that its row says.",
					  "See access_token.check_installation()."},
	[JOSE_CRYPTO_FAILURE] = {ERRCODE_INTERNAL_ERROR, "internal", "cryptographic operation failed",
							 NO_NUMBERS,
							 "OpenSSL refused an operation that cannot fail on its input.",
							 "Check the server's memory and its OpenSSL configuration."},
};

static const char *const part_names[] = {
	[JOSE_PART_TOKEN] = "token",
	[JOSE_PART_HEADER] = "header",
	[JOSE_PART_PAYLOAD] = "payload",
	[JOSE_PART_SIGNATURE] = "signature",
};

/* The formats stand in the table above beside the kind of numbers that they take. */
static int put_detail(const ErrorEntry *entry, const JoseFault *fault)
{
	long long value = (long long) fault->value;
	long long limit = (long long) fault->limit;

	switch (entry->numbers)
	{
		case VALUE:
			return errdetail(entry->detail, value);
		case VALUE_AND_LIMIT:
			return errdetail(entry->detail, value, limit);
		case PART:
			return errdetail(entry->detail, part_names[fault->part]);
		case PART_AND_VALUE:
			return errdetail(entry->detail, part_names[fault->part], value);
		case NO_NUMBERS:
			break;
	}
	return errdetail("%s", entry->detail);
}

void errors_raise(const JoseFault *fault)
{
	const ErrorEntry *entry = &entries[fault->status];

	if (fault->status == JOSE_OK)
		return;
	ereport(ERROR, (errcode(entry->sqlstate), errmsg("%s", entry->message),
					put_detail(entry, fault), errhint("%s", entry->hint)));
}

void errors_raise_status(JoseStatus status)
{
	JoseFault fault = {.status = status};

	errors_raise(&fault);
}

const char *errors_reason(JoseStatus status)
{
	return entries[status].reason;
}

void errors_raise_null(const char *argument)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", argument),
			 errhint("NULL never means \"do not check\"; pass a value.")));
}

void errors_raise_argument(const char *message, const char *detail, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", message),
					errdetail("%s", detail), errhint("%s", hint)));
}
