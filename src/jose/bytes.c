/* The part of bytes.h that is too long to be inlined. */
#include "jose/bytes.h"

static uint8_t ascii_lower(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') ? (uint8_t) (c | 0x20) : c;
}

bool bytes_equal_ignoring_case(ByteView a, ByteView b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
	{
		if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
			return false;
	}
	return true;
}
