/* Heap copies for tests; purpose: exact.h. */
#include "support/exact.h"

#include <stdio.h>
#include <stdlib.h>

uint8_t *exact_filled(size_t len, uint8_t value)
{
	uint8_t *bytes = malloc(len);

	if (bytes == NULL && len > 0)
	{
		fputs("Bail out! out of memory\n", stdout);
		exit(1);
	}
	if (len > 0)
		memset(bytes, value, len);
	return bytes;
}

ByteView exact_copy(ByteView bytes)
{
	uint8_t *copy = exact_filled(bytes.len, 0);

	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	return bytes_of(copy, bytes.len);
}

void exact_free(ByteView copy)
{
	free((void *) (uintptr_t) copy.data);
}

ByteView view_of(const char *text)
{
	return bytes_of(text, strlen(text));
}

bool all_bytes_are(const uint8_t *bytes, size_t len, uint8_t value)
{
	for (size_t i = 0; i < len; i++)
	{
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static uint8_t hex_value(char digit)
{
	return (uint8_t) (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

ByteView exact_from_hex(const char *digits)
{
	size_t len = strlen(digits) / 2;
	uint8_t *bytes = exact_filled(len, 0);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t) (hex_value(digits[2 * i]) << 4 | hex_value(digits[2 * i + 1]));
	return bytes_of(bytes, len);
}
