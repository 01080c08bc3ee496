/* base64url: RFC 4648 sections 5 and 10, RFC 7515 appendix C, and all that is not canonical. */
#include "jose/b64url.h"

#include <stdlib.h>

#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/*
 * Decodes into a buffer of exactly the right size. After a refusal the buffer must be wiped, the
 * length 0 and the status the only one there is; *clean tells.
 */
static bool decodes(ByteView text, bool *clean)
{
	size_t size = b64url_decoded_size(text.len);
	uint8_t *out = exact_filled(size, 0x5A);
	size_t len = 77;
	JoseStatus status = b64url_decode(text, out, size, &len);

	if (status == JOSE_OK)
		*clean = len == size;
	else
		*clean = status == JOSE_BAD_BASE64URL && len == 0 &&
				 (text.len % 4 == 1 || all_bytes_are(out, size, 0));
	free(out);
	return status == JOSE_OK;
}

static void test_known_answers(void)
{
	static const struct
	{
		ByteView bytes;
		ByteView text;
	} rows[] = {
		{TEXT(""), TEXT("")},
		{TEXT("f"), TEXT("Zg")},
		{TEXT("fo"), TEXT("Zm8")},
		{TEXT("foo"), TEXT("Zm9v")},
		{TEXT("foob"), TEXT("Zm9vYg")},
		{TEXT("fooba"), TEXT("Zm9vYmE")},
		{TEXT("foobar"), TEXT("Zm9vYmFy")},
		{TEXT("\x03\xEC\xFF\xE0\xC1"), TEXT("A-z_4ME")},
		{TEXT("\0\0\0"), TEXT("AAAA")},
		{TEXT("\xFF\xFF\xFF"), TEXT("____")},
		{TEXT("\xFB\xEF\xBE"), TEXT("----")},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		const char *text = (const char *) rows[i].text.data;
		uint8_t bytes[8];
		char out[16];
		size_t len = 99;

		is_bytes(bytes_of(out, b64url_encode(rows[i].bytes, out, sizeof(out))), rows[i].text,
				 "\"%s\" is written", text);
		is_status(b64url_decode(rows[i].text, bytes, sizeof(bytes), &len), JOSE_OK,
				  "\"%s\" is read", text);
		is_bytes(bytes_of(bytes, len), rows[i].bytes, "\"%s\" is read right", text);
	}
}

static void test_sizes(void)
{
	int wrong = 0;

	for (size_t len = 0; len < 4096; len++)
	{
		size_t bits = 8 * len;
		size_t chars = (bits + 5) / 6;

		if (b64url_encoded_size(len) != chars || b64url_decoded_size(chars) != len)
			wrong++;
	}
	is_int(wrong, 0, "sizes of 0 to 4095 bytes, both ways");
}

/* 0 to 1024 bytes, each once, into buffers of exactly the size promised. */
static void test_every_length(void)
{
	Random random = {.state = 2};
	int wrong = 0;

	for (size_t len = 0; len <= 1024; len++)
	{
		size_t size = b64url_encoded_size(len);
		uint8_t *bytes = exact_filled(len, 0);
		uint8_t *back = exact_filled(len, 0);
		uint8_t *text = exact_filled(size, 0);
		size_t back_len = 0;

		random_fill(&random, bytes, len);
		if (b64url_encode(bytes_of(bytes, len), (char *) text, size) != size ||
			b64url_decode(bytes_of(text, size), back, len, &back_len) != JOSE_OK ||
			!bytes_equal(bytes_of(bytes, len), bytes_of(back, back_len)))
			wrong++;
		for (size_t i = 0; i < size; i++)
			wrong += memchr(alphabet, text[i], 64) == NULL;
		free(bytes);
		free(back);
		free(text);
	}
	is_int(wrong, 0, "round trip of every length from 0 to 1024, all characters of the alphabet");
}

