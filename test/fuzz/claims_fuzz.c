/*
 * Claims: what is accepted has the promised types and bounded times, the issuer that is looked at
 * beforehand is the one read afterwards, and scope lists are taken apart into what they consist of.
 */
#include "jose/claims.h"

#include "require.h"

#define LAST_TIME (INT64_C(253402300799) * JOSE_TIME_PER_SECOND)

static bool is_string_or_absent(const JsonValue *value)
{
	return value->type == JSON_STRING || value->type == JSON_ABSENT;
}

static bool is_bounded(bool present, JoseTime time)
{
	return time >= -LAST_TIME && time <= LAST_TIME && (present || time == 0);
}

/* Every string of aud is an audience that it names; one that is longer than all of it is not. */
static void check_audience(const JsonValue *aud)
{
	JsonCursor cursor;
	JsonValue each = *aud;
	uint8_t *plain = exact_memory(aud->text.len);
	size_t count = 0;

	if (aud->type == JSON_STRING)
		REQUIRE(claims_names_audience(aud, bytes_of(plain, json_unescape(aud, plain))));
	else
	{
		cursor = json_cursor(aud);
		for (; json_next_element(&cursor, &each); count++)
		{
			REQUIRE(each.type == JSON_STRING);
			REQUIRE(claims_names_audience(aud, bytes_of(plain, json_unescape(&each, plain))));
		}
		REQUIRE(count > 0);
	}
	REQUIRE(!claims_names_audience(aud, bytes_of("\xFF no UTF-8", 10)));
	free(plain);
}

/* A scope may be written with escapes; what they stand for is a valid list. */
static void check_scope(const JsonValue *scope)
{
	uint8_t *plain = malloc(scope->text.len + 1);

	REQUIRE(plain != NULL);
	REQUIRE(scope_list_valid(bytes_of(plain, json_unescape(scope, plain))));
	free(plain);
}

static void check_claims(const Claims *claims)
{
	REQUIRE(is_string_or_absent(&claims->iss) && is_string_or_absent(&claims->sub));
	REQUIRE(is_string_or_absent(&claims->jti) && is_string_or_absent(&claims->role));
	REQUIRE(is_string_or_absent(&claims->scope) && is_string_or_absent(&claims->identity));
	REQUIRE(is_bounded(claims->has_exp, claims->exp));
	REQUIRE(is_bounded(claims->has_nbf, claims->nbf));
	REQUIRE(is_bounded(claims->has_iat, claims->iat));
	if (claims->aud.type != JSON_ABSENT)
		check_audience(&claims->aud);
	if (claims->scope.type == JSON_STRING)
		check_scope(&claims->scope);
}

static void fuzz_claims(ByteView json)
{
	Claims claims;
	size_t error_at = 0;
	JoseStatus status = claims_read(json, &claims, &error_at);
	JsonValue issuer = claims_peek_issuer(json);

	REQUIRE(error_at <= json.len);
	REQUIRE(is_string_or_absent(&issuer));
	if (status == JOSE_OK)
	{
		check_claims(&claims);
		REQUIRE(issuer.type == claims.iss.type);
		REQUIRE(issuer.text.data == claims.iss.text.data && issuer.text.len == claims.iss.text.len);
	}
	else
	{
		REQUIRE(status == JOSE_CLAIM_TYPE ||
				(status >= JOSE_JSON_SYNTAX && status <= JOSE_JSON_NOT_OBJECT));
		REQUIRE(status == JOSE_CLAIM_TYPE || issuer.type == JSON_ABSENT);
	}
}

static void fuzz_scope(ByteView list)
{
	ByteView rest = list;
	ByteView token;
	const uint8_t *at = list.data;

	if (!scope_list_valid(list))
		return;
	while (scope_next(&rest, &token))
	{
		REQUIRE(token.data == at && token.len > 0 && memchr(at, ' ', token.len) == NULL);
		REQUIRE(scope_list_valid(token) && scope_contains(list, token));
		at += token.len + 1;
	}
	REQUIRE(at == list.data + list.len + 1);
	REQUIRE(!scope_contains(list, bytes_of("", 0)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_claims(bytes_of(data, size));
	fuzz_scope(bytes_of(data, size));
	return 0;
}
