/* The writer: escapes, integers, compact copies, and that it never writes past its room. */
#include "jose/json_write.h"

#include <stdlib.h>

#include "support/exact.h"
#include "support/tap.h"

/* One call of the writer. */
typedef struct Put
{
	void (*bytes)(JsonWriter *writer, ByteView bytes);
	ByteView argument;
	int64_t integer; /* where bytes is NULL */
} Put;

static void put(JsonWriter *writer, const Put *call)
{
	if (call->bytes != NULL)
		call->bytes(writer, call->argument);
	else
		json_put_integer(writer, call->integer);
}

/* With room for exactly what is expected, and with every smaller one. */
static void check_put(const Put *call, ByteView expected, const char *what)
{
	uint8_t *buffer = exact_filled(expected.len, 0);
	JsonWriter writer = json_writer(buffer, expected.len);
	int wrong = 0;

	put(&writer, call);
	is_bytes(json_written(&writer), expected, "%s, with exactly enough room", what);
	free(buffer);
	for (size_t capacity = 0; capacity < expected.len; capacity++)
	{
		buffer = exact_filled(capacity, 0);
		writer = json_writer(buffer, capacity);
		put(&writer, call);
		if (json_written(&writer).data != NULL || json_written(&writer).len != 0)
			wrong++;
		json_put_raw(&writer, bytes_of(NULL, 0));
		json_put_raw(&writer, BYTES_LITERAL("x"));
		if (json_written(&writer).data != NULL)
			wrong++;
		free(buffer);
	}
	is_int(wrong, 0, "%s: with %zu bytes or fewer nothing, and it stays so", what,
		   expected.len - 1);
}