/* Every string of bytes of this length; returns how many do not come back as they were. */
static int round_trip_all(size_t len)
{
	uint32_t count = UINT32_C(1) << (8 * len);
	int wrong = 0;

	for (uint32_t n = 0; n < count; n++)
	{
		uint8_t bytes[3] = {(uint8_t) n, (uint8_t) (n >> 8), (uint8_t) (n >> 16)};
		uint8_t back[3];
		char text[4];
		size_t back_len = 9;
		size_t chars = b64url_encode(bytes_of(bytes, len), text, sizeof(text));

		if (b64url_decode(bytes_of(text, chars), back, len, &back_len) != JOSE_OK ||
			back_len != len || memcmp(bytes, back, len) != 0)
			wrong++;
	}
	return wrong;
}

/*
 * Every string of this many characters of all 256 bytes: what is accepted must be exactly what is
 * written, so there are as many of them as there are strings of bytes.
 */
static void test_all_texts(size_t chars, int64_t expected)
{
	uint32_t count = UINT32_C(1) << (8 * chars);
	int64_t accepted = 0;
	int64_t wrong = 0;

	for (uint32_t n = 0; n < count; n++)
	{
		uint8_t text[3] = {(uint8_t) n, (uint8_t) (n >> 8), (uint8_t) (n >> 16)};
		uint8_t bytes[3];
		char again[4];
		size_t len = 9;

		if (b64url_decode(bytes_of(text, chars), bytes, sizeof(bytes), &len) != JOSE_OK)
			continue;
		accepted++;
		if (b64url_encode(bytes_of(bytes, len), again, sizeof(again)) != chars ||
			memcmp(text, again, chars) != 0)
			wrong++;
	}
	is_int(accepted, expected, "of all texts of %zu characters as many are accepted as have bytes",
		   chars);
	is_int(wrong, 0, "each of them is the one spelling of its bytes");
}

static void test_exhaustive(void)
{
	for (size_t len = 0; len <= 3; len++)
		is_int(round_trip_all(len), 0, "round trip of every string of %zu bytes", len);
	test_all_texts(1, 0);
	test_all_texts(2, 256);
	test_all_texts(3, 65536);
}

/* Each of the 192 other bytes at each place of texts of 2 to 13 characters. */
static void test_foreign_bytes(void)
{
	int tried = 0;
	int accepted = 0;
	int unclean = 0;

	for (size_t len = 2; len <= 13; len++)
	{
		if (len % 4 == 1)
			continue;
		for (size_t at = 0; at < len; at++)
		{
			for (int byte = 0; byte < 256; byte++)
			{
				uint8_t text[13];
				bool clean;
				ByteView copy;

				if (memchr(alphabet, byte, 64) != NULL)
					continue;
				memset(text, 'A', sizeof(text));
				text[at] = (uint8_t) byte;
				copy = exact_copy(bytes_of(text, len));
				accepted += decodes(copy, &clean) ? 1 : 0;
				unclean += clean ? 0 : 1;
				tried++;
				exact_free(copy);
			}
		}
	}
	/* the lengths add up to 2+3+4+6+7+8+10+11+12 = 63 places */
	is_int(tried, 63 * 192, "every foreign byte was tried at every place");
	is_int(accepted, 0, "none of them is accepted");
	is_int(unclean, 0, "the output is wiped and its length 0 each time");
}

/* The last character of two carries four spare bits, that of three carries two. */
static void test_spare_bits(void)
{
	for (size_t len = 2; len <= 3; len++)
	{
		int accepted = 0;
		int wrong = 0;

		for (int last = 0; last < 64; last++)
		{
			uint8_t text[7] = {'Q', 'U', 'J', 'D', 'R', 'E', 'U'};
			int spare = len == 2 ? last & 15 : last & 3;
			bool clean;
			bool good;

			text[4 + len - 1] = (uint8_t) alphabet[last];
			good = decodes(bytes_of(text, 4 + len), &clean);
			accepted += good ? 1 : 0;
			wrong += good != (spare == 0) || !clean;
		}
		is_int(accepted, len == 2 ? 4 : 16, "a tail of %zu: characters accepted at its end", len);
		is_int(wrong, 0, "a tail of %zu: exactly those without spare bits", len);
	}
}

