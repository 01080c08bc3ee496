/*
 * The limits of json_read.h, each at its value, one below and one above, and that hostile sizes are
 * refused by a limit and not by the stack (hostile rows J38 to J40).
 */
#include "jose/json_read.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/exact.h"
#include "support/tap.h"

/* A text that is built piece by piece. */
typedef struct Builder
{
	uint8_t *bytes;
	size_t len;
	size_t capacity;
} Builder;

static Builder builder(size_t capacity)
{
	return (Builder) {.bytes = exact_filled(capacity, 0), .capacity = capacity};
}

static void add(Builder *text, const char *piece)
{
	size_t len = strlen(piece);

	if (len > text->capacity - text->len)
		abort();
	memcpy(text->bytes + text->len, piece, len);
	text->len += len;
}

static void add_times(Builder *text, const char *piece, size_t times)
{
	for (size_t i = 0; i < times; i++)
		add(text, piece);
}

/* Reads and frees; both readers must come to the same. */
static JoseStatus verdict(Builder *text)
{
	ByteView copy = exact_copy(bytes_of(text->bytes, text->len));
	JsonValue value;
	size_t value_at;
	size_t object_at;
	JoseStatus status = json_read_value(copy, &value, &value_at);
	JoseStatus object_status = json_read_object(copy, NULL, NULL, 0, &object_at);

	if (object_status == JOSE_JSON_NOT_OBJECT)
		object_status = JOSE_OK;
	exact_free(copy);
	free(text->bytes);
	return status == object_status ? status : JOSE_STATUS_COUNT;
}

static JoseStatus nested(const char *opening, const char *closing, size_t depth)
{
	Builder text = builder(depth * 8 + 8);

	add_times(&text, opening, depth);
	if (opening[strlen(opening) - 1] == ':')
		add(&text, "1");
	add_times(&text, closing, depth);
	return verdict(&text);
}

static void test_depth(void)
{
	is_int(JSON_MAX_DEPTH, 32, "depth is limited to 32");
	for (size_t depth = 31; depth <= 33; depth++)
	{
		JoseStatus expected = depth <= JSON_MAX_DEPTH ? JOSE_OK : JOSE_JSON_LIMIT;

		is_status(nested("[", "]", depth), expected, "%zu arrays", depth);
		is_status(nested("{\"a\":", "}", depth), expected, "%zu objects", depth);
		if (depth % 2 == 0)
			is_status(nested("{\"a\":[", "]}", depth / 2), expected, "%zu of both", depth);
	}
	is_status(nested("{\"a\":[", "]}", 17), JOSE_JSON_LIMIT, "34 of both");
	is_status(nested("[", "", 32), JOSE_JSON_SYNTAX, "32 arrays that are not closed");
	is_status(nested("[", "", 100000), JOSE_JSON_LIMIT, "100000 opening brackets");
	is_status(nested("{\"a\":", "", 100000), JOSE_JSON_LIMIT, "100000 opening braces");
}

/* Depth is what is open at one point, not what has been closed. */
static void test_depth_is_given_back(void)
{
	Builder text = builder(100000);

	add(&text, "[");
	for (int i = 0; i < 1000; i++)
	{
		add(&text, i > 0 ? "," : "");
		add_times(&text, "[", 31);
		add_times(&text, "]", 31);
	}
	add(&text, "]");
	is_status(verdict(&text), JOSE_OK, "32 deep a thousand times side by side");
}

static void add_names(Builder *text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
	{
		char member[32];

		snprintf(member, sizeof(member), "%s\"n%zu\":0", i > from ? "," : "", i);
		add(text, member);
	}
}

static JoseStatus flat_names(size_t count)
{
	Builder text = builder(count * 16 + 8);

	add(&text, "{");
	add_names(&text, 0, count);
	add(&text, "}");
	return verdict(&text);
}

/* An object of count names whose last one holds another object of inner names. */
static JoseStatus nested_names(size_t count, size_t inner)
{
	Builder text = builder((count + inner) * 16 + 32);

	add(&text, "{");
	add_names(&text, 0, count - 1);
	add(&text, ",\"last\":{");
	add_names(&text, 0, inner);
	add(&text, "}}");
	return verdict(&text);
}

static void test_names(void)
{
	Builder text = builder(JSON_MAX_NAMES * 32 + 64);

	is_int(JSON_MAX_NAMES, 1024, "names of open objects are limited to 1024");
	is_status(flat_names(1023), JOSE_OK, "1023 names");
	is_status(flat_names(1024), JOSE_OK, "1024 names");
	is_status(flat_names(1025), JOSE_JSON_LIMIT, "1025 names");
	is_status(flat_names(100000), JOSE_JSON_LIMIT, "100000 names");
	is_status(nested_names(1000, 23), JOSE_OK, "1023 names of two open objects");
	is_status(nested_names(1000, 24), JOSE_OK, "1024 names of two open objects");
	is_status(nested_names(1000, 25), JOSE_JSON_LIMIT, "1025 names of two open objects");

	add(&text, "[{");
	add_names(&text, 0, 1024);
	add(&text, "},{");
	add_names(&text, 0, 1024);
	add(&text, "}]");
	is_status(verdict(&text), JOSE_OK, "names of closed objects are forgotten");
}

/* An object of count names with one hash; colliding_names says how. */
static void add_colliding_names(Builder *text, size_t count)
{
	add(text, "{");
	for (size_t i = 0; i < count; i++)
	{
		add(text, i > 0 ? ",\"a" : "\"a");
		add_times(text, "b8yira5", i);
		add(text, "\":0");
	}
	add(text, "}");
}

