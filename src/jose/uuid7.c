/* UUID version 7 as text; layout: RFC 9562 section 5.7. */
#include "jose/uuid7.h"

#include <string.h>

static const char hex[16] = "0123456789abcdef";

static char *put_hex(char *to, const uint8_t *bytes, int count)
{
	for (int i = 0; i < count; i++)
	{
		*to++ = hex[bytes[i] >> 4];
		*to++ = hex[bytes[i] & 15];
	}
	return to;
}

void uuid7_write(char out[UUID7_TEXT_LEN], int64_t unix_us, const uint8_t random[UUID7_RANDOM_LEN])
{
	static const int group_len[] = {4, 2, 2, 2, 6};
	uint64_t ms = (uint64_t) unix_us / 1000;
	uint64_t fraction = (uint64_t) unix_us % 1000 * 4096 / 1000;
	uint8_t uuid[16];
	const uint8_t *group = uuid;

	for (int i = 0; i < 6; i++)
		uuid[i] = (uint8_t) (ms >> (40 - 8 * i));
	uuid[6] = (uint8_t) (0x70 | fraction >> 8);
	uuid[7] = (uint8_t) fraction;
	memcpy(uuid + 8, random, UUID7_RANDOM_LEN);
	uuid[8] = (uint8_t) (0x80 | (uuid[8] & 0x3F));

	for (int i = 0; i < 5; i++)
	{
		if (i > 0)
			*out++ = '-';
		out = put_hex(out, group, group_len[i]);
		group += group_len[i];
	}
}

/* One more than its value for each lower-case digit, 0 for what is none: each verification reads two. */
static const uint8_t hex_digits[256] = {
	['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
	['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static bool read_digits(const uint8_t *text, int count, uint64_t *value)
{
	bool all = true;

	for (int i = 0; i < count; i++)
	{
		uint8_t digit = hex_digits[text[i]];

		all &= digit != 0;
		*value = *value << 4 | (uint8_t) (digit - 1);
	}
	return all;
}

/* The 128 bits as two halves. */
static bool read_halves(ByteView text, uint64_t halves[2])
{
	const uint8_t *at = text.data;

	if (text.len != UUID7_TEXT_LEN || at[8] != '-' || at[13] != '-' || at[18] != '-' ||
		at[23] != '-')
		return false;
	return read_digits(at, 8, &halves[0]) && read_digits(at + 9, 4, &halves[0]) &&
		   read_digits(at + 14, 4, &halves[0]) && read_digits(at + 19, 4, &halves[1]) &&
		   read_digits(at + 24, 12, &halves[1]);
}

bool uuid7_read(ByteView text, int64_t *unix_us)
{
	uint64_t halves[2] = {0, 0};
	uint64_t fraction;

	if (!read_halves(text, halves) || (halves[0] >> 12 & 0xF) != 7 || halves[1] >> 62 != 2)
		return false;
	/* Written rounded down, so the first microsecond at or above it is the one that was written. */
	fraction = ((halves[0] & 0xFFF) * 1000 + 4095) / 4096;
	*unix_us = (int64_t) ((halves[0] >> 16) * 1000 + fraction);
	return true;
}