static void test_not_canonical(void)
{
	static const ByteView texts[] = {
		TEXT("Zg=="),
		TEXT("Zg="),
		TEXT("Zm8="),
		TEXT("Zm9v="),
		TEXT("Zm9v===="),
		TEXT("===="),
		TEXT("="),
		TEXT("Z"),
		TEXT("Zm9vY"),
		TEXT("Zm9v\n"),
		TEXT("Zm9v\r\n"),
		TEXT(" Zm9v"),
		TEXT("Zm 9v"),
		TEXT("Zm9v "),
		TEXT("Zm9v\0\0"),
		TEXT("\0\0\0\0"),
		TEXT("A+z_4ME"),
		TEXT("A-z/4ME"),
		TEXT("Zm9v.Zm9v"),
		TEXT("Zh"),
		TEXT("Zm9"),
		TEXT("\xC3\xA9Zm9"),
		TEXT("Zm\xE3\x80\x82v"),
		TEXT("\xEF\xBB\xBFZm9vA"),
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		bool clean;

		ok(!decodes(texts[i], &clean) && clean, "\"%.*s\" (%zu bytes) is refused and wiped",
		   (int) texts[i].len, (const char *) texts[i].data, texts[i].len);
	}
}

/* One foreign character among many: the first, the last, and each between. */
static void test_long_texts(void)
{
	uint8_t text[1000];
	int accepted = 0;
	int unclean = 0;
	bool clean;

	memset(text, 'x', sizeof(text));
	ok(decodes(bytes_of(text, sizeof(text)), &clean) && clean, "1000 characters are accepted");
	for (size_t at = 0; at < sizeof(text); at++)
	{
		text[at] = '=';
		accepted += decodes(bytes_of(text, sizeof(text)), &clean) ? 1 : 0;
		unclean += clean ? 0 : 1;
		text[at] = 'x';
	}
	is_int(accepted, 0, "with one '=' among them never");
	is_int(unclean, 0, "and all 750 bytes are wiped");
}

static void test_capacity(void)
{
	int wrong = 0;

	for (size_t len = 1; len <= 70; len++)
	{
		size_t size = b64url_encoded_size(len);
		uint8_t *bytes = exact_filled(len, 0x37);
		char *text = (char *) exact_filled(size, 0x5A);
		size_t back_len = 5;

		for (size_t capacity = 0; capacity < size; capacity++)
		{
			if (b64url_encode(bytes_of(bytes, len), text, capacity) != 0 ||
				!all_bytes_are((uint8_t *) text, size, 0x5A))
				wrong++;
		}
		if (b64url_encode(bytes_of(bytes, len), text, size) != size)
			wrong++;
		for (size_t capacity = 0; capacity < len; capacity++)
		{
			uint8_t *small = exact_filled(capacity, 0x5A);

			back_len = 5;
			if (b64url_decode(bytes_of(text, size), small, capacity, &back_len) !=
					JOSE_BAD_BASE64URL ||
				back_len != 0)
				wrong++;
			free(small);
		}
		free(bytes);
		free(text);
	}
	is_int(wrong, 0, "a buffer that is too small, by any amount, is refused by both");
}

static void test_empty(void)
{
	size_t len = 5;

	is_int((int64_t) b64url_encode(bytes_of(NULL, 0), NULL, 0), 0,
		   "nothing is written for nothing");
	is_status(b64url_decode(bytes_of(NULL, 0), NULL, 0, &len), JOSE_OK, "an empty text is read");
	is_int((int64_t) len, 0, "as no bytes");
}

int main(void)
{
	test_known_answers();
	test_sizes();
	test_every_length();
	test_exhaustive();
	test_foreign_bytes();
	test_spare_bits();
	test_not_canonical();
	test_long_texts();
	test_capacity();
	test_empty();
	return done();
}
