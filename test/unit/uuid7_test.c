/* UUID version 7 as text: layout, order within a millisecond, RFC 9562's example, and the way back. */
#include "jose/uuid7.h"

#include <stdlib.h>

#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

static const uint8_t no_random[UUID7_RANDOM_LEN] = {0};
static const uint8_t all_random[UUID7_RANDOM_LEN] = {0xFF, 0xFF, 0xFF, 0xFF,
													 0xFF, 0xFF, 0xFF, 0xFF};

static void check_text(int64_t us, const uint8_t *random, const char *expected, const char *what)
{
	uint8_t *text = exact_filled(UUID7_TEXT_LEN, 0);

	uuid7_write((char *) text, us, random);
	is_bytes(bytes_of(text, UUID7_TEXT_LEN), view_of(expected), "%s", what);
	free(text);
}

/*
 * RFC 9562 appendix A.6: 2022-02-22 14:22:22 -05:00, rand_b 0x18C4DC0C0C07398F. Its rand_a, 0xCC3,
 * is random; as a fraction of a millisecond it lies between 797 us (0xCC0) and 798 us (0xCC4), so
 * no whole microsecond gives it, and the two neighbours are compared instead.
 */
static void test_rfc9562_example(void)
{
	static const uint8_t random[] = {0x98, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
	static const uint8_t other_variant[] = {0x58, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
	const int64_t ms = INT64_C(1645557742000);

	check_text(ms * 1000 + 797, random, "017f22e2-79b0-7cc0-98c4-dc0c0c07398f",
			   "RFC 9562 A.6, below");
	check_text(ms * 1000 + 798, random, "017f22e2-79b0-7cc4-98c4-dc0c0c07398f",
			   "RFC 9562 A.6, above");
	check_text(ms * 1000, random, "017f22e2-79b0-7000-98c4-dc0c0c07398f", "RFC 9562 A.6, at 0 us");
	check_text(ms * 1000, other_variant, "017f22e2-79b0-7000-98c4-dc0c0c07398f",
			   "the two bits of the variant are not random");
}

static void test_layout(void)
{
	check_text(0, no_random, "00000000-0000-7000-8000-000000000000", "the first of all");
	check_text(0, all_random, "00000000-0000-7000-bfff-ffffffffffff", "all random bits set");
	check_text(999, no_random, "00000000-0000-7ffb-8000-000000000000", "999 us");
	check_text(1000, no_random, "00000000-0001-7000-8000-000000000000", "1 ms");
	check_text((INT64_C(1) << 48) * 1000 - 1, no_random, "ffffffff-ffff-7ffb-8000-000000000000",
			   "the last millisecond of 48 bits");
	check_text(INT64_C(0x0123456789AB) * 1000 + 500,
			   (const uint8_t *) "\xCD\xEF\x01\x23\x45\x67\x89\xAB",
			   "01234567-89ab-7800-8def-0123456789ab", "each half byte in its place");
}

/* Version and variant stand where they must, whatever the time and the random bytes. */
static void test_fixed_bits(void)
{
	Random random = {.state = 10};
	int wrong = 0;

	for (int i = 0; i < 100000; i++)
	{
		uint8_t bytes[UUID7_RANDOM_LEN];
		char text[UUID7_TEXT_LEN];
		int64_t us = (int64_t) random_below(&random, UINT64_C(1) << 56);

		random_fill(&random, bytes, sizeof(bytes));
		uuid7_write(text, us, bytes);
		for (int at = 0; at < UUID7_TEXT_LEN; at++)
		{
			bool dash = at == 8 || at == 13 || at == 18 || at == 23;

			wrong += dash ? text[at] != '-' : strchr("0123456789abcdef", text[at]) == NULL;
		}
		wrong += text[14] != '7' || strchr("89ab", text[19]) == NULL;
	}
	is_int(wrong, 0, "100000 of them: version 7, variant 10, dashes and small letters");
}

/* Every one of the first byte's values, so that no bit of the variant is left to chance. */
static void test_variant(void)
{
	int wrong = 0;

	for (int first = 0; first < 256; first++)
	{
		uint8_t bytes[UUID7_RANDOM_LEN] = {(uint8_t) first};
		char text[UUID7_TEXT_LEN];

		uuid7_write(text, 0, bytes);
		wrong += text[19] != "89ab"[first >> 4 & 3];
		wrong += text[20] != "0123456789abcdef"[first & 15];
	}
	is_int(wrong, 0, "every first random byte: two bits of variant, six of its own");
}

/* The text grows with every microsecond, over the seam of two milliseconds too. */
static void test_order(void)
{
	const int64_t start = INT64_C(1700000000000000);
	char before[UUID7_TEXT_LEN];
	char now[UUID7_TEXT_LEN];
	int wrong = 0;

	uuid7_write(before, start - 1, all_random);
	for (int64_t us = start; us <= start + 1001; us++)
	{
		uuid7_write(now, us, no_random);
		wrong += memcmp(before, now, UUID7_TEXT_LEN) >= 0;
		uuid7_write(before, us, all_random);
	}
	is_int(wrong, 0, "1000 microseconds and the next ones: each text after the one before");
}

/* The microsecond can be had back from rand_a: it is rounded down to 1/4096 ms. */
static void test_fraction(void)
{
	int wrong = 0;

	for (int64_t us = 0; us < 1000; us++)
	{
		char text[UUID7_TEXT_LEN];
		int64_t fraction = 0;

		uuid7_write(text, us, all_random);
		for (int at = 15; at < 18; at++)
			fraction = fraction * 16 + (strchr("0123456789abcdef", text[at]) - "0123456789abcdef");
		wrong += fraction != us * 4096 / 1000 || (fraction * 1000 + 4095) / 4096 != us;
	}
	is_int(wrong, 0, "each of 1000 microseconds has its fraction, and is had back from it");
}

static bool read_text(const char *text, int64_t *us)
{
	ByteView exact = exact_copy(view_of(text));
	bool read = uuid7_read(exact, us);

	exact_free(exact);
	return read;
}

/* Each microsecond of a millisecond, of the first, the last and two others, with random bits or without. */
static void test_read_back(void)
{
	static const int64_t milliseconds[] = {0, 1, INT64_C(1700000000000), (INT64_C(1) << 48) - 1};
	int wrong = 0;

	for (size_t i = 0; i < COUNT_OF(milliseconds); i++)
	{
		for (int us = 0; us < 1000; us++)
		{
			int64_t written = milliseconds[i] * 1000 + us;
			int64_t read_plain = -1;
			int64_t read_random = -1;
			char text[UUID7_TEXT_LEN];

			uuid7_write(text, written, no_random);
			wrong += !uuid7_read(bytes_of(text, sizeof(text)), &read_plain);
			uuid7_write(text, written, all_random);
			wrong += !uuid7_read(bytes_of(text, sizeof(text)), &read_random);
			wrong += read_plain != written || read_random != written;
		}
	}
	is_int(wrong, 0, "all microseconds of four milliseconds are read as they were written");
}

/* Whoever fills rand_a otherwise is read to the millisecond, at most the next one's beginning. */
static void test_read_other_fractions(void)
{
	int64_t us = -1;

	ok(read_text("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", &us), "RFC 9562 A.6 is read");
	is_int(us, INT64_C(1645557742000798), "to the first microsecond at or above its fraction");
	ok(read_text("00000000-0000-7fff-8000-000000000000", &us), "the largest fraction is read");
	is_int(us, 1000, "as the next millisecond");
}

static void test_read_malformed(void)
{
	static const char *const malformed[] = {
		"",
		"7",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
		"017f22e279b07cc398c4dc0c0c07398f",
		"017f22e279b07cc398c4dc0c0c07398f0000",
		"{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
		"017F22E2-79b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398F",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398/",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398:",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398`",
		" 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398 ",
		"017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c40dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c-c07398f",
		"-17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-0cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-1cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-6cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-8cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-fcc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-08c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-78c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-f8c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c0739\xC3\xA9",
	};

	for (size_t i = 0; i < COUNT_OF(malformed); i++)
	{
		int64_t us = -1;

		ok(!read_text(malformed[i], &us), "not read: \"%s\"", malformed[i]);
	}
	ok(!uuid7_read(bytes_of(NULL, 0), &(int64_t) {0}), "not read: nothing");
	ok(!uuid7_read(bytes_of("017f22e2-79b0-7cc3-98c4-dc0c0c0739\0f", 36), &(int64_t) {0}),
	   "not read: a NUL in it");
}

int main(void)
{
	test_rfc9562_example();
	test_layout();
	test_fixed_bits();
	test_variant();
	test_order();
	test_fraction();
	test_read_back();
	test_read_other_fractions();
	test_read_malformed();
	return done();
}
