/*
 * The strict reader, the cursors and the writer: both readers agree, what a walk writes again is
 * accepted and means the same, and members are found where a walk finds them.
 */
#include "jose/json_read.h"

#include "require.h"

#include "../unit/support/json_echo.h"

#define WANTED 4

static const ByteView wanted[WANTED] = {
	{(const uint8_t *) "alg", 3},
	{(const uint8_t *) "\xC3\xA9", 2},
	{(const uint8_t *) "", 0},
	{(const uint8_t *) "a\"\n", 3},
};

/* The members that the reader has found are those that a walk finds, and no others. */
static void check_wanted(const JsonValue *object, const JsonValue values[WANTED])
{
	JsonCursor cursor = json_cursor(object);
	JsonValue name;
	JsonValue value;
	bool found[WANTED] = {false};

	while (json_next_member(&cursor, &name, &value))
	{
		REQUIRE(name.type == JSON_STRING);
		for (size_t i = 0; i < WANTED; i++)
		{
			if (!json_string_equals(&name, wanted[i]))
				continue;
			REQUIRE(!found[i]);
			found[i] = true;
			REQUIRE(value.type == values[i].type && value.escaped == values[i].escaped);
			REQUIRE(value.text.data == values[i].text.data && value.text.len == values[i].text.len);
		}
	}
	for (size_t i = 0; i < WANTED; i++)
		REQUIRE(found[i] == (values[i].type != JSON_ABSENT));
}

/* Two spellings of a value have the same types, strings and numbers in the same places. */
static void check_same_meaning(const JsonValue *a, const JsonValue *b)
{
	JsonCursor at = json_cursor(a);
	JsonCursor bt = json_cursor(b);
	JsonValue names[2];
	JsonValue values[2];
	bool more;

	REQUIRE(a->type == b->type);
	if (a->type == JSON_STRING)
	{
		uint8_t *plain = exact_memory(a->text.len);

		REQUIRE(json_string_equals(b, bytes_of(plain, json_unescape(a, plain))));
		free(plain);
		return;
	}
	if (a->type != JSON_ARRAY && a->type != JSON_OBJECT)
	{
		REQUIRE(bytes_equal(a->text, b->text));
		return;
	}
	do
	{
		bool is_object = a->type == JSON_OBJECT;

		more = is_object ? json_next_member(&at, &names[0], &values[0])
						 : json_next_element(&at, &values[0]);
		REQUIRE(more == (is_object ? json_next_member(&bt, &names[1], &values[1])
								   : json_next_element(&bt, &values[1])));
		if (more && is_object)
			check_same_meaning(&names[0], &names[1]);
		if (more)
			check_same_meaning(&values[0], &values[1]);
	} while (more);
	REQUIRE(at.at == at.end && bt.at == bt.end);
}

/* What the cursors give of a value as it is written is its compact copy. */
static void check_compact(ByteView text, const JsonValue *value)
{
	ByteView echo = json_echo(value, ECHO_AS_WRITTEN);
	uint8_t *buffer = exact_memory(echo.len);
	JsonWriter writer = json_writer(buffer, echo.len);

	json_put_compact(&writer, text);
	REQUIRE(bytes_equal(json_written(&writer), echo));
	free(buffer);
	json_echo_free(echo);
}

static void check_echo(const JsonValue *value)
{
	ByteView echo = json_echo(value, ECHO_CANONICAL);
	ByteView second;
	JsonValue again;
	size_t error_at;

	REQUIRE(json_read_value(echo, &again, &error_at) == JOSE_OK);
	check_same_meaning(value, &again);
	second = json_echo(&again, ECHO_CANONICAL);
	REQUIRE(bytes_equal(echo, second));
	json_echo_free(second);
	json_echo_free(echo);
}

static bool is_json_refusal(JoseStatus status)
{
	return status >= JOSE_JSON_SYNTAX && status <= JOSE_JSON_LIMIT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ByteView text = bytes_of(data, size);
	JsonValue value = {0};
	JsonValue values[WANTED];
	size_t value_at = SIZE_MAX;
	size_t object_at = SIZE_MAX;
	JoseStatus status = json_read_value(text, &value, &value_at);
	JoseStatus object_status = json_read_object(text, wanted, values, WANTED, &object_at);

	REQUIRE(value_at <= size && value_at == object_at);
	if (status != JOSE_OK)
	{
		REQUIRE(is_json_refusal(status) && object_status == status);
		return 0;
	}
	REQUIRE(value.type != JSON_ABSENT);
	REQUIRE(object_status == (value.type == JSON_OBJECT ? JOSE_OK : JOSE_JSON_NOT_OBJECT));
	if (object_status == JOSE_OK)
		check_wanted(&value, values);
	check_compact(text, &value);
	check_echo(&value);
	return 0;
}
