/*
 * A JSON writer into a buffer of known size. It never writes past the end: a writer that ran out of
 * room stays in that state, and json_written says so once, at the end.
 */
#ifndef ACCESS_TOKEN_JOSE_JSON_WRITE_H
#define ACCESS_TOKEN_JOSE_JSON_WRITE_H

#include "jose/bytes.h"
#include "jose/json_read.h"

typedef struct JsonWriter
{
	uint8_t *start;
	uint8_t *at; /* NULL once the room did not suffice */
	uint8_t *end;
} JsonWriter;

/* Most bytes that json_put_string writes for a text of len bytes. */
static inline size_t json_string_capacity(size_t len)
{
	return 2 + 6 * len;
}

/* Most bytes that json_put_integer writes. */
#define JSON_INTEGER_CAPACITY 20

/* A writer of capacity bytes that has written nothing. */
JsonWriter json_writer(uint8_t *buffer, size_t capacity);

/* Copies bytes that are JSON already. */
void json_put_raw(JsonWriter *writer, ByteView json);

/* A quoted string of valid UTF-8; quote, backslash and controls are escaped (RFC 8259 section 7). */
void json_put_string(JsonWriter *writer, ByteView utf8);

/* A number in decimal digits. */
void json_put_integer(JsonWriter *writer, int64_t value);

/* Copies checked JSON without its insignificant white space. */
void json_put_compact(JsonWriter *writer, ByteView json);

/* The same into a buffer of json.len bytes. */
ByteView json_compacted(ByteView json, uint8_t *out);

/* The members of a checked object without its braces, compact, behind a comma if there are any. */
void json_put_members(JsonWriter *writer, const JsonValue *object);

/* What has been written; a view of no data (NULL) when the buffer was too small. */
ByteView json_written(const JsonWriter *writer);

#endif
