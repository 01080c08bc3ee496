/*
 * The cursors against texts whose meaning is known: a generator writes each text twice at once, as
 * a free spelling (white space, escapes) and as the one spelling that its echo must have.
 */
#include "jose/json_read.h"

#include <stdio.h>
#include <stdlib.h>

#include "jose/json_write.h"
#include "support/exact.h"
#include "support/json_echo.h"
#include "support/random.h"
#include "support/tap.h"

#define MAX_TEXT_LEN 65536

/* Two spellings of one value that grow together. */
typedef struct Generator
{
	Random random;
	char free[MAX_TEXT_LEN];
	char canonical[MAX_TEXT_LEN];
	size_t free_len;
	size_t canonical_len;
} Generator;

static void put_free(Generator *generator, const char *text, size_t len)
{
	if (generator->free_len + len > MAX_TEXT_LEN)
		abort();
	memcpy(generator->free + generator->free_len, text, len);
	generator->free_len += len;
}

static void put_canonical(Generator *generator, const char *text, size_t len)
{
	if (generator->canonical_len + len > MAX_TEXT_LEN)
		abort();
	memcpy(generator->canonical + generator->canonical_len, text, len);
	generator->canonical_len += len;
}

static void put_both(Generator *generator, const char *text)
{
	put_free(generator, text, strlen(text));
	put_canonical(generator, text, strlen(text));
}

static void put_space(Generator *generator)
{
	for (uint64_t n = random_below(&generator->random, 3); n > 0; n--)
		put_free(generator, &" \t\r\n"[random_below(&generator->random, 4)], 1);
}

/* Characters with the spellings that a string may use for them; the first one is the echo's. */
static const char *const characters[][3] = {
	{"a", "\\u0061", "a"},
	{"Z", "Z", "\\u005A"},
	{" ", " ", "\\u0020"},
	{"{", "{", "\\u007b"},
	{"]", "]", "\\u005d"},
	{",", ",", "\\u002c"},
	{":", ":", "\\u003A"},
	{"/", "/", "\\/"},
	{"\\\"", "\\\"", "\\u0022"},
	{"\\\\", "\\\\", "\\u005c"},
	{"\\u000a", "\\n", "\\u000A"},
	{"\\u0009", "\\t", "\\u0009"},
	{"\\u0008", "\\b", "\\u0008"},
	{"\\u001f", "\\u001f", "\\u001F"},
	{"\x7F", "\x7F", "\\u007f"},
	{"\xC3\xA9", "\xC3\xA9", "\\u00e9"},
	{"\xE2\x82\xAC", "\xE2\x82\xAC", "\\u20aC"},
	{"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80", "\\ud83d\\uDE00"},
};

/* A string; number, when not negative, makes a name unlike all others of its object. */
static void put_string(Generator *generator, int number)
{
	char prefix[16] = "";

	if (number >= 0)
		snprintf(prefix, sizeof(prefix), "%d", number);
	put_both(generator, "\"");
	put_both(generator, prefix);
	for (uint64_t n = random_below(&generator->random, 6); n > 0; n--)
	{
		const char *const
			*spellings = characters[random_below(&generator->random, COUNT_OF(characters))];
		const char *spelling = spellings[1 + random_below(&generator->random, 2)];

		put_free(generator, spelling, strlen(spelling));
		put_canonical(generator, spellings[0], strlen(spellings[0]));
	}
	put_both(generator, "\"");
}

static void put_value(Generator *generator, int depth);

static void put_container(Generator *generator, int depth, bool is_object)
{
	int count = (int) random_below(&generator->random, 5);

	put_both(generator, is_object ? "{" : "[");
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			put_both(generator, ",");
		if (is_object)
		{
			put_space(generator);
			put_string(generator, i);
			put_space(generator);
			put_both(generator, ":");
		}
		put_value(generator, depth + 1);
	}
	put_space(generator);
	put_both(generator, is_object ? "}" : "]");
}

static void put_value(Generator *generator, int depth)
{
	static const char *const scalars[] = {"null", "true", "false", "0",    "-1",
										  "1.50", "1e9",  "-0",    "12E-3"};
	uint64_t choice = random_below(&generator->random, depth < 6 ? 6 : 3);

	put_space(generator);
	if (choice < 2)
		put_both(generator, scalars[random_below(&generator->random, COUNT_OF(scalars))]);
	else if (choice == 2)
		put_string(generator, -1);
	else
		put_container(generator, depth, choice > 4);
	put_space(generator);
}

/* What one text of the generator is judged by. */
typedef struct Judgement
{
	int refused;
	int wrong_meaning;
	int wrong_text;
	int not_stable;
} Judgement;

/* Whether the compact copy of a text is what walking over it as it is written makes. */
static bool compact_equals(ByteView text, ByteView echo)
{
	uint8_t *buffer = exact_filled(echo.len, 0);
	JsonWriter writer = json_writer(buffer, echo.len);
	bool equal;

	json_put_compact(&writer, text);
	equal = bytes_equal(json_written(&writer), echo);
	free(buffer);
	return equal;
}

