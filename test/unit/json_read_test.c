/*
 * The strict reader: grammar (RFC 8259), duplicate names, finding members, and where a fault lies.
 * Hostile rows J01 to J40 as far as they are JSON; limits are in json_limits_test.c.
 */
#include "jose/json_read.h"

#include <stdlib.h>

#include "support/exact.h"
#include "support/tap.h"

/* Both readers over a copy with no byte to spare; they must agree but on what stands at the top. */
static JoseStatus read_both(ByteView text, JsonType *type, bool *agree)
{
	ByteView copy = exact_copy(text);
	JsonValue value = {0};
	size_t value_at = 99;
	size_t object_at = 99;
	JoseStatus status = json_read_value(copy, &value, &value_at);
	JoseStatus object_status = json_read_object(copy, NULL, NULL, 0, &object_at);
	JoseStatus expected = status;

	if (status == JOSE_OK && value.type != JSON_OBJECT)
		expected = JOSE_JSON_NOT_OBJECT;
	*agree = object_status == expected && value_at == object_at && value_at <= text.len;
	*type = value.type;
	exact_free(copy);
	return status;
}

typedef struct SyntaxRow
{
	ByteView text;
	JoseStatus status;
} SyntaxRow;

static void run_syntax(const SyntaxRow *rows, size_t count, const char *what)
{
	for (size_t i = 0; i < count; i++)
	{
		bool agree;
		JsonType type;
		JoseStatus status = read_both(rows[i].text, &type, &agree);

		is_status(status, rows[i].status, "%s: %.*s (%zu bytes)", what, (int) rows[i].text.len,
				  (const char *) rows[i].text.data, rows[i].text.len);
		if (!agree)
			ok(false, "both readers agree");
	}
}

static void test_accepted(void)
{
	static const struct
	{
		ByteView text;
		JsonType type;
	} rows[] = {
		{TEXT("null"), JSON_NULL},
		{TEXT("true"), JSON_TRUE},
		{TEXT("false"), JSON_FALSE},
		{TEXT("0"), JSON_NUMBER},
		{TEXT("-0"), JSON_NUMBER},
		{TEXT("-0.0e-0"), JSON_NUMBER},
		{TEXT("10"), JSON_NUMBER},
		{TEXT("1.5E+10"), JSON_NUMBER},
		{TEXT("1e007"), JSON_NUMBER},
		{TEXT("\"\""), JSON_STRING},
		{TEXT("\"a\""), JSON_STRING},
		{TEXT("[]"), JSON_ARRAY},
		{TEXT("[ ]"), JSON_ARRAY},
		{TEXT("[1,[2,[3]],{}]"), JSON_ARRAY},
		{TEXT("{}"), JSON_OBJECT},
		{TEXT("{ \t\r\n}"), JSON_OBJECT},
		{TEXT(" \t\r\n{\"\" : 1 , \"a\":{\"\":2}}\n"), JSON_OBJECT},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		bool agree;
		JsonType type;
		JoseStatus status = read_both(rows[i].text, &type, &agree);

		ok(status == JOSE_OK && agree && type == rows[i].type, "accepted: %.*s",
		   (int) rows[i].text.len, (const char *) rows[i].text.data);
	}
}

