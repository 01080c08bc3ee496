/*
 * Recursive descent with a bounded depth; purpose and limits: json_read.h.
 *
 * Duplicate names are found by a stack of the names of all open objects: an object compares its new
 * name with those it pushed itself, hash first, and pops them when it closes.
 */
#include "jose/json_read.h"

#include "jose/json_text.h"

typedef struct Reader
{
	const uint8_t *start;
	const uint8_t *at;
	const uint8_t *end;
	size_t depth;
	size_t name_count;
	uint32_t hashes[JSON_MAX_NAMES];
	JsonValue names[JSON_MAX_NAMES];
} Reader;

/* The members that json_read_object looks for, at the top level only. */
typedef struct Wanted
{
	const ByteView *names;
	JsonValue *values;
	size_t count;
} Wanted;

static JoseStatus read_value(Reader *reader, JsonValue *value);

static void skip_space(Reader *reader)
{
	while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
										*reader->at == '\r' || *reader->at == '\t'))
		reader->at++;
}

/* Takes the character c, after white space; false and nothing taken when another one stands there. */
static bool take(Reader *reader, uint8_t c)
{
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

/* FNV-1a over the unescaped name. */
static uint32_t hash_name(const JsonValue *name)
{
	const uint8_t *at = name->text.data;
	const uint8_t *end = at + name->text.len;
	uint32_t hash = 2166136261u;

	while (at < end)
	{
		uint8_t unit[4];
		size_t len = json_next_unit(&at, unit);

		for (size_t i = 0; i < len; i++)
			hash = (hash ^ unit[i]) * 16777619u;
	}
	return hash;
}

bool json_same_string(const JsonValue *a, const JsonValue *b)
{
	const uint8_t *at = a->text.data;
	const uint8_t *bt = b->text.data;
	const uint8_t *a_end;
	const uint8_t *b_end;
	uint8_t a_unit[4];
	uint8_t b_unit[4];
	size_t a_len = 0;
	size_t b_len = 0;
	size_t a_used = 0;
	size_t b_used = 0;

	if (a->type != JSON_STRING || b->type != JSON_STRING)
		return false;
	if (!a->escaped && !b->escaped)
		return bytes_equal(a->text, b->text);

	a_end = at + a->text.len;
	b_end = bt + b->text.len;

	/* An escape may stand for several raw bytes of the other side: compare byte by byte. */
	for (;;)
	{
		if (a_used == a_len)
		{
			a_len = at < a_end ? json_next_unit(&at, a_unit) : 0;
			a_used = 0;
		}
		if (b_used == b_len)
		{
			b_len = bt < b_end ? json_next_unit(&bt, b_unit) : 0;
			b_used = 0;
		}
		if (a_len == 0 || b_len == 0)
			return a_len == b_len;
		if (a_unit[a_used++] != b_unit[b_used++])
			return false;
	}
}

/* Pushes a name of the object whose first name has index first. */
static JoseStatus push_name(Reader *reader, size_t first, const JsonValue *name)
{
	uint32_t hash = hash_name(name);
	int collisions = 0;

	for (size_t i = first; i < reader->name_count; i++)
	{
		if (reader->hashes[i] != hash)
			continue;
		if (json_same_string(&reader->names[i], name))
			return JOSE_JSON_DUPLICATE;
		collisions++;
	}
	if (reader->name_count == JSON_MAX_NAMES || collisions > JSON_MAX_COLLISIONS)
		return JOSE_JSON_LIMIT; /* names of one hash are made to cost time */
	reader->hashes[reader->name_count] = hash;
	reader->names[reader->name_count] = *name;
	reader->name_count++;
	return JOSE_OK;
}

/* Reads the string whose opening quote has been taken. */
static JoseStatus read_string(Reader *reader, JsonValue *value)
{
	const uint8_t *start = reader->at;
	JoseStatus status = json_scan_string(&reader->at, reader->end, &value->escaped);

	if (status != JOSE_OK)
		return status;
	value->type = JSON_STRING;
	value->text = bytes_of(start, (size_t) (reader->at - start) - 1);
	return JOSE_OK;
}

/* Takes digits; false when there is none. */
static bool take_digits(Reader *reader)
{
	const uint8_t *start = reader->at;

	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return reader->at > start;
}

static JoseStatus read_exponent(Reader *reader)
{
	const uint8_t *digits;
	int magnitude = 0;

	if (reader->at < reader->end && (*reader->at == '+' || *reader->at == '-'))
		reader->at++;
	digits = reader->at;
	if (!take_digits(reader))
		return JOSE_JSON_SYNTAX;
	for (; digits < reader->at; digits++)
	{
		magnitude = magnitude * 10 + (*digits - '0');
		if (magnitude > JSON_MAX_EXPONENT)
			return JOSE_JSON_LIMIT;
	}
	return JOSE_OK;
}

static JoseStatus read_number(Reader *reader, JsonValue *value)
{
	const uint8_t *start = reader->at;
	const uint8_t *integer;

	if (*reader->at == '-')
		reader->at++;
	integer = reader->at;
	if (!take_digits(reader) || (*integer == '0' && reader->at - integer > 1))
		return JOSE_JSON_SYNTAX;
	if (reader->at < reader->end && *reader->at == '.')
	{
		reader->at++;
		if (!take_digits(reader))
			return JOSE_JSON_SYNTAX;
	}
	if (reader->at < reader->end && (*reader->at == 'e' || *reader->at == 'E'))
	{
		JoseStatus status;

		reader->at++;
		status = read_exponent(reader);
		if (status != JOSE_OK)
			return status;
	}
	if (reader->at - start > JSON_MAX_NUMBER_LEN)
		return JOSE_JSON_LIMIT;
	value->type = JSON_NUMBER;
	value->text = bytes_of(start, (size_t) (reader->at - start));
	return JOSE_OK;
}

static JoseStatus read_literal(Reader *reader, ByteView literal, JsonType type, JsonValue *value)
{
	if ((size_t) (reader->end - reader->at) < literal.len ||
		memcmp(reader->at, literal.data, literal.len) != 0)
		return JOSE_JSON_SYNTAX;
	value->type = type;
	value->text = bytes_of(reader->at, literal.len);
	reader->at += literal.len;
	return JOSE_OK;
}

/* Reads the rest of an array whose bracket has been taken. */
static JoseStatus read_array(Reader *reader)
{
	JsonValue element;

	if (take(reader, ']'))
		return JOSE_OK;
	do
	{
		JoseStatus status = read_value(reader, &element);

		if (status != JOSE_OK)
			return status;
	} while (take(reader, ','));
	return take(reader, ']') ? JOSE_OK : JOSE_JSON_SYNTAX;
}

static void keep_if_wanted(const Wanted *wanted, const JsonValue *name, const JsonValue *value)
{
	for (size_t i = 0; i < wanted->count; i++)
	{
		if (json_string_equals(name, wanted->names[i]))
		{
			wanted->values[i] = *value;
			return;
		}
	}
}

/* Reads "name": value, and refuses a name that the object has already. */
static JoseStatus read_member(Reader *reader, size_t first_name, JsonValue *name, JsonValue *value)
{
	JoseStatus status;

	*name = (JsonValue) {0};
	if (!take(reader, '"'))
		return JOSE_JSON_SYNTAX;
	status = read_string(reader, name);
	if (status == JOSE_OK)
		status = push_name(reader, first_name, name);
	if (status != JOSE_OK)
		return status;
	return take(reader, ':') ? read_value(reader, value) : JOSE_JSON_SYNTAX;
}

/* Reads the rest of an object whose brace has been taken. */
static JoseStatus read_object(Reader *reader, const Wanted *wanted)
{
	size_t first_name = reader->name_count;
	JsonValue name;
	JsonValue value;

	if (take(reader, '}'))
		return JOSE_OK;
	do
	{
		JoseStatus status = read_member(reader, first_name, &name, &value);

		if (status != JOSE_OK)
			return status;
		if (wanted != NULL)
			keep_if_wanted(wanted, &name, &value);
	} while (take(reader, ','));
	reader->name_count = first_name;
	return take(reader, '}') ? JOSE_OK : JOSE_JSON_SYNTAX;
}

/* Reads an array or object from its opening character on. */
static JoseStatus read_container(Reader *reader, const Wanted *wanted, JsonValue *value)
{
	const uint8_t *start = reader->at++;
	bool is_object = *start == '{';
	JoseStatus status;

	if (reader->depth == JSON_MAX_DEPTH)
		return JOSE_JSON_LIMIT;
	reader->depth++;
	status = is_object ? read_object(reader, wanted) : read_array(reader);
	reader->depth--;
	if (status != JOSE_OK)
		return status;
	value->type = is_object ? JSON_OBJECT : JSON_ARRAY;
	value->text = bytes_of(start, (size_t) (reader->at - start));
	return JOSE_OK;
}

static JoseStatus read_value(Reader *reader, JsonValue *value)
{
	*value = (JsonValue) {0};
	skip_space(reader);
	if (reader->at == reader->end)
		return JOSE_JSON_SYNTAX;
	switch (*reader->at)
	{
		case '{':
		case '[':
			return read_container(reader, NULL, value);
		case '"':
			reader->at++;
			return read_string(reader, value);
		case 't':
			return read_literal(reader, BYTES_LITERAL("true"), JSON_TRUE, value);
		case 'f':
			return read_literal(reader, BYTES_LITERAL("false"), JSON_FALSE, value);
		case 'n':
			return read_literal(reader, BYTES_LITERAL("null"), JSON_NULL, value);
		default:
			return read_number(reader, value);
	}
}

/* Only the counters: the name stack is written before it is read, and zeroing its 28 kB costs time. */
static void reader_start(Reader *reader, ByteView text)
{
	reader->start = text.data;
	reader->at = text.data;
	reader->end = text.len > 0 ? text.data + text.len : text.data; /* no arithmetic on NULL */
	reader->depth = 0;
	reader->name_count = 0;
}

/* The verdict on a whole text: nothing but white space may follow its value. */
static JoseStatus reader_finish(Reader *reader, JoseStatus status, size_t *error_at)
{
	if (status == JOSE_OK)
	{
		skip_space(reader);
		if (reader->at != reader->end)
			status = JOSE_JSON_SYNTAX;
	}
	*error_at = status == JOSE_OK ? 0 : (size_t) (reader->at - reader->start);
	return status;
}

JoseStatus json_read_object(ByteView text, const ByteView *names, JsonValue *values, size_t count,
							size_t *error_at)
{
	Reader reader;
	Wanted wanted = {.names = names, .values = values, .count = count};
	JsonValue object = {0};
	JoseStatus status;

	for (size_t i = 0; i < count; i++)
		values[i] = (JsonValue) {0};
	reader_start(&reader, text);
	skip_space(&reader);
	if (reader.at < reader.end && *reader.at == '{')
		return reader_finish(&reader, read_container(&reader, &wanted, &object), error_at);

	status = reader_finish(&reader, read_value(&reader, &object), error_at);
	return status == JOSE_OK ? JOSE_JSON_NOT_OBJECT : status;
}

JoseStatus json_read_value(ByteView text, JsonValue *value, size_t *error_at)
{
	Reader reader;

	reader_start(&reader, text);
	return reader_finish(&reader, read_value(&reader, value), error_at);
}

bool json_string_equals(const JsonValue *string, ByteView expected)
{
	const uint8_t *at = string->text.data;
	const uint8_t *end;
	size_t matched = 0;

	if (string->type != JSON_STRING)
		return false;
	if (!string->escaped)
		return bytes_equal(string->text, expected);
	end = at + string->text.len;
	while (at < end)
	{
		uint8_t unit[4];
		size_t len = json_next_unit(&at, unit);

		if (expected.len - matched < len || memcmp(unit, expected.data + matched, len) != 0)
			return false;
		matched += len;
	}
	return matched == expected.len;
}

size_t json_unescape(const JsonValue *string, uint8_t *out)
{
	const uint8_t *at = string->text.data;
	const uint8_t *end = at + string->text.len;
	uint8_t *to = out;

	if (!string->escaped)
	{
		if (string->text.len > 0)
			memcpy(out, at, string->text.len);
		return string->text.len;
	}
	while (at < end)
	{
		uint8_t unit[4];
		size_t len = json_next_unit(&at, unit);

		memcpy(to, unit, len);
		to += len;
	}
	return (size_t) (to - out);
}
