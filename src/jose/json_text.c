/* Strings of JSON: strict UTF-8 (RFC 3629), strict escapes; purpose: json_text.h. */
#include "jose/json_text.h"

/* Bytes that stand for themselves inside a string: ASCII but controls, quote and backslash. */
static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Length of the well-formed UTF-8 sequence of two to four bytes at from, or 0 (Unicode table 3-7). */
static size_t utf8_sequence(const uint8_t *from, const uint8_t *end)
{
	uint8_t lead = from[0];
	size_t len = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
	uint8_t low = 0x80;
	uint8_t high = 0xBF;

	if (lead < 0xC2 || lead > 0xF4 || (size_t) (end - from) < len)
		return 0;
	if (lead == 0xE0)
		low = 0xA0; /* no overlong forms */
	else if (lead == 0xED)
		high = 0x9F; /* no surrogates */
	else if (lead == 0xF0)
		low = 0x90; /* no overlong forms */
	else if (lead == 0xF4)
		high = 0x8F; /* nothing above U+10FFFF */

	if (from[1] < low || from[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
	{
		if ((from[i] & 0xC0) != 0x80)
			return 0;
	}
	return len;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of "\uXXXX" at from, or -1. */
static int32_t unicode_escape(const uint8_t *from, const uint8_t *end)
{
	int32_t unit = 0;

	if (end - from < 6 || from[0] != '\\' || from[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++)
	{
		int digit = hex_digit(from[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_high_surrogate(int32_t unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* The byte that a two-character escape stands for, or 0. */
static uint8_t short_escape(uint8_t c)
{
	switch (c)
	{
		case '"':
		case '\\':
		case '/':
			return c;
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		default:
			return 0;
	}
}

/* Checks the escape at *at and moves behind it. */
static JoseStatus scan_escape(const uint8_t **at, const uint8_t *end)
{
	int32_t unit;

	if (end - *at < 2)
		return JOSE_JSON_SYNTAX;
	if (short_escape((*at)[1]) != 0)
	{
		*at += 2;
		return JOSE_OK;
	}
	unit = unicode_escape(*at, end);
	if (unit < 0)
		return JOSE_JSON_SYNTAX;
	if (unit == 0 || is_low_surrogate(unit))
		return JOSE_JSON_ESCAPE;
	if (is_high_surrogate(unit))
	{
		if (!is_low_surrogate(unicode_escape(*at + 6, end)))
			return JOSE_JSON_ESCAPE;
		*at += 6;
	}
	*at += 6;
	return JOSE_OK;
}

JoseStatus json_scan_string(const uint8_t **at, const uint8_t *end, bool *escaped)
{
	*escaped = false;
	for (;;)
	{
		while (*at < end && is_plain(**at))
			(*at)++;
		if (*at == end || **at < 0x20)
			return JOSE_JSON_SYNTAX;
		if (**at == '"')
		{
			(*at)++;
			return JOSE_OK;
		}
		if (**at == '\\')
		{
			JoseStatus status = scan_escape(at, end);

			if (status != JOSE_OK)
				return status;
			*escaped = true;
		}
		else
		{
			size_t len = utf8_sequence(*at, end);

			if (len == 0)
				return JOSE_JSON_UTF8;
			*at += len;
		}
	}
}

void json_skip_string(const uint8_t **at, bool *escaped)
{
	*escaped = false;
	for (; **at != '"'; (*at)++)
	{
		if (**at == '\\')
		{
			*escaped = true;
			(*at)++; /* the character behind is never the closing quote */
		}
	}
	(*at)++;
}

static size_t encode_utf8(uint32_t code, uint8_t out[4])
{
	if (code < 0x80)
	{
		out[0] = (uint8_t) code;
		return 1;
	}
	if (code < 0x800)
	{
		out[0] = (uint8_t) (0xC0 | code >> 6);
		out[1] = (uint8_t) (0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000)
	{
		out[0] = (uint8_t) (0xE0 | code >> 12);
		out[1] = (uint8_t) (0x80 | (code >> 6 & 63));
		out[2] = (uint8_t) (0x80 | (code & 63));
		return 3;
	}
	out[0] = (uint8_t) (0xF0 | code >> 18);
	out[1] = (uint8_t) (0x80 | (code >> 12 & 63));
	out[2] = (uint8_t) (0x80 | (code >> 6 & 63));
	out[3] = (uint8_t) (0x80 | (code & 63));
	return 4;
}

size_t json_next_unit(const uint8_t **at, uint8_t out[4])
{
	const uint8_t *from = *at;
	uint32_t code;

	if (from[0] != '\\')
	{
		out[0] = from[0];
		*at += 1;
		return 1;
	}
	if (from[1] != 'u')
	{
		out[0] = short_escape(from[1]);
		*at += 2;
		return 1;
	}
	code = (uint32_t) unicode_escape(from, from + 6);
	*at += 6;
	if (is_high_surrogate((int32_t) code))
	{
		uint32_t low = (uint32_t) unicode_escape(from + 6, from + 12);

		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		*at += 6;
	}
	return encode_utf8(code, out);
}
