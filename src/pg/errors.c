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
	"Pass the token alone, as it was issued: base64url segments joined by dots, three in a signed " \
	"token, five in an encrypted one, without \"Bearer\", quotes or line breaks."
#define HINT_REISSUE \
	"Have the token made anew, by a JWT library or by the function that makes its kind here."
#define HINT_JSON \
	"Header and payload must be strict JSON objects in UTF-8 (RFC 8259) with unique names."

static const ErrorEntry entries[JOSE_STATUS_COUNT] = {
	[JOSE_TOKEN_NULL] =
		{
			.sqlstate = TK('1'),
			.reason = "no_token",
			.message = "token is missing",
			.detail = "The token argument is NULL.",
			.hint = "Pass the token of the request; a request without one is not authenticated.",
		},
	[JOSE_TOKEN_TOO_LARGE] =
		{
			.sqlstate = TK('1'),
			.reason = "too_large",
			.message = "token is too large",
			.numbers = VALUE_AND_LIMIT,
			.detail = "The token has %lld bytes; access_token.max_token_size allows %lld.",
			.hint =
				"Put less into the token, or have a superuser raise access_token.max_token_size.",
		},
	[JOSE_NOT_COMPACT] =
		{
			.sqlstate = TK('1'),
			.reason = "malformed",
			.message = "token is malformed",
			.detail = "The text is not of the compact form that is expected here: a signed token "
					  "has three segments, an encrypted one five.",
			.hint = HINT_COMPACT,
		},
	[JOSE_BAD_BASE64URL] =
		{
			.sqlstate = TK('1'),
			.reason = "malformed",
			.message = "token is malformed",
			.numbers = PART,
			.detail = "The %s is not canonical base64url.",
			.hint = HINT_COMPACT,
		},
	[JOSE_HEADER_TOO_LARGE] =
		{
			.sqlstate = TK('1'),
			.reason = "too_large",
			.message = "token header is too large",
			.numbers = VALUE_AND_LIMIT,
			.detail = "The header segment has %lld characters; %lld are allowed.",
			.hint = "Leave certificates and other bulk out of the header.",
		},
	[JOSE_JSON_SYNTAX] =
		{
			.sqlstate = TK('1'),
			.reason = "bad_json",
			.message = "token is malformed",
			.numbers = PART_AND_VALUE,
			.detail = "The %s is not valid JSON at byte %lld.",
			.hint = HINT_JSON,
		},
	[JOSE_JSON_UTF8] =
		{
			.sqlstate = TK('1'),
			.reason = "bad_json",
			.message = "token is malformed",
			.numbers = PART_AND_VALUE,
			.detail = "The %s is not valid UTF-8 at byte %lld.",
			.hint = HINT_JSON,
		},
	[JOSE_JSON_ESCAPE] =
		{
			.sqlstate = TK('1'),
			.reason = "bad_json",
			.message = "token is malformed",
			.numbers = PART_AND_VALUE,
			.detail = "The %s escapes a NUL or a lone surrogate at byte %lld.",
			.hint = HINT_JSON,
		},
	[JOSE_JSON_DUPLICATE] =
		{
			.sqlstate = TK('1'),
			.reason = "bad_json",
			.message = "token is malformed",
			.numbers = PART_AND_VALUE,
			.detail = "The %s repeats a member name before byte %lld.",
			.hint = HINT_JSON,
		},
	[JOSE_JSON_LIMIT] =
		{
			.sqlstate = TK('1'),
			.reason = "too_large",
			.message = "token exceeds a limit",
			.numbers = PART_AND_VALUE,
			.detail =
				"The %s nests too deep, has too many names or too long a number at byte %lld.",
			.hint = "At most 32 levels, 1024 names in open objects, numbers of 128 characters and "
					"exponents up to 308 are read.",
		},
	[JOSE_JSON_NOT_OBJECT] =
		{
			.sqlstate = TK('1'),
			.reason = "bad_json",
			.message = "token is malformed",
			.numbers = PART,
			.detail = "The %s is JSON, but not an object.",
			.hint = HINT_JSON,
		},
	[JOSE_HEADER_MEMBER] =
		{
			.sqlstate = TK('1'),
			.reason = "bad_header",
			.message = "token header is malformed",
			.detail =
				"alg is missing, or alg, typ, cty or kid is not a string; or in an encrypted "
				"token enc, or what its alg needs of epk, iv, tag, apu and apv, is missing or "
				"malformed.",
			.hint = HINT_REISSUE,
		},
	[JOSE_CLAIM_TYPE] =
		{
			.sqlstate = TK('1'),
			.reason = "bad_claim",
			.message = "token has a malformed claim",
			.detail =
				"A registered claim has the wrong type or is out of range: exp, nbf and iat "
				"are numbers of seconds, aud a string or an array of strings, scope a list of at most 256 words "
				"separated by single spaces, grants an object, and iss, sub, jti, role, client_id and "
				"grants.identity are strings.",
			.hint = HINT_REISSUE,
		},
	[JOSE_UNSUPPORTED_ALG] =
		{
			.sqlstate = TK('2'),
			.reason = "unsupported_algorithm",
			.message = "token algorithm is not supported",
			.detail = "The header's alg, or enc, is none that is supported here.",
			.hint = "Sign with the algorithm of the key; names are case-sensitive.",
		},
	[JOSE_ALG_NOT_ALLOWED] =
		{
			.sqlstate = TK('2'),
			.reason = "algorithm_not_allowed",
			.message = "token algorithm is not allowed",
			.detail = "The header's alg, or enc, is none of those that the caller allows.",
			.hint = "Allow an algorithm only if the key is meant for it.",
		},
	[JOSE_CRITICAL_HEADER] =
		{
			.sqlstate = TK('2'),
			.reason = "unsupported_header",
			.message = "token demands an extension",
			.detail = "The header has crit, and no extension is supported.",
			.hint = HINT_REISSUE,
		},
	[JOSE_UNSUPPORTED_HEADER] =
		{
			.sqlstate = TK('2'),
			.reason = "unsupported_header",
			.message = "token header is not supported",
			.detail = "The header has zip, or b64 other than true.",
			.hint = HINT_REISSUE,
		},
	[JOSE_UNREPRESENTABLE] =
		{
			.sqlstate = TK('2'),
			.reason = "unrepresentable",
			.message = "token holds characters that this database cannot represent",
			.detail =
				"The claims or the header hold a character that is not in the database's encoding.",
			.hint = "Use a database with the encoding UTF8.",
		},
	[JOSE_BAD_SIGNATURE] =
		{
			.sqlstate = TK('3'),
			.reason = "bad_signature",
			.message = "token signature is not valid",
			.detail =
				"No key that may verify this token made its signature: no live secret of an API "
				"key, no signing key of the tenant, or not the key that was passed.",
			.hint =
				"The token was altered, was signed with another key or algorithm, or its key was "
				"deleted or revoked, or its time after a rotation is over.",
		},
	[JOSE_DECRYPTION_FAILED] =
		{
			.sqlstate = TK('3'),
			.reason = "decryption_failed",
			.message = "token cannot be decrypted",
			.detail = "The key is another one, or the token was altered.",
			.hint = "Which of both is not told, because the difference would help an attacker.",
		},

	[JOSE_EXPIRED] =
		{
			.sqlstate = TK('4'),
			.reason = "expired",
			.message = "token has expired",
			.numbers = VALUE,
			.detail = "It expired %lld seconds ago.",
			.hint = "Issue a new token.",
		},
	[JOSE_NOT_YET_VALID] =
		{
			.sqlstate = TK('5'),
			.reason = "not_yet_valid",
			.message = "token is not yet valid",
			.numbers = VALUE,
			.detail = "Its nbf is %lld seconds ahead.",
			.hint = "Wait, or compare the clocks of issuer and database; see access_token.leeway.",
		},
	[JOSE_ISSUED_IN_FUTURE] =
		{
			.sqlstate = TK('5'),
			.reason = "not_yet_valid",
			.message = "token is not yet valid",
			.numbers = VALUE,
			.detail = "Its iat is %lld seconds ahead.",
			.hint = "Compare the clocks of issuer and database; see access_token.leeway.",
		},
	[JOSE_TYPE_MISMATCH] =
		{
			.sqlstate = TK('6'),
			.reason = "wrong_type",
			.message = "token is of another kind",
			.detail = "The header's typ, or a claim of another kind, says so.",
			.hint =
				"An access token of an API key has \"typ\": \"JWT\", a client's \"at+jwt\" or \"JWT\" and "
				"none of nonce, at_hash and auth_time; for a token of sign_token pass the typ that it "
				"was made with.",
		},
	[JOSE_CONTENT_TYPE_MISMATCH] =
		{
			.sqlstate = TK('6'),
			.reason = "wrong_content_type",
			.message = "token is of another kind",
			.detail = "The header's cty is not the API key's content_type.",
			.hint = "Set cty to the content_type that access_token.api_keys shows.",
		},
	[JOSE_CLAIM_MISSING] =
		{
			.sqlstate = TK('6'),
			.reason = "missing_claim",
			.message = "token lacks a required claim",
			.detail =
				"Required are exp, in a tenant's token also iss, in an access token of an API key "
				"also sub and grants.identity, and in a client's token also sub, client_id, iat and "
				"jti; one of them is missing or empty.",
			.hint = HINT_REISSUE,
		},
	[JOSE_ISSUER_MISMATCH] =
		{
			.sqlstate = TK('6'),
			.reason = "wrong_issuer",
			.message = "token issuer does not match",
			.detail =
				"iss is not the id of the API key, or not an issuer of the tenant, that signed "
				"the token, or not the issuer that the caller asked for.",
			.hint =
				"Set iss to the API key's id in an access token of an API key, and to the issuer "
				"in others.",
		},
	[JOSE_TENANT_MISMATCH] =
		{
			.sqlstate = TK('6'),
			.reason = "wrong_tenant",
			.message = "token is of another tenant",
			.detail = "sub is not the tenant of the API key, or the tenant of API key or client is "
					  "not the one asked for.",
			.hint = "Verify with the tenant that the token was issued for.",
		},
	[JOSE_AUDIENCE_MISMATCH] =
		{
			.sqlstate = TK('6'),
			.reason = "wrong_audience",
			.message = "token is for another audience",
			.detail = "aud does not name the audience asked for.",
			.hint = "Issue the token for this audience.",
		},
	[JOSE_AUDIENCE_NOT_NAMED] =
		{
			.sqlstate = TK('6'),
			.reason = "wrong_audience",
			.message = "token is for a certain audience",
			.detail = "The token has aud, and the caller named no audience.",
			.hint = "Pass your own name as audience => '...'.",
		},
	[JOSE_LIFETIME_TOO_LONG] =
		{
			.sqlstate = TK('6'),
			.reason = "lifetime_too_long",
			.message = "token lives too long",
			.numbers = VALUE_AND_LIMIT,
			.detail = "Its lifetime is %lld seconds; the tenant and the API key, if it is of one, "
					  "allow %lld.",
			.hint = "Issue tokens with an earlier exp, or raise max_token_lifetime.",
		},
	[JOSE_REVOKED] =
		{
			.sqlstate = TK('7'),
			.reason = "revoked",
			.message = "token has been revoked",
			.detail =
				"It was revoked itself, or it was made before its user, its API key or client, "
				"or its tenant was cut off.",
			.hint = "Issue a new token to whom may still have one.",
		},
	[JOSE_PUBLIC_TOKEN] =
		{
			.sqlstate = TK('8'),
			.reason = "public_token",
			.message = "token is of a public API key",
			.detail = "Whoever knows a public key's id can get such a token for any user id: its "
					  "identity is a claim that nobody proved.",
			.hint = "Where that is enough, pass scope => 'public'.",
		},
	[JOSE_SCOPE_MISSING] =
		{
			.sqlstate = TK('8'),
			.reason = "insufficient_scope",
			.message = "token scope does not suffice",
			.detail = "A scope that was asked for is not in the token.",
			.hint = "Issue the token with this scope.",
		},
	[JOSE_SCOPE_NOT_ALLOWED] =
		{
			.sqlstate = TK('8'),
			.reason = "scope_not_allowed",
			.message = "token scope is not allowed",
			.detail = "The token claims a scope that its API key or client may not give.",
			.hint = "See allowed_scopes of the API key or client.",
		},
	[JOSE_ROLE_NOT_ALLOWED] =
		{
			.sqlstate = TK('8'),
			.reason = "role_not_allowed",
			.message = "token role is not allowed",
			.detail = "The token claims a role that its API key or client may not give.",
			.hint = "See allowed_roles of the API key or client.",
		},
	[JOSE_API_KEY_DISABLED] =
		{
			.sqlstate = TK('9'),
			.reason = "disabled",
			.message = "API key is disabled",
			.detail = "The API key has been switched off.",
			.hint = "See access_token.set_api_key_enabled.",
		},
	[JOSE_API_KEY_EXPIRED] =
		{
			.sqlstate = TK('9'),
			.reason = "disabled",
			.message = "API key has expired",
			.detail = "The API key is past its expires_at.",
			.hint = "See access_token.update_api_key, setting expires_at.",
		},
	[JOSE_CLIENT_DISABLED] =
		{
			.sqlstate = TK('9'),
			.reason = "disabled",
			.message = "client is disabled",
			.detail = "The client has been switched off, or deleted, or is not one of the tenant.",
			.hint = "See access_token.set_client_enabled.",
		},
	[JOSE_TENANT_DISABLED] =
		{
			.sqlstate = TK('9'),
			.reason = "disabled",
			.message = "tenant is disabled",
			.detail = "The tenant has been switched off.",
			.hint = "See access_token.set_tenant_enabled.",
		},
	[JOSE_KEY_MALFORMED] =
		{
			.sqlstate = ERRCODE_ACCESS_TOKEN_BAD_KEY,
			.reason = "bad_key",
			.message = "key is malformed",
			.detail =
				"The text is no JWK, JWK Set or PEM block of a known kind, or a member is "
				"missing, repeated, of the wrong type, or not in its canonical form; or a set has "
				"more than 256 keys, or two of one kid; or the text is longer than 256 kB.",
			.hint = "See RFC 7517 and RFC 7518 section 6; pass one key and nothing around it.",
		},
	[JOSE_KEY_UNSUPPORTED] =
		{
			.sqlstate = ERRCODE_ACCESS_TOKEN_BAD_KEY,
			.reason = "bad_key",
			.message = "key is not supported",
			.detail =
				"Its type or curve is unknown here, or it is encrypted, restricted to RSA-PSS, "
				"a certificate, or an elliptic curve key with explicit parameters.",
			.hint =
				"Supported are oct, RSA, EC on P-256, P-384 and P-521, Ed25519 and X25519; decrypt "
				"the key first.",
		},
	[JOSE_KEY_WEAK] =
		{
			.sqlstate = ERRCODE_ACCESS_TOKEN_BAD_KEY,
			.reason = "bad_key",
			.message = "key is too weak",
			.detail = "An RSA key has 2048 to 8192 bits, an exponent of at least 65537 and no ROCA "
					  "modulus; an HMAC key is as long as the hash; an Ed25519 key is no point of "
					  "small order.",
			.hint = "Generate a new key.",
		},
	[JOSE_KEY_INCONSISTENT] =
		{
			.sqlstate = ERRCODE_ACCESS_TOKEN_BAD_KEY,
			.reason = "bad_key",
			.message = "key is inconsistent",
			.detail = "Its parts do not belong together, or its point is not on the curve.",
			.hint = "The key was damaged or put together wrongly; export it again.",
		},
	[JOSE_KEY_WRONG_USE] =
		{
			.sqlstate = ERRCODE_ACCESS_TOKEN_BAD_KEY,
			.reason = "bad_key",
			.message = "key is not for this use",
			.detail =
				"Its type, curve, alg, use or key_ops do not allow it, or the private part is "
				"missing, or a private or symmetric key stands in a public set.",
			.hint = "One key is for one algorithm (RFC 8725 section 3.1).",
		},

	[JOSE_BAD_KEY] =
		{
			.sqlstate = ERRCODE_ACCESS_TOKEN_BAD_KEY,
			.reason = "bad_key",
			.message = "key material is not usable",
			.detail = "A stored key cannot be opened, or is not of the kind that its row says.",
			.hint = "See access_token.check_installation().",
		},
	[JOSE_CRYPTO_FAILURE] =
		{
			.sqlstate = ERRCODE_INTERNAL_ERROR,
			.reason = "internal",
			.message = "cryptographic operation failed",
			.detail = "OpenSSL refused an operation that cannot fail on its input.",
			.hint = "Check the server's memory and its OpenSSL configuration.",
		},
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

void errors_refuse(JoseStatus status)
{
	errors_raise_status(status);
	pg_unreachable();
}

const char *errors_reason(JoseStatus status)
{
	return entries[status].reason;
}

bool errors_is_refusal(JoseStatus status)
{
	const int without_last = (1 << 24) - 1; /* six bits a character (MAKE_SQLSTATE) */
	int sqlstate = entries[status].sqlstate;

	return (sqlstate & without_last) == TK('0') && sqlstate != TK('0');
}

void errors_raise_null(const char *argument)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", argument),
			 errdetail("This argument has no meaning for NULL."),
			 errhint("Pass a value; see docs/reference.md.")));
}

void errors_raise_argument(const char *message, const char *detail, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", message),
					errdetail("%s", detail), errhint("%s", hint)));
}
