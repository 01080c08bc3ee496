/*
 * Bytes travel with their length: the one view type of the core. A view owns nothing and ends with
 * the buffer that it points into; it may hold zero bytes and is not NUL-terminated.
 */
#ifndef ACCESS_TOKEN_JOSE_BYTES_H
#define ACCESS_TOKEN_JOSE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ByteView
{
	const uint8_t *data;
	size_t len;
} ByteView;

/* A view of a string literal, without its NUL: as an initializer, and as a value. */
#define BYTES_INIT(text) \
	{ \
		(const uint8_t *) (text), sizeof(text) - 1 \
	}
#define BYTES_LITERAL(text) ((ByteView) BYTES_INIT(text))

/* A view of len bytes; data NULL and len 0 stand for nothing at all. */
static inline ByteView bytes_of(const void *data, size_t len)
{
	return (ByteView) {(const uint8_t *) data, len};
}

/* A view of a NUL-terminated string, without its NUL. */
static inline ByteView bytes_of_string(const char *text)
{
	return bytes_of(text, strlen(text));
}

/* Equality of public bytes; secrets are compared by secure_equal alone. */
static inline bool bytes_equal(ByteView a, ByteView b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Equality without regard to the case of ASCII letters (media types, RFC 2045 section 5.1). */
bool bytes_equal_ignoring_case(ByteView a, ByteView b);

#endif
