/* Equality of views, exact and without regard to the case of ASCII letters. */
#include "jose/bytes.h"

#include "support/exact.h"
#include "support/tap.h"

static void test_equal(void)
{
	ok(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("abc")), "same bytes are equal");
	ok(!bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("abd")), "the last byte counts");
	ok(!bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("bbc")), "the first byte counts");
	ok(!bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("ab")), "a prefix is not equal");
	ok(!bytes_equal(BYTES_LITERAL("ab"), BYTES_LITERAL("abc")), "a longer text is not equal");
	ok(!bytes_equal(BYTES_LITERAL("a\0b"), BYTES_LITERAL("a\0c")), "bytes behind a NUL count");
	ok(bytes_equal(bytes_of(NULL, 0), BYTES_LITERAL("")), "nothing equals nothing");
	ok(!bytes_equal(bytes_of(NULL, 0), BYTES_LITERAL("\0")), "nothing does not equal a NUL");
	is_int((int64_t) BYTES_LITERAL("a\0b").len, 3, "a literal is measured without its NUL");
}

/* The reference for one pair: equal, or the two cases of one ASCII letter. */
static bool same_letter(int a, int b)
{
	return a == b || ((a ^ b) == 0x20 && ((a | 0x20) >= 'a' && (a | 0x20) <= 'z'));
}

static void test_ignoring_case(void)
{
	int wrong = 0;

	for (int a = 0; a < 256; a++)
	{
		for (int b = 0; b < 256; b++)
		{
			uint8_t left[3] = {'x', (uint8_t) a, 'Y'};
			uint8_t right[3] = {'X', (uint8_t) b, 'y'};

			if (bytes_equal_ignoring_case(bytes_of(left, 3), bytes_of(right, 3)) !=
				same_letter(a, b))
				wrong++;
		}
	}
	is_int(wrong, 0, "every pair of bytes: only the cases of A to Z are the same");
	ok(bytes_equal_ignoring_case(BYTES_LITERAL("JWT"), BYTES_LITERAL("jwt")), "JWT is jwt");
	ok(!bytes_equal_ignoring_case(BYTES_LITERAL("JWT"), BYTES_LITERAL("JW")), "a prefix is not");
	ok(!bytes_equal_ignoring_case(BYTES_LITERAL("JW"), BYTES_LITERAL("JWT")), "nor a longer text");
	ok(bytes_equal_ignoring_case(bytes_of(NULL, 0), bytes_of(NULL, 0)), "nothing is nothing");
}

int main(void)
{
	test_equal();
	test_ignoring_case();
	return done();
}