static void test_refused_values(void)
{
	static const SyntaxRow rows[] = {
		{TEXT(""), JOSE_JSON_SYNTAX},
		{TEXT(" "), JOSE_JSON_SYNTAX},
		{TEXT("nul"), JOSE_JSON_SYNTAX},
		{TEXT("nulL"), JOSE_JSON_SYNTAX},
		{TEXT("True"), JOSE_JSON_SYNTAX},
		{TEXT("truex"), JOSE_JSON_SYNTAX},
		{TEXT("NaN"), JOSE_JSON_SYNTAX},
		{TEXT("Infinity"), JOSE_JSON_SYNTAX},
		{TEXT("-Infinity"), JOSE_JSON_SYNTAX},
		{TEXT("undefined"), JOSE_JSON_SYNTAX},
		{TEXT("'a'"), JOSE_JSON_SYNTAX},
		{TEXT("a"), JOSE_JSON_SYNTAX},
		{TEXT("\xEF\xBB\xBF{}"), JOSE_JSON_SYNTAX},
		{TEXT("{}\0"), JOSE_JSON_SYNTAX},
		{TEXT("\0{}"), JOSE_JSON_SYNTAX},
		{TEXT("\v{}"), JOSE_JSON_SYNTAX},
		{TEXT("\f{}"), JOSE_JSON_SYNTAX},
		{TEXT("\xC2\xA0{}"), JOSE_JSON_SYNTAX},
		{TEXT("{\0\"\0a\0\"\0:\0\x31\0}\0"), JOSE_JSON_SYNTAX},
		{TEXT("\0{\0\"\0a\0\"\0:\0\x31\0}"), JOSE_JSON_SYNTAX},
		{TEXT("\""), JOSE_JSON_SYNTAX},
		{TEXT("\"a"), JOSE_JSON_SYNTAX},
		{TEXT("\"a\\\""), JOSE_JSON_SYNTAX},
		{TEXT("\"\\"), JOSE_JSON_SYNTAX},
		{TEXT("\"\\x41\""), JOSE_JSON_SYNTAX},
		{TEXT("\"\\u12\""), JOSE_JSON_SYNTAX},
		{TEXT("\"a\tb\""), JOSE_JSON_SYNTAX},
		{TEXT("\"a\nb\""), JOSE_JSON_SYNTAX},
		{TEXT("\"a\0b\""), JOSE_JSON_SYNTAX},
		{TEXT("\"\xFF\""), JOSE_JSON_UTF8},
		{TEXT("\"\xC0\xAF\""), JOSE_JSON_UTF8},
		{TEXT("\"\xED\xA0\x80\""), JOSE_JSON_UTF8},
		{TEXT("\"\xE9\""), JOSE_JSON_UTF8},
		{TEXT("\"\\u0000\""), JOSE_JSON_ESCAPE},
		{TEXT("\"\\ud800\""), JOSE_JSON_ESCAPE},
		{TEXT("\"\\udc00\\ud800\""), JOSE_JSON_ESCAPE},
	};

	run_syntax(rows, COUNT_OF(rows), "refused");
}

static void test_refused_numbers(void)
{
	static const SyntaxRow rows[] = {
		{TEXT("-"), JOSE_JSON_SYNTAX},
		{TEXT("+1"), JOSE_JSON_SYNTAX},
		{TEXT("--1"), JOSE_JSON_SYNTAX},
		{TEXT("01"), JOSE_JSON_SYNTAX},
		{TEXT("-01"), JOSE_JSON_SYNTAX},
		{TEXT("00"), JOSE_JSON_SYNTAX},
		{TEXT("0x10"), JOSE_JSON_SYNTAX},
		{TEXT("1."), JOSE_JSON_SYNTAX},
		{TEXT(".5"), JOSE_JSON_SYNTAX},
		{TEXT("-.5"), JOSE_JSON_SYNTAX},
		{TEXT("1.e5"), JOSE_JSON_SYNTAX},
		{TEXT("1e"), JOSE_JSON_SYNTAX},
		{TEXT("1e+"), JOSE_JSON_SYNTAX},
		{TEXT("1e-"), JOSE_JSON_SYNTAX},
		{TEXT("1e1.5"), JOSE_JSON_SYNTAX},
		{TEXT("1e+-1"), JOSE_JSON_SYNTAX},
		{TEXT("1,000"), JOSE_JSON_SYNTAX},
		{TEXT("1 2"), JOSE_JSON_SYNTAX},
		{TEXT("1_0"), JOSE_JSON_SYNTAX},
		{TEXT("1f"), JOSE_JSON_SYNTAX},
		{TEXT("0e"), JOSE_JSON_SYNTAX},
		{TEXT("- 1"), JOSE_JSON_SYNTAX},
		{TEXT("1\xEF\xBC\x90"), JOSE_JSON_SYNTAX},
	};

	run_syntax(rows, COUNT_OF(rows), "no number");
}