static void test_strings(void)
{
	static const struct
	{
		ByteView utf8;
		ByteView json;
	} rows[] = {
		{TEXT(""), TEXT("\"\"")},
		{TEXT("a"), TEXT("\"a\"")},
		{TEXT("/"), TEXT("\"/\"")},
		{TEXT("\""), TEXT("\"\\\"\"")},
		{TEXT("\\"), TEXT("\"\\\\\"")},
		{TEXT("\"\""), TEXT("\"\\\"\\\"\"")},
		{TEXT("a\"b\\c"), TEXT("\"a\\\"b\\\\c\"")},
		{TEXT("\n"), TEXT("\"\\u000a\"")},
		{TEXT("\x01x\x1F"), TEXT("\"\\u0001x\\u001f\"")},
		{TEXT("\0"), TEXT("\"\\u0000\"")},
		{TEXT("\x7F"), TEXT("\"\x7F\"")},
		{TEXT("\xC3\xA9\xF0\x9F\x98\x80"), TEXT("\"\xC3\xA9\xF0\x9F\x98\x80\"")},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_put(&(Put) {.bytes = json_put_string, .argument = rows[i].utf8}, rows[i].json,
				  (const char *) rows[i].json.data);
	check_put(&(Put) {.bytes = json_put_string}, BYTES_LITERAL("\"\""), "a string of no data");
}

/* Each byte of ASCII is read back as it was, and takes no more room than promised. */
static void test_every_byte(void)
{
	int wrong = 0;

	for (int c = 1; c < 128; c++)
	{
		uint8_t text[3] = {'x', (uint8_t) c, 'y'};
		size_t capacity = json_string_capacity(sizeof(text));
		uint8_t *buffer = exact_filled(capacity, 0);
		JsonWriter writer = json_writer(buffer, capacity);
		JsonValue value = {0};
		size_t error_at;

		json_put_string(&writer, bytes_of(text, sizeof(text)));
		if (json_written(&writer).data == NULL ||
			json_read_value(json_written(&writer), &value, &error_at) != JOSE_OK ||
			!json_string_equals(&value, bytes_of(text, sizeof(text))))
			wrong++;
		free(buffer);
	}
	is_int(wrong, 0, "every byte of ASCII but NUL is read back as it was");
}

/* json_string_capacity is what the worst string needs: nothing but controls. */
static void test_string_capacity(void)
{
	int wrong = 0;

	for (size_t len = 0; len < 64; len++)
	{
		uint8_t *text = exact_filled(len, 1);
		size_t capacity = json_string_capacity(len);
		uint8_t *buffer = exact_filled(capacity, 0);
		JsonWriter writer = json_writer(buffer, capacity);

		json_put_string(&writer, bytes_of(text, len));
		wrong += json_written(&writer).len == capacity ? 0 : 1;
		free(text);
		free(buffer);
	}
	is_int(wrong, 0, "the capacity promised is what controls need, 0 to 63 of them");
}

static void test_integers(void)
{
	static const struct
	{
		int64_t value;
		ByteView text;
	} rows[] = {
		{0, TEXT("0")},
		{7, TEXT("7")},
		{-7, TEXT("-7")},
		{10, TEXT("10")},
		{-100, TEXT("-100")},
		{1700000000, TEXT("1700000000")},
		{INT32_MIN, TEXT("-2147483648")},
		{INT64_MAX, TEXT("9223372036854775807")},
		{INT64_MIN, TEXT("-9223372036854775808")},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_put(&(Put) {.integer = rows[i].value}, rows[i].text,
				  (const char *) rows[i].text.data);
	is_int(JSON_INTEGER_CAPACITY, sizeof("-9223372036854775808") - 1,
		   "the capacity promised is that of the longest");
}

static void test_compact(void)
{
	static const struct
	{
		ByteView json;
		ByteView compact;
	} rows[] = {
		{TEXT("{}"), TEXT("{}")},
		{TEXT(" { \"a\" : 1 , \"b\" : [ 1 , 2 ] } "), TEXT("{\"a\":1,\"b\":[1,2]}")},
		{TEXT("\t[\r\n\"a b\tc\" ]\n"), TEXT("[\"a b\tc\"]")},
		{TEXT("[\"\\\" \\\\\" , \" \"]"), TEXT("[\"\\\" \\\\\",\" \"]")},
		{TEXT("[\"\\\\\" , \"x y\"]"), TEXT("[\"\\\\\",\"x y\"]")},
		{TEXT("[ \"\\u0020 \\n\" ]"), TEXT("[\"\\u0020 \\n\"]")},
		{TEXT("[ \"\xC3\xA9 \" , -1.5e3 , true ]"), TEXT("[\"\xC3\xA9 \",-1.5e3,true]")},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_put(&(Put) {.bytes = json_put_compact, .argument = rows[i].json}, rows[i].compact,
				  (const char *) rows[i].compact.data);
}

static void test_raw(void)
{
	uint8_t buffer[4];
	JsonWriter writer = json_writer(buffer, sizeof(buffer));

	is_bytes(json_written(&writer), bytes_of(buffer, 0), "at first nothing has been written");
	ok(json_written(&writer).data == buffer, "which is not the same as no room");
	json_put_raw(&writer, bytes_of(NULL, 0));
	json_put_raw(&writer, BYTES_LITERAL("{}"));
	json_put_raw(&writer, BYTES_LITERAL("[]"));
	is_bytes(json_written(&writer), BYTES_LITERAL("{}[]"), "two pieces fill the room");
	json_put_raw(&writer, bytes_of(NULL, 0));
	is_bytes(json_written(&writer), BYTES_LITERAL("{}[]"), "nothing fits into no room");
	json_put_raw(&writer, BYTES_LITERAL("x"));
	ok(json_written(&writer).data == NULL, "one byte does not");
}

/* The members of another object, behind those that stand there. */
static void test_members(void)
{
	static const struct
	{
		ByteView json;
		ByteView compact;
	} rows[] = {
		{TEXT("{}"), TEXT("")},
		{TEXT("{ \n }"), TEXT("")},
		{TEXT("{ \"a\" : 1 }"), TEXT(",\"a\":1")},
		{TEXT("{\"a\":{ \"b\" : [] },\"c\":\"} , {\"}"), TEXT(",\"a\":{\"b\":[]},\"c\":\"} , {\"")},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		uint8_t buffer[64];
		JsonWriter writer = json_writer(buffer, sizeof(buffer));
		ByteView text = exact_copy(rows[i].json);
		JsonValue object;
		size_t error_at;

		is_status(json_read_value(text, &object, &error_at), JOSE_OK, "an object");
		json_put_members(&writer, &object);
		is_bytes(json_written(&writer), rows[i].compact, "its members, compact");
		exact_free(text);
	}
}

int main(void)
{
	test_strings();
	test_every_byte();
	test_string_capacity();
	test_integers();
	test_compact();
	test_members();
	test_raw();
	return done();
}
