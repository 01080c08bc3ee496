/* The common part of payloads; purpose: payload.h. */
#include "postgres.h"

#include "token/payload.h"

#include "jose/json_read.h"
#include "pg/errors.h"
#include "pg/settings.h"
#include "token/compact.h"
#include "token/permission.h"

/* Names that the token's maker sets; JWT and OAuth give them a meaning that claims may not forge. */
static const ByteView reserved_claims[] = {
	BYTES_INIT("iss"),   BYTES_INIT("sub"),       BYTES_INIT("aud"), BYTES_INIT("exp"),
	BYTES_INIT("nbf"),   BYTES_INIT("iat"),       BYTES_INIT("jti"), BYTES_INIT("grants"),
	BYTES_INIT("scope"), BYTES_INIT("client_id"), BYTES_INIT("cnf"), BYTES_INIT("act"),
	BYTES_INIT("nonce"), BYTES_INIT("role"),
};
#define ROLE_CLAIM (lengthof(reserved_claims) - 1) /* the last one: reserved unless allowed */

static void check_scope(const Permissions *permissions, ByteView scope)
{
	if (scope.data == NULL)
		return;
	permission_require_list(scope);
	if (!permission_scopes(permissions, scope))
		errors_raise_argument(
			"scope is not allowed",
			"The API key or client may not give one of the scopes; public is given by public "
			"keys alone, clients:issue only where allowed_scopes names it.",
			"See allowed_scopes in access_token.update_api_key and update_client.");
}

static void check_audience(const TokenWish *wish)
{
	for (int i = 0; i < wish->audience_count; i++)
	{
		if (wish->audience[i].len == 0)
			errors_raise_argument("audience is empty", "An audience is a text that is not empty.",
								  "Pass NULL for a token without audience.");
	}
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
static void check_claims(const Permissions *permissions, ByteView claims)
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
	if (found[ROLE_CLAIM].type != JSON_ABSENT && !permission_role(permissions, &found[ROLE_CLAIM]))
		errors_raise_argument(
			"role is not allowed", "The API key or client may not give the role that claims names.",
			"See allowed_roles in access_token.update_api_key and update_client.");
}

void payload_check_token_size(size_t len)
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
static void check_sizes(const TokenWish *wish)
{
	size_t len = wish->scope.len + wish->claims.len;

	for (int i = 0; i < wish->audience_count; i++)
		len += wish->audience[i].len;
	payload_check_token_size(len);
}

void payload_check_wish(const TokenWish *wish, const Permissions *permissions)
{
	check_sizes(wish);
	check_scope(permissions, wish->scope);
	check_audience(wish);
	check_claims(permissions, wish->claims);
}

int payload_lifetime(const TokenWish *wish, TokenLifetime allowed)
{
	if (!wish->has_expires_in)
		return Min(allowed.usual, allowed.longest);
	if (wish->expires_in <= 0 || wish->expires_in > allowed.longest)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("expires_in is out of range"),
				 errdetail("1 to %d seconds are allowed here.", allowed.longest),
				 errhint("See max_token_lifetime in access_token.update_tenant, and for an API key "
						 "in update_api_key.")));
	return wish->expires_in;
}

size_t payload_wish_capacity(const TokenWish *wish)
{
	size_t capacity = 32 + wish->scope.len + wish->claims.len;

	for (int i = 0; i < wish->audience_count; i++)
		capacity += 1 + json_string_capacity(wish->audience[i].len);
	return capacity;
}

static void put_audience(JsonWriter *writer, const TokenWish *wish)
{
	bool is_list = wish->audience_count > 1 || wish->audience_as_array;

	if (wish->audience_count == 0)
		return;
	json_put_raw(writer, BYTES_LITERAL(",\"aud\":"));
	for (int i = 0; i < wish->audience_count; i++)
	{
		if (is_list)
			json_put_raw(writer, i == 0 ? BYTES_LITERAL("[") : BYTES_LITERAL(","));
		json_put_string(writer, wish->audience[i]);
	}
	if (is_list)
		json_put_raw(writer, BYTES_LITERAL("]"));
}

static void put_claims(JsonWriter *writer, ByteView claims)
{
	JsonValue object;
	size_t error_at;

	if (claims.data != NULL && json_read_value(claims, &object, &error_at) == JOSE_OK)
		json_put_members(writer, &object);
}

void payload_put_wish(JsonWriter *writer, const TokenWish *wish)
{
	if (wish->scope.data != NULL)
	{
		json_put_raw(writer, BYTES_LITERAL(",\"scope\":\""));
		json_put_raw(writer,
					 wish->scope); /* its characters need no escapes: they have been checked */
		json_put_raw(writer, BYTES_LITERAL("\""));
	}
	put_audience(writer, wish);
	put_claims(writer, wish->claims);
}

void payload_check_whole(const TokenWish *wish, ByteView payload)
{
	JsonValue value;
	size_t error_at;
	JoseStatus status;

	if (wish->claims.data == NULL)
		return;
	status = json_read_value(payload, &value, &error_at);
	if (status != JOSE_OK)
		raise_bad_claims(status);
}