static void judge(ByteView text, ByteView canonical, Judgement *judgement)
{
	JsonValue value;
	JsonValue again;
	size_t error_at;
	ByteView echo;
	ByteView second;

	if (json_read_value(text, &value, &error_at) != JOSE_OK)
	{
		judgement->refused++;
		return;
	}
	echo = json_echo(&value, ECHO_AS_WRITTEN);
	judgement->wrong_text += compact_equals(text, echo) ? 0 : 1;
	json_echo_free(echo);

	echo = json_echo(&value, ECHO_CANONICAL);
	judgement->wrong_meaning += bytes_equal(echo, canonical) ? 0 : 1;
	if (json_read_value(echo, &again, &error_at) == JOSE_OK)
	{
		second = json_echo(&again, ECHO_CANONICAL);
		judgement->not_stable += bytes_equal(echo, second) ? 0 : 1;
		json_echo_free(second);
	}
	else
		judgement->not_stable++;
	json_echo_free(echo);
}

static void test_echo(void)
{
	static Generator generator;
	Judgement judgement = {0};
	size_t longest = 0;

	generator.random.state = 4;
	for (int i = 0; i < 20000; i++)
	{
		ByteView text;

		generator.free_len = 0;
		generator.canonical_len = 0;
		put_value(&generator, 0);
		text = exact_copy(bytes_of(generator.free, generator.free_len));
		judge(text, bytes_of(generator.canonical, generator.canonical_len), &judgement);
		longest = text.len > longest ? text.len : longest;
		exact_free(text);
	}
	is_int(judgement.refused, 0, "20000 texts (up to %zu bytes) are accepted", longest);
	is_int(judgement.wrong_meaning, 0, "walking over each gives the value that was meant");
	is_int(judgement.wrong_text, 0, "and, string by string as written, its compact copy");
	is_int(judgement.not_stable, 0, "what has been written again is accepted and means the same");
}

/* Each step of a walk gives what the reader says of that piece of text alone. */
static void check_steps(const JsonValue *value, int *steps, int *wrong)
{
	bool is_object = value->type == JSON_OBJECT;
	JsonCursor cursor;
	JsonValue name;
	JsonValue each;

	if (!is_object && value->type != JSON_ARRAY)
		return;
	cursor = json_cursor(value);
	while (is_object ? json_next_member(&cursor, &name, &each) : json_next_element(&cursor, &each))
	{
		size_t quotes = each.type == JSON_STRING ? 1 : 0;
		ByteView piece = exact_copy(bytes_of(each.text.data - quotes, each.text.len + 2 * quotes));
		JsonValue alone = {0};
		size_t error_at;

		if (json_read_value(piece, &alone, &error_at) != JOSE_OK || alone.type != each.type ||
			alone.escaped != each.escaped || !bytes_equal(alone.text, each.text) ||
			(is_object && name.type != JSON_STRING))
			(*wrong)++;
		(*steps)++;
		exact_free(piece);
		check_steps(&each, steps, wrong);
	}
	if (cursor.at != cursor.end)
		(*wrong)++;
}

static void test_steps(void)
{
	static Generator generator;
	int steps = 0;
	int wrong = 0;

	generator.random.state = 5;
	for (int i = 0; i < 2000; i++)
	{
		JsonValue value;
		size_t error_at;

		generator.free_len = 0;
		generator.canonical_len = 0;
		put_value(&generator, 0);
		if (json_read_value(bytes_of(generator.free, generator.free_len), &value, &error_at) ==
			JOSE_OK)
			check_steps(&value, &steps, &wrong);
	}
	ok(steps > 10000, "more than 10000 steps were taken");
	is_int(wrong, 0, "each gives type, text and escapes as the reader does, up to the end");
}

static void test_known_walk(void)
{
	static const ByteView text = TEXT("{ \"a\" : [ ] , \"\\\"}\" : { } ,\"c\":-1.5e3,\"d\":\"]\"}");
	static const ByteView names[] = {TEXT("a"), TEXT("\\\"}"), TEXT("c"), TEXT("d")};
	static const ByteView values[] = {TEXT("[ ]"), TEXT("{ }"), TEXT("-1.5e3"), TEXT("]")};
	static const JsonType types[] = {JSON_ARRAY, JSON_OBJECT, JSON_NUMBER, JSON_STRING};
	JsonValue object;
	JsonValue name;
	JsonValue value;
	JsonCursor cursor;
	size_t error_at;

	is_status(json_read_value(text, &object, &error_at), JOSE_OK, "an object with everything");
	cursor = json_cursor(&object);
	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		ok(json_next_member(&cursor, &name, &value), "member %zu is there", i);
		is_bytes(name.text, names[i], "its name");
		is_bytes(value.text, values[i], "its value");
		is_int(value.type, types[i], "its type");
		if (value.type == JSON_ARRAY || value.type == JSON_OBJECT)
		{
			JsonCursor inner = json_cursor(&value);

			ok(!json_next_element(&inner, &value), "it is empty");
		}
	}
	ok(!json_next_member(&cursor, &name, &value), "there is no fifth member");
	ok(!json_next_member(&cursor, &name, &value), "nor is there when one asks again");
}

int main(void)
{
	test_known_walk();
	test_echo();
	test_steps();
	return done();
}