static void test_refused_containers(void)
{
	static const SyntaxRow rows[] = {
		{TEXT("["), JOSE_JSON_SYNTAX},
		{TEXT("]"), JOSE_JSON_SYNTAX},
		{TEXT("[1"), JOSE_JSON_SYNTAX},
		{TEXT("[1,"), JOSE_JSON_SYNTAX},
		{TEXT("[1,]"), JOSE_JSON_SYNTAX},
		{TEXT("[,1]"), JOSE_JSON_SYNTAX},
		{TEXT("[1 2]"), JOSE_JSON_SYNTAX},
		{TEXT("[1}"), JOSE_JSON_SYNTAX},
		{TEXT("[1:2]"), JOSE_JSON_SYNTAX},
		{TEXT("[]]"), JOSE_JSON_SYNTAX},
		{TEXT("[\"a\":1]"), JOSE_JSON_SYNTAX},
		{TEXT("{"), JOSE_JSON_SYNTAX},
		{TEXT("}"), JOSE_JSON_SYNTAX},
		{TEXT("{1:2}"), JOSE_JSON_SYNTAX},
		{TEXT("{a:1}"), JOSE_JSON_SYNTAX},
		{TEXT("{'a':1}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\"}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\" 1}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":1"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":1,}"), JOSE_JSON_SYNTAX},
		{TEXT("{,\"a\":1}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":1;}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":1]"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\"::1}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":1,,\"b\":2}"), JOSE_JSON_SYNTAX},
		{TEXT("{}{}"), JOSE_JSON_SYNTAX},
		{TEXT("{} x"), JOSE_JSON_SYNTAX},
		{TEXT("{},"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":1}garbage"), JOSE_JSON_SYNTAX},
		{TEXT("{/**/}"), JOSE_JSON_SYNTAX},
		{TEXT("{}//"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":1 \"b\":2}"), JOSE_JSON_SYNTAX},
		{TEXT("{[]:1}"), JOSE_JSON_SYNTAX},
		{TEXT("{null:1}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"a\":tru}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"\\u0000\":1}"), JOSE_JSON_ESCAPE},
		{TEXT("{\"\xFF\":1}"), JOSE_JSON_UTF8},
	};

	run_syntax(rows, COUNT_OF(rows), "refused");
}

/* J01-J07: names are compared after unescaping, whatever the depth. */
static void test_duplicates(void)
{
	static const ByteView texts[] = {
		TEXT("{\"alg\":1,\"alg\":2}"),
		TEXT("{\"alg\":1,\"alg\":1}"),
		TEXT("{\"alg\":1,\"b\":2,\"alg\":3}"),
		TEXT("{\"alg\":1,\"\\u0061lg\":2}"),
		TEXT("{\"\\u0061lg\":1,\"alg\":2}"),
		TEXT("{\"\\u0061lg\":1,\"a\\u006Cg\":2}"),
		TEXT("{\"\\u0061\\u006c\\u0067\":1,\"\\u0061\\u006C\\u0067\":2}"),
		TEXT("{\"\":1,\"\":2}"),
		TEXT("{\"/\":1,\"\\/\":2}"),
		TEXT("{\"\\n\":1,\"\\u000a\":2}"),
		TEXT("{\"\\\"\":1,\"\\u0022\":2}"),
		TEXT("{\"\\\\\":1,\"\\u005c\":2}"),
		TEXT("{\"\xC3\xA9\":1,\"\\u00e9\":2}"),
		TEXT("{\"\\u20ac\":1,\"\xE2\x82\xAC\":2}"),
		TEXT("{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}"),
		TEXT("{\"\\uD83D\\uDE00\":1,\"\\ud83d\\ude00\":2}"),
		TEXT("{\"x\\ud83d\\ude00y\":1,\"\\u0078\xF0\x9F\x98\x80\\u0079\":2}"),
		TEXT("{\"a\":{\"b\":1,\"b\":2}}"),
		TEXT("{\"a\":{\"b\":1,\"\\u0062\":2}}"),
		TEXT("{\"a\":[{},{\"b\":1,\"b\":2}]}"),
		TEXT("[[[[{\"b\":1,\"b\":2}]]]]"),
		TEXT("{\"a\":{\"b\":{\"c\":{\"d\":1,\"e\":2,\"d\":3}}}}"),
		TEXT("{\"a\":1,\"b\":{\"a\":1},\"a\":2}"),
		TEXT("{\"a\":{\"x\":1,\"y\":2},\"b\":[{\"x\":1}],\"a\":0}"),
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		bool agree;
		JsonType type;
		JoseStatus status = read_both(texts[i], &type, &agree);

		is_status(agree ? status : JOSE_STATUS_COUNT, JOSE_JSON_DUPLICATE, "duplicate: %.*s",
				  (int) texts[i].len, (const char *) texts[i].data);
	}
}