/*
 * "b8yira5" leads FNV-1a from its state after "a" back to that state, so "a" followed by any
 * number of them has one hash. Five such names are compared with one another; a sixth is refused,
 * because only an attacker has so many.
 */
static JoseStatus colliding_names(size_t count, size_t objects, const char *last)
{
	Builder text = builder(objects * (count * count * 8 + 64) + 256);

	add(&text, "[");
	for (size_t i = 0; i < objects; i++)
	{
		add(&text, i > 0 ? "," : "");
		add_colliding_names(&text, count);
	}
	if (*last != '\0')
	{
		text.len--; /* the brace of the last object */
		add(&text, last);
	}
	add(&text, "]");
	return verdict(&text);
}

static void test_colliding_names(void)
{
	is_status(colliding_names(5, 1, ""), JOSE_OK, "five names of one hash");
	is_status(colliding_names(6, 1, ""), JOSE_JSON_LIMIT, "six names of one hash");
	is_status(colliding_names(200, 1, ""), JOSE_JSON_LIMIT, "200 names of one hash");
	is_status(colliding_names(5, 3, ""), JOSE_OK, "five in each of three objects");
	is_status(colliding_names(5, 1, ",\"a\":1}"), JOSE_JSON_DUPLICATE, "the first of five again");
	is_status(colliding_names(5, 1, ",\"ab8yira5b8yira5b8yira5b8yira5\":1}"), JOSE_JSON_DUPLICATE,
			  "the last of five again");
	is_status(colliding_names(5, 1, ",\"b\":{\"a\":1,\"ab8yira5\":2}}"), JOSE_OK,
			  "an object inside counts for itself");
}

/* The last of many names is still compared with the first. */
static void test_late_duplicate(void)
{
	Builder text = builder(1024 * 16 + 32);

	add(&text, "{");
	add_names(&text, 0, 1023);
	add(&text, ",\"n\\u0030\":1}");
	is_status(verdict(&text), JOSE_JSON_DUPLICATE, "name 1024 equals name 1");
}

static JoseStatus number_of(const char *head, size_t digits, const char *tail)
{
	Builder text = builder(digits + 16);

	add(&text, head);
	add_times(&text, "7", digits);
	add(&text, tail);
	return verdict(&text);
}

static void test_number_length(void)
{
	is_int(JSON_MAX_NUMBER_LEN, 128, "a number is limited to 128 characters");
	is_status(number_of("", 127, ""), JOSE_OK, "127 digits");
	is_status(number_of("", 128, ""), JOSE_OK, "128 digits");
	is_status(number_of("", 129, ""), JOSE_JSON_LIMIT, "129 digits");
	is_status(number_of("-", 127, ""), JOSE_OK, "a sign and 127 digits");
	is_status(number_of("-", 128, ""), JOSE_JSON_LIMIT, "a sign and 128 digits");
	is_status(number_of("0.", 126, ""), JOSE_OK, "a fraction of 128 characters");
	is_status(number_of("0.", 127, ""), JOSE_JSON_LIMIT, "a fraction of 129 characters");
	is_status(number_of("1.", 123, "e10"), JOSE_OK, "128 characters with an exponent");
	is_status(number_of("1.", 124, "e10"), JOSE_JSON_LIMIT, "129 characters with an exponent");
	is_status(number_of("[1,", 129, "]"), JOSE_JSON_LIMIT, "129 digits inside an array");
	is_status(number_of("", 200000, ""), JOSE_JSON_LIMIT, "200000 digits");
}

static void test_exponent(void)
{
	static const struct
	{
		const char *text;
		JoseStatus status;
	} rows[] = {
		{"1e307", JOSE_OK},
		{"1e308", JOSE_OK},
		{"1e309", JOSE_JSON_LIMIT},
		{"1E+308", JOSE_OK},
		{"1E+309", JOSE_JSON_LIMIT},
		{"1e-307", JOSE_OK},
		{"1e-308", JOSE_OK},
		{"1e-309", JOSE_JSON_LIMIT},
		{"0e309", JOSE_JSON_LIMIT},
		{"1e0000000308", JOSE_OK},
		{"1e0000000309", JOSE_JSON_LIMIT},
		{"1e400", JOSE_JSON_LIMIT},
		{"-1e400", JOSE_JSON_LIMIT},
		{"1e200000", JOSE_JSON_LIMIT},
		{"1e4294967297", JOSE_JSON_LIMIT},
		{"1e18446744073709551617", JOSE_JSON_LIMIT},
		{"1e-99999999999999999999", JOSE_JSON_LIMIT},
	};

	is_int(JSON_MAX_EXPONENT, 308, "an exponent is limited to 308");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		JsonValue value;
		size_t error_at;

		is_status(json_read_value(view_of(rows[i].text), &value, &error_at), rows[i].status, "%s",
				  rows[i].text);
	}
}

/* Sizes alone are no fault: there is no limit on the text, on a string, or on an array. */
static void test_no_other_limit(void)
{
	Builder text = builder(3 << 20);

	add(&text, "{\"a\":\"");
	add_times(&text, "x", 1 << 20);
	add(&text, "\",\"b\":[0");
	add_times(&text, ",0", 100000);
	add(&text, "]}");
	is_status(verdict(&text), JOSE_OK, "a string of 1 MiB and an array of 100001 numbers");
}

int main(void)
{
	test_depth();
	test_depth_is_given_back();
	test_names();
	test_colliding_names();
	test_late_duplicate();
	test_number_length();
	test_exponent();
	test_no_other_limit();
	return done();
}
