/* Types, times and lists of claims; rules: claims.h. */
#include "jose/claims.h"

#include "jose/json_text.h"

#define MAX_SECONDS INT64_C(253402300799) /* 9999-12-31 23:59:59 UTC */
#define MAX_MANTISSA_DIGITS 18            /* what an int64_t holds in any case */

enum
{
	ISS,
	SUB,
	AUD,
	EXP,
	NBF,
	IAT,
	JTI,
	SCOPE,
	ROLE,
	GRANTS,
	CLAIM_COUNT
};

static const ByteView claim_names[CLAIM_COUNT] = {
	[ISS] = BYTES_INIT("iss"),       [SUB] = BYTES_INIT("sub"),     [AUD] = BYTES_INIT("aud"),
	[EXP] = BYTES_INIT("exp"),       [NBF] = BYTES_INIT("nbf"),     [IAT] = BYTES_INIT("iat"),
	[JTI] = BYTES_INIT("jti"),       [SCOPE] = BYTES_INIT("scope"), [ROLE] = BYTES_INIT("role"),
	[GRANTS] = BYTES_INIT("grants"),
};

static bool is_audience(const JsonValue *aud)
{
	JsonCursor cursor;
	JsonValue element;
	size_t count = 0;

	if (aud->type != JSON_ARRAY)
		return json_is_string_or_absent(aud);
	cursor = json_cursor(aud);
	for (; json_next_element(&cursor, &element); count++)
	{
		if (element.type != JSON_STRING)
			return false;
	}
	return count > 0;
}

