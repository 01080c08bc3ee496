/*
 * Copies on the heap with not one byte to spare, so that AddressSanitizer sees every read or write
 * past the end of what the core was given.
 */
#ifndef ACCESS_TOKEN_UNIT_EXACT_H
#define ACCESS_TOKEN_UNIT_EXACT_H

#include "jose/bytes.h"

/* len bytes of the given value; ends the program when memory is out. Freed by free. */
uint8_t *exact_filled(size_t len, uint8_t value);

/* A copy of bytes; freed by exact_free. */
ByteView exact_copy(ByteView bytes);
void exact_free(ByteView copy);

/* A view of a text that ends with NUL. */
ByteView view_of(const char *text);

/* Whether all of len bytes have this value. */
bool all_bytes_are(const uint8_t *bytes, size_t len, uint8_t value);

/* The bytes that hexadecimal digits stand for; freed by exact_free. */
ByteView exact_from_hex(const char *digits);

#endif
