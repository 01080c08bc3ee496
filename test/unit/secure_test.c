/* Comparing and wiping secrets. That the time does not depend on the bytes is OpenSSL's promise. */
#include "jose/secure.h"

#include <stdlib.h>

#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

static void test_every_bit_counts(void)
{
	uint8_t a[64];
	uint8_t b[64];
	Random random = {.state = 1};
	int wrong = 0;

	random_fill(&random, a, sizeof(a));
	memcpy(b, a, sizeof(a));
	ok(secure_equal(bytes_of(a, sizeof(a)), bytes_of(b, sizeof(b))), "the same 64 bytes are equal");
	for (size_t bit = 0; bit < 8 * sizeof(b); bit++)
	{
		b[bit / 8] ^= (uint8_t) (1 << bit % 8);
		if (secure_equal(bytes_of(a, sizeof(a)), bytes_of(b, sizeof(b))))
			wrong++;
		b[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	is_int(wrong, 0, "any one of 512 bits makes a difference");
}

/* Of two copies on the heap, so that a read past the shorter one is seen. */
static void test_lengths(void)
{
	uint8_t bytes[33];
	int wrong = 0;

	memset(bytes, 'k', sizeof(bytes));
	for (size_t a_len = 0; a_len <= sizeof(bytes); a_len++)
	{
		for (size_t b_len = 0; b_len <= sizeof(bytes); b_len++)
		{
			ByteView a = exact_copy(bytes_of(bytes, a_len));
			ByteView b = exact_copy(bytes_of(bytes, b_len));

			if (secure_equal(a, b) != (a_len == b_len))
				wrong++;
			exact_free(a);
			exact_free(b);
		}
	}
	is_int(wrong, 0, "a prefix is never equal, in either order");
	ok(secure_equal(bytes_of(NULL, 0), bytes_of(NULL, 0)), "nothing equals nothing");
	ok(!secure_equal(bytes_of(NULL, 0), BYTES_LITERAL("a")), "nothing does not equal something");
}

static void test_wipe(void)
{
	int wrong = 0;

	for (size_t len = 0; len <= 130; len++)
	{
		uint8_t *bytes = exact_filled(len + 2, 0xA5);

		secure_wipe(bytes + 1, len);
		if (!all_bytes_are(bytes + 1, len, 0) || bytes[0] != 0xA5 || bytes[len + 1] != 0xA5)
			wrong++;
		free(bytes);
	}
	is_int(wrong, 0, "exactly the bytes named are overwritten, 0 to 130");
	secure_wipe(NULL, 0);
	ok(true, "wiping nothing does nothing");
}

int main(void)
{
	test_every_bit_counts();
	test_lengths();
	test_wipe();
	return done();
}
