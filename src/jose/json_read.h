/*
 * A strict JSON reader (RFC 8259) over hostile bytes: zero copy, no allocation, bounded.
 *
 * Stricter than the RFC where two readers could disagree about one text: it refuses duplicate member
 * names at any depth (compared after unescaping), \u0000, lone surrogates, a byte order mark and
 * whatever follows the value. The limits bound time and memory, whatever the text holds.
 *
 * json_read_object checks a whole text and finds the members asked for; the cursor functions walk
 * over text that has been checked.
 */
#ifndef ACCESS_TOKEN_JOSE_JSON_READ_H
#define ACCESS_TOKEN_JOSE_JSON_READ_H

#include "jose/bytes.h"
#include "jose/status.h"

/* Containers inside one another. */
#define JSON_MAX_DEPTH 32
/* Member names of all objects that are open at one point. */
#define JSON_MAX_NAMES 1024
/* Earlier names of one object with the hash of a new one: 6 of 1,000 never are by chance. */
#define JSON_MAX_COLLISIONS 4
/* Characters of one number. */
#define JSON_MAX_NUMBER_LEN 128
/* Magnitude of an exponent as written: that of an IEEE 754 double (RFC 8259 section 6). */
#define JSON_MAX_EXPONENT 308

typedef enum JsonType
{
	JSON_ABSENT = 0,
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} JsonType;

/* One value in place. Of a string, text is what stands between the quotes, still escaped. */
typedef struct JsonValue
{
	JsonType type;
	bool escaped; /* a string that holds at least one backslash */
	ByteView text;
} JsonValue;

/*
 * Checks that text is one JSON object and nothing else, and stores the top-level members of the
 * given names (unescaped ones are compared) in values, JSON_ABSENT where there is none.
 * On failure returns JOSE_JSON_* and sets *error_at to the offset in bytes.
 */
JoseStatus json_read_object(ByteView text, const ByteView *names, JsonValue *values, size_t count,
							size_t *error_at);

/* The same check for any JSON value at the top; sets *value. */
JoseStatus json_read_value(ByteView text, JsonValue *value, size_t *error_at);

/* A place inside the text of an array or object that one of the functions above has accepted. */
typedef struct JsonCursor
{
	const uint8_t *at;
	const uint8_t *end;
} JsonCursor;

/* A cursor before the first element or member of a checked array or object. */
JsonCursor json_cursor(const JsonValue *container);

/* Steps to the next element of an array; false after the last. */
bool json_next_element(JsonCursor *cursor, JsonValue *element);

/* Steps to the next member of an object; false after the last. */
bool json_next_member(JsonCursor *cursor, JsonValue *name, JsonValue *value);

/* The type of every optional member that is text. */
static inline bool json_is_string_or_absent(const JsonValue *value)
{
	return value->type == JSON_STRING || value->type == JSON_ABSENT;
}

/* Whether a checked string, unescaped, is exactly these bytes. False for other types. */
bool json_string_equals(const JsonValue *string, ByteView expected);

/* Whether two checked strings are the same once unescaped. False for other types. */
bool json_same_string(const JsonValue *a, const JsonValue *b);

/* Writes a checked string unescaped (UTF-8) and returns its length; out holds string->text.len. */
size_t json_unescape(const JsonValue *string, uint8_t *out);

#endif
