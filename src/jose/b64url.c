/* base64url by table, four characters at a time; purpose and rules: b64url.h. */
#include "jose/b64url.h"

#include "jose/secure.h"

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Value of each character; every other byte is 0xFF, so that one OR over all values finds it. */
#define XX 0xFF
static const uint8_t values[256] = {
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* 00 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* 10 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX, /* 20 */
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX, /* 30 */
	XX, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, /* 40 */
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, 63, /* 50 */
	XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, /* 60 */
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX, /* 70 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* 80 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* 90 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* A0 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* B0 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* C0 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* D0 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* E0 */
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, /* F0 */
};

size_t b64url_encode(ByteView in, char *out, size_t capacity)
{
	const uint8_t *from = in.data;
	size_t left = in.len;
	char *to = out;

	if (b64url_encoded_size(in.len) > capacity)
		return 0;

	for (; left >= 3; left -= 3, from += 3, to += 4)
	{
		uint32_t bits = (uint32_t) from[0] << 16 | (uint32_t) from[1] << 8 | from[2];

		to[0] = alphabet[bits >> 18];
		to[1] = alphabet[bits >> 12 & 63];
		to[2] = alphabet[bits >> 6 & 63];
		to[3] = alphabet[bits & 63];
	}
	if (left == 2)
	{
		*to++ = alphabet[from[0] >> 2];
		*to++ = alphabet[(from[0] & 3) << 4 | from[1] >> 4];
		*to++ = alphabet[(from[1] & 15) << 2];
	}
	else if (left == 1)
	{
		*to++ = alphabet[from[0] >> 2];
		*to++ = alphabet[(from[0] & 3) << 4];
	}
	return (size_t) (to - out);
}

/* Decodes the last two or three characters; returns 0xC0 bits where they are not canonical. */
static uint8_t decode_tail(const uint8_t *from, size_t len, uint8_t *to)
{
	uint8_t a = values[from[0]];
	uint8_t b = values[from[1]];
	uint8_t c;

	to[0] = (uint8_t) (a << 2 | b >> 4);
	if (len == 2)
		return (uint8_t) (a | b | ((b & 15) != 0 ? 0xC0 : 0));

	c = values[from[2]];
	to[1] = (uint8_t) (b << 4 | c >> 2);
	return (uint8_t) (a | b | c | ((c & 3) != 0 ? 0xC0 : 0));
}

JoseStatus b64url_decode(ByteView in, uint8_t *out, size_t capacity, size_t *out_len)
{
	size_t decoded = b64url_decoded_size(in.len);
	size_t tail = in.len % 4;
	const uint8_t *from = in.data;
	uint8_t *to = out;
	uint8_t seen = 0; /* all values so far, ORed: above 63 once one of them was no character */

	*out_len = 0;
	if (tail == 1 || decoded > capacity)
		return JOSE_BAD_BASE64URL;

	for (size_t quads = in.len / 4; quads > 0; quads--, from += 4, to += 3)
	{
		uint8_t a = values[from[0]];
		uint8_t b = values[from[1]];
		uint8_t c = values[from[2]];
		uint8_t d = values[from[3]];

		seen |= (uint8_t) (a | b | c | d);
		to[0] = (uint8_t) (a << 2 | b >> 4);
		to[1] = (uint8_t) (b << 4 | c >> 2);
		to[2] = (uint8_t) (c << 6 | d);
	}
	if (tail > 0)
		seen |= decode_tail(from, tail, to);

	if (seen > 63)
	{
		secure_wipe(out, decoded);
		return JOSE_BAD_BASE64URL;
	}
	*out_len = decoded;
	return JOSE_OK;
}
