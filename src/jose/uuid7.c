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
