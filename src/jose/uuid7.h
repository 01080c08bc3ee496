/*
 * UUID version 7 as text (RFC 9562 section 5.7): our jti. The sub-millisecond part of the time goes
 * into rand_a (section 6.2, method 3), in steps of 1/4096 ms; 62 bits are random.
 */
#ifndef ACCESS_TOKEN_JOSE_UUID7_H
#define ACCESS_TOKEN_JOSE_UUID7_H

#include <stdbool.h>
#include <stdint.h>

#include "jose/bytes.h"

#define UUID7_TEXT_LEN 36
#define UUID7_RANDOM_LEN 8

/* Writes 36 characters, no NUL. unix_us is microseconds since 1970 and not negative. */
void uuid7_write(char out[UUID7_TEXT_LEN], int64_t unix_us, const uint8_t random[UUID7_RANDOM_LEN]);

/*
 * Reads the time back, to the microsecond as it was written. False for what is no UUID of version 7 in
 * lower-case hexadecimal with hyphens.
 */
bool uuid7_read(ByteView text, int64_t *unix_us);

#endif