/* Names that only look alike, and equal names of different objects. */
static void test_no_duplicates(void)
{
	static const ByteView texts[] = {
		TEXT("{\"alg\":1,\"Alg\":2,\"ALG\":3,\"alg \":4,\" alg\":5,\"al\":6,\"algo\":7}"),
		TEXT("{\"a\":{\"a\":{\"a\":1}}}"),
		TEXT("{\"a\":{\"b\":1},\"c\":{\"b\":1},\"b\":2}"),
		TEXT("[{\"a\":1},{\"a\":1},{\"a\":1}]"),
		TEXT("{\"\xC3\xA9\":1,\"e\xCC\x81\":2}"),
		TEXT("{\"\\u0061\":1,\"\\\\u0061\":2}"),
		TEXT("{\"u0061\":1,\"\\u0061\":2}"),
		TEXT("{\"\":1,\" \":2}"),
		TEXT("{\"ab\":1,\"a\\u0062c\":2,\"a\":3,\"abcd\":4}"),
		TEXT("{\"\\u00e9\":1,\"\\u00ea\":2,\"\\u00c3\\u00a9\":3}"),
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		bool agree;
		JsonType type;
		JoseStatus status = read_both(texts[i], &type, &agree);

		is_status(agree ? status : JOSE_STATUS_COUNT, JOSE_OK, "no duplicate: %.*s",
				  (int) texts[i].len, (const char *) texts[i].data);
	}
}

static uint32_t fnv1a(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t) *name) * 16777619u;
	return hash;
}

/*
 * Different names with equal FNV-1a hashes, which the core compares first: of one length, and one
 * the beginning of the other. The first test is that the collisions are still ones.
 */
static void test_colliding_names(void)
{
	static const ByteView texts[] = {
		TEXT("{\"n512789\":1,\"n749192\":2}"),  TEXT("{\"n512789\":1,\"\\u006e749192\":2}"),
		TEXT("{\"a\":1,\"ab8yira5\":2}"),       TEXT("{\"ab8yira5\":1,\"a\":2}"),
		TEXT("{\"\\u0061\":1,\"ab8yira5\":2}"), TEXT("{\"a\":1,\"ab8yira\\u0035\":2}"),
		TEXT("{\"ab8yira\\u0035\":1,\"a\":2}"),
	};

	is_int(fnv1a("n512789"), fnv1a("n749192"), "n512789 and n749192 collide");
	is_int(fnv1a("a"), fnv1a("ab8yira5"), "a and ab8yira5 collide");
	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		bool agree;
		JsonType type;
		JoseStatus status = read_both(texts[i], &type, &agree);

		is_status(agree ? status : JOSE_STATUS_COUNT, JOSE_OK, "no duplicate: %.*s",
				  (int) texts[i].len, (const char *) texts[i].data);
	}
}

static void test_wanted_members(void)
{
	static const ByteView names[] = {TEXT("alg"), TEXT("kid"), TEXT("\xC3\xA9"), TEXT("crit"),
									 TEXT("")};
	static const ByteView text = TEXT(
		" {\"x\":{\"alg\":1,\"crit\":[]}, \"\\u0061lg\" : \"H\\u0053\" ,\"kid\":[1, 2 ],"
		"\"\\u00e9\":null,\"\":-1.5e3}");
	static const ByteView expected[] = {TEXT("H\\u0053"), TEXT("[1, 2 ]"), TEXT("null"), TEXT(""),
										TEXT("-1.5e3")};
	static const JsonType types[] = {JSON_STRING, JSON_ARRAY, JSON_NULL, JSON_ABSENT, JSON_NUMBER};
	JsonValue values[COUNT_OF(names)];
	size_t error_at = 99;

	is_status(json_read_object(text, names, values, COUNT_OF(names), &error_at), JOSE_OK,
			  "members are found at the top level only");
	is_int((int64_t) error_at, 0, "without a fault there is no offset");
	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		is_int(values[i].type, types[i], "type of member %zu", i);
		is_bytes(values[i].text, expected[i], "text of member %zu", i);
	}
	ok(values[0].escaped && !values[1].escaped, "a string with a backslash is marked");
}

