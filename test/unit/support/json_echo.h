/*
 * Checked JSON written again by walking over it with the cursors, in two styles. Shared by the unit
 * tests and the fuzz target of the reader, hence a header.
 */
#ifndef ACCESS_TOKEN_UNIT_JSON_ECHO_H
#define ACCESS_TOKEN_UNIT_JSON_ECHO_H

#include <stdlib.h>

#include "jose/json_read.h"
#include "jose/json_write.h"

typedef enum EchoStyle
{
	ECHO_AS_WRITTEN, /* strings as they stand: must equal what json_put_compact makes */
	ECHO_CANONICAL   /* strings unescaped and escaped anew: one spelling for one meaning */
} EchoStyle;

static inline void echo_string(JsonWriter *writer, const JsonValue *string, EchoStyle style)
{
	uint8_t *plain;

	if (style == ECHO_AS_WRITTEN)
	{
		json_put_raw(writer, BYTES_LITERAL("\""));
		json_put_raw(writer, string->text);
		json_put_raw(writer, BYTES_LITERAL("\""));
		return;
	}
	plain = malloc(string->text.len);
	if (plain == NULL && string->text.len > 0)
		abort();
	json_put_string(writer, bytes_of(plain, json_unescape(string, plain)));
	free(plain);
}

static inline void echo_value(JsonWriter *writer, const JsonValue *value, EchoStyle style);

static inline void echo_array(JsonWriter *writer, const JsonValue *array, EchoStyle style)
{
	JsonCursor cursor = json_cursor(array);
	JsonValue element;

	json_put_raw(writer, BYTES_LITERAL("["));
	for (bool first = true; json_next_element(&cursor, &element); first = false)
	{
		if (!first)
			json_put_raw(writer, BYTES_LITERAL(","));
		echo_value(writer, &element, style);
	}
	json_put_raw(writer, BYTES_LITERAL("]"));
}

static inline void echo_object(JsonWriter *writer, const JsonValue *object, EchoStyle style)
{
	JsonCursor cursor = json_cursor(object);
	JsonValue name;
	JsonValue value;

	json_put_raw(writer, BYTES_LITERAL("{"));
	for (bool first = true; json_next_member(&cursor, &name, &value); first = false)
	{
		if (!first)
			json_put_raw(writer, BYTES_LITERAL(","));
		echo_string(writer, &name, style);
		json_put_raw(writer, BYTES_LITERAL(":"));
		echo_value(writer, &value, style);
	}
	json_put_raw(writer, BYTES_LITERAL("}"));
}

/* The depth of the recursion is that of the text: JSON_MAX_DEPTH. */
static inline void echo_value(JsonWriter *writer, const JsonValue *value, EchoStyle style)
{
	switch (value->type)
	{
		case JSON_STRING:
			echo_string(writer, value, style);
			break;
		case JSON_ARRAY:
			echo_array(writer, value, style);
			break;
		case JSON_OBJECT:
			echo_object(writer, value, style);
			break;
		default:
			json_put_raw(writer, value->text);
			break;
	}
}

/* The echo of a checked value; its data is freed by free. */
static inline ByteView json_echo(const JsonValue *value, EchoStyle style)
{
	size_t capacity = json_string_capacity(value->text.len);
	uint8_t *buffer = malloc(capacity);
	JsonWriter writer;
	ByteView written;

	if (buffer == NULL)
		abort();
	writer = json_writer(buffer, capacity);
	echo_value(&writer, value, style);
	written = json_written(&writer);
	if (written.data == NULL)
		abort(); /* json_string_capacity promises more than the longest echo needs */
	return written;
}

static inline void json_echo_free(ByteView echo)
{
	free((void *) (uintptr_t) echo.data);
}

#endif