static bool is_scope_char(uint8_t c)
{
	return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* A list as far as it has been read: the grammar is RFC 6749's (section 3.3). */
typedef struct ScopeGrammar
{
	bool in_token;
	size_t tokens;
} ScopeGrammar;

static bool scope_takes(ScopeGrammar *grammar, uint8_t c)
{
	if (c == ' ')
	{
		bool was_in_token = grammar->in_token;

		grammar->in_token = false;
		return was_in_token;
	}
	grammar->tokens += grammar->in_token ? 0 : 1;
	grammar->in_token = true;
	return is_scope_char(c) && grammar->tokens <= SCOPE_MAX_TOKENS;
}

/* Reads through the escapes that some libraries write. */
static bool is_scope(const JsonValue *scope)
{
	const uint8_t *at = scope->text.data;
	size_t left = scope->text.len;
	ScopeGrammar grammar = {false, 0};

	if (scope->type == JSON_ABSENT)
		return true;
	while (scope->type == JSON_STRING && left > 0)
	{
		const uint8_t *before = at;
		uint8_t unit[4];

		if (json_next_unit(&at, unit) != 1 || !scope_takes(&grammar, unit[0]))
			return false;
		left -= (size_t) (at - before);
	}
	return grammar.in_token;
}

/* Finds identity in grants, which must be an object where present, as must be its string. */
static bool read_identity(const JsonValue *grants, JsonValue *identity)
{
	static const ByteView name = BYTES_INIT("identity");
	JsonCursor cursor;
	JsonValue member;
	JsonValue value;

	*identity = (JsonValue) {0};
	if (grants->type == JSON_ABSENT)
		return true;
	if (grants->type != JSON_OBJECT)
		return false;
	cursor = json_cursor(grants);
	while (json_next_member(&cursor, &member, &value))
	{
		if (json_string_equals(&member, name))
			*identity = value;
	}
	return json_is_string_or_absent(identity);
}

static bool read_optional_time(const JsonValue *value, bool *present, JoseTime *time)
{
	*present = value->type != JSON_ABSENT;
	*time = 0;
	return !*present || claims_read_time(value, time) == JOSE_OK;
}

JoseStatus claims_read(ByteView json, Claims *claims, size_t *error_at)
{
	JsonValue members[CLAIM_COUNT];
	JoseStatus status = json_read_object(json, claim_names, members, CLAIM_COUNT, error_at);

	if (status != JOSE_OK)
		return status;
	*claims = (Claims) {
		.iss = members[ISS],
		.sub = members[SUB],
		.aud = members[AUD],
		.jti = members[JTI],
		.scope = members[SCOPE],
		.role = members[ROLE],
	};
	if (!json_is_string_or_absent(&claims->iss) || !json_is_string_or_absent(&claims->sub) ||
		!json_is_string_or_absent(&claims->jti) || !json_is_string_or_absent(&claims->role) ||
		!is_audience(&claims->aud) || !is_scope(&claims->scope) ||
		!read_identity(&members[GRANTS], &claims->identity) ||
		!read_optional_time(&members[EXP], &claims->has_exp, &claims->exp) ||
		!read_optional_time(&members[NBF], &claims->has_nbf, &claims->nbf) ||
		!read_optional_time(&members[IAT], &claims->has_iat, &claims->iat))
		return JOSE_CLAIM_TYPE;
	return JOSE_OK;
}

bool claims_read_client_id(ByteView json, JsonValue *client_id)
{
	static const ByteView name = BYTES_INIT("client_id");
	size_t error_at;

	return json_read_object(json, &name, client_id, 1, &error_at) == JOSE_OK &&
		   json_is_string_or_absent(client_id);
}

JsonValue claims_peek_issuer(ByteView json)
{
	JsonValue issuer;
	size_t error_at;

	if (json_read_object(json, &claim_names[ISS], &issuer, 1, &error_at) != JOSE_OK ||
		issuer.type != JSON_STRING)
		return (JsonValue) {0};
	return issuer;
}

/* A decimal number as mantissa * 10^exponent; digits beyond MAX_MANTISSA_DIGITS only scale. */
typedef struct Decimal
{
	int64_t mantissa;
	int exponent;
	int digits;
	bool negative;
} Decimal;

static void decimal_add_digit(Decimal *decimal, uint8_t digit, bool is_fraction)
{
	if (decimal->digits == MAX_MANTISSA_DIGITS)
	{
		decimal->exponent += is_fraction ? 0 : 1;
		return;
	}
	decimal->mantissa = decimal->mantissa * 10 + digit;
	decimal->digits += decimal->mantissa > 0 ? 1 : 0;
	decimal->exponent -= is_fraction ? 1 : 0;
}

/* Takes apart a number that the reader has accepted, so its exponent is at most 308. */
static Decimal decimal_parse(ByteView text)
{
	Decimal decimal = {0};
	bool is_fraction = false;
	size_t i = 0;

	for (; i < text.len && text.data[i] != 'e' && text.data[i] != 'E'; i++)
	{
		if (text.data[i] == '-')
			decimal.negative = true;
		else if (text.data[i] == '.')
			is_fraction = true;
		else
			decimal_add_digit(&decimal, (uint8_t) (text.data[i] - '0'), is_fraction);
	}
	if (i < text.len)
	{
		int exponent = 0;
		bool negative = text.data[i + 1] == '-';

		for (i++; i < text.len; i++)
		{
			if (text.data[i] >= '0' && text.data[i] <= '9')
				exponent = exponent * 10 + (text.data[i] - '0');
		}
		decimal.exponent += negative ? -exponent : exponent;
	}
	return decimal;
}

JoseStatus claims_read_time(const JsonValue *value, JoseTime *time)
{
	const int64_t most = MAX_SECONDS * JOSE_TIME_PER_SECOND;
	Decimal decimal;

	if (value->type != JSON_NUMBER)
		return JOSE_CLAIM_TYPE;
	decimal = decimal_parse(value->text);
	decimal.exponent += 6; /* microseconds */
	for (; decimal.exponent > 0 && decimal.mantissa > 0; decimal.exponent--)
	{
		if (decimal.mantissa > most / 10)
			return JOSE_CLAIM_TYPE;
		decimal.mantissa *= 10;
	}
	for (; decimal.exponent < 0 && decimal.mantissa > 0; decimal.exponent++)
		decimal.mantissa /= 10;
	if (decimal.mantissa > most)
		return JOSE_CLAIM_TYPE;
	*time = decimal.negative ? -decimal.mantissa : decimal.mantissa;
	return JOSE_OK;
}

bool claims_names_audience(const JsonValue *aud, ByteView audience)
{
	JsonCursor cursor;
	JsonValue element;

	if (aud->type != JSON_ARRAY)
		return json_string_equals(aud, audience);
	cursor = json_cursor(aud);
	while (json_next_element(&cursor, &element))
	{
		if (json_string_equals(&element, audience))
			return true;
	}
	return false;
}

bool scope_list_valid(ByteView list)
{
	ScopeGrammar grammar = {false, 0};

	for (size_t i = 0; i < list.len; i++)
	{
		if (!scope_takes(&grammar, list.data[i]))
			return false;
	}
	return grammar.in_token; /* neither empty nor with a space at its end */
}

bool scope_next(ByteView *list, ByteView *token)
{
	const uint8_t *space;

	if (list->len == 0)
		return false;
	space = memchr(list->data, ' ', list->len);
	if (space == NULL)
	{
		*token = *list;
		*list = bytes_of(list->data + list->len, 0);
		return true;
	}
	*token = bytes_of(list->data, (size_t) (space - list->data));
	*list = bytes_of(space + 1, list->len - token->len - 1);
	return true;
}

bool scope_contains(ByteView list, ByteView token)
{
	ByteView each;

	while (scope_next(&list, &each))
	{
		if (bytes_equal(each, token))
			return true;
	}
	return false;
}
