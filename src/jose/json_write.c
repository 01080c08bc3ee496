/* The bounded writer of json_write.h. */
#include "jose/json_write.h"

static const char hex[16] = "0123456789abcdef";

JsonWriter json_writer(uint8_t *buffer, size_t capacity)
{
	return (JsonWriter) {.start = buffer, .at = buffer, .end = buffer + capacity};
}

void json_put_raw(JsonWriter *writer, ByteView json)
{
	if (writer->at == NULL || json.len == 0)
		return;
	if ((size_t) (writer->end - writer->at) < json.len)
	{
		writer->at = NULL;
		return;
	}
	memcpy(writer->at, json.data, json.len);
	writer->at += json.len;
}

static void put_escaped(JsonWriter *writer, uint8_t c)
{
	uint8_t escape[6] = {'\\', 'u', '0', '0', (uint8_t) hex[c >> 4], (uint8_t) hex[c & 15]};
	size_t len = 6;

	if (c == '"' || c == '\\')
	{
		escape[1] = c;
		len = 2;
	}
	json_put_raw(writer, bytes_of(escape, len));
}

void json_put_string(JsonWriter *writer, ByteView utf8)
{
	size_t done = 0;

	json_put_raw(writer, BYTES_LITERAL("\""));
	for (size_t i = 0; i < utf8.len; i++)
	{
		uint8_t c = utf8.data[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		json_put_raw(writer, bytes_of(utf8.data + done, i - done));
		put_escaped(writer, c);
		done = i + 1;
	}
	if (utf8.len > done)
		json_put_raw(writer, bytes_of(utf8.data + done, utf8.len - done));
	json_put_raw(writer, BYTES_LITERAL("\""));
}

void json_put_integer(JsonWriter *writer, int64_t value)
{
	uint8_t digits[JSON_INTEGER_CAPACITY];
	uint8_t *first = digits + sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;

	do
	{
		*--first = (uint8_t) ('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--first = '-';
	json_put_raw(writer, bytes_of(first, (size_t) (digits + sizeof(digits) - first)));
}

void json_put_compact(JsonWriter *writer, ByteView json)
{
	bool in_string = false;

	for (size_t i = 0; i < json.len; i++)
	{
		uint8_t c = json.data[i];
		size_t len = 1;

		if (!in_string && (c == ' ' || c == '\n' || c == '\r' || c == '\t'))
			continue;
		if (c == '"')
			in_string = !in_string;
		else if (c == '\\')
			len = 2; /* an escaped quote does not end the string */
		json_put_raw(writer, bytes_of(json.data + i, len));
		i += len - 1;
	}
}

ByteView json_compacted(ByteView json, uint8_t *out)
{
	JsonWriter writer = json_writer(out, json.len);

	json_put_compact(&writer, json);
	return json_written(&writer);
}

void json_put_members(JsonWriter *writer, const JsonValue *object)
{
	JsonCursor cursor = json_cursor(object);
	JsonValue name;

	if (!json_next_element(&cursor, &name))
		return;
	json_put_raw(writer, BYTES_LITERAL(","));
	json_put_compact(writer, bytes_of(object->text.data + 1, object->text.len - 2));
}

ByteView json_written(const JsonWriter *writer)
{
	if (writer->at == NULL)
		return bytes_of(NULL, 0);
	return bytes_of(writer->start, (size_t) (writer->at - writer->start));
}