static void test_string_functions(void)
{
	static const ByteView text = TEXT("[\"\",\"abc\",\"a\\u0062c\",\"\\ud83d\\ude00\",1]");
	uint8_t out[16];
	JsonValue array;
	JsonValue each[5];
	JsonCursor cursor;
	size_t error_at;

	is_status(json_read_value(text, &array, &error_at), JOSE_OK, "an array of strings");
	cursor = json_cursor(&array);
	for (size_t i = 0; i < COUNT_OF(each); i++)
		ok(json_next_element(&cursor, &each[i]), "element %zu", i);
	ok(json_string_equals(&each[0], bytes_of(NULL, 0)), "empty equals nothing");
	ok(!json_string_equals(&each[0], BYTES_LITERAL("a")), "empty does not equal something");
	for (size_t i = 1; i <= 2; i++)
	{
		ok(json_string_equals(&each[i], BYTES_LITERAL("abc")), "%zu: equal", i);
		ok(!json_string_equals(&each[i], BYTES_LITERAL("ab")), "%zu: not its prefix", i);
		ok(!json_string_equals(&each[i], BYTES_LITERAL("a")), "%zu: not its first letter", i);
		ok(!json_string_equals(&each[i], BYTES_LITERAL("abcd")), "%zu: not what it begins", i);
		ok(!json_string_equals(&each[i], BYTES_LITERAL("a\\u0062c")), "%zu: not as spelled", i);
		ok(!json_string_equals(&each[i], bytes_of(NULL, 0)), "%zu: not nothing", i);
		is_bytes(bytes_of(out, json_unescape(&each[i], out)), BYTES_LITERAL("abc"), "%zu: bytes",
				 i);
	}
	ok(json_string_equals(&each[3], BYTES_LITERAL("\xF0\x9F\x98\x80")), "a pair is one character");
	ok(!json_string_equals(&each[3], BYTES_LITERAL("\xF0\x9F\x98")), "all of whose bytes count");
	ok(!json_string_equals(&each[4], BYTES_LITERAL("1")), "a number is no string");
	ok(!json_string_equals(&(JsonValue) {0}, BYTES_LITERAL("")), "what is absent is no string");
}

static void test_string_or_absent(void)
{
	for (int type = JSON_ABSENT; type <= JSON_OBJECT; type++)
	{
		JsonValue value = {.type = (JsonType) type};
		bool expected = type == JSON_ABSENT || type == JSON_STRING;

		ok(json_is_string_or_absent(&value) == expected, "type %d %s", type,
		   expected ? "is a string or absent" : "is neither a string nor absent");
	}
}

static void test_offsets(void)
{
	static const struct
	{
		ByteView text;
		size_t at;
	} rows[] = {
		{TEXT(""), 0},
		{TEXT("x"), 0},
		{TEXT("  x"), 2},
		{TEXT("{} x"), 3},
		{TEXT("{\"a\" 1}"), 5},
		{TEXT("{\"a\":1,}"), 7},
		{TEXT("{\"a\":\"b\tc\"}"), 7},
		{TEXT("{\"a\":\"b\xFF\"}"), 7},
		{TEXT("{\"a\":\"b\\q\"}"), 7},
		{TEXT("{\"a\":\"b\\ud800\"}"), 7},
		{TEXT("{\"a\":[1,2"), 9},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		JsonValue value;
		size_t error_at = 99;
		JoseStatus status = json_read_value(rows[i].text, &value, &error_at);

		ok(status != JOSE_OK && error_at == rows[i].at, "%.*s: the fault lies at %zu",
		   (int) rows[i].text.len, (const char *) rows[i].text.data, rows[i].at);
	}
}

/* Every prefix of a text is refused, and no byte behind it is read. */
static void test_cut_off(void)
{
	static const ByteView text = TEXT(
		"{\"a\":[1.5e-7,true,null,\"\\ud83d\\ude00\\n\xE2\x82\xAC\"],\"b\":{\"c\":false}}");
	int accepted = 0;
	int disagreed = 0;
	bool agree;
	JsonType type;
	JsonValue value;
	size_t error_at;

	for (size_t len = 0; len < text.len; len++)
	{
		accepted += read_both(bytes_of(text.data, len), &type, &agree) == JOSE_OK ? 1 : 0;
		disagreed += agree ? 0 : 1;
	}
	is_int(accepted, 0, "a text that is cut off is refused at each of %zu places", text.len);
	is_int(disagreed, 0, "by both readers alike");
	is_status(json_read_value(bytes_of(NULL, 0), &value, &error_at), JOSE_JSON_SYNTAX,
			  "no data at all is refused");
	is_status(read_both(text, &type, &agree), JOSE_OK, "the whole text is accepted");
}

int main(void)
{
	test_accepted();
	test_refused_values();
	test_refused_numbers();
	test_refused_containers();
	test_duplicates();
	test_no_duplicates();
	test_colliding_names();
	test_wanted_members();
	test_string_functions();
	test_string_or_absent();
	test_offsets();
	test_cut_off();
	return done();
}
