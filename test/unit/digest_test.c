/* SHA-256: the examples of FIPS 180-2, and messages of every length around its blocks. */
#include "jose/digest.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

static void check_digest(ByteView message, const char *hex, const char *what)
{
	ByteView expected = exact_from_hex(hex);
	uint8_t digest[DIGEST_SHA256_LEN];

	is_status(digest_sha256(message, digest), JOSE_OK, "%s: is made", what);
	is_bytes(bytes_of(digest, sizeof(digest)), expected, "%s", what);
	exact_free(expected);
}

static void test_examples(void)
{
	uint8_t *million = exact_filled(1000000, 'a');

	check_digest(view_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
				 "abc");
	check_digest(view_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
				 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "448 bits");
	check_digest(bytes_of(million, 1000000),
				 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
				 "a million letters");
	check_digest(view_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
				 "an empty text");
	check_digest(bytes_of(NULL, 0),
				 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "nothing");
	free(million);
}

/* Each in memory of exactly its size. */
static void test_lengths(void)
{
	Random random = {.state = 7};
	int wrong = 0;

	for (size_t len = 1; len <= 200; len++)
	{
		uint8_t *message = exact_filled(len, 0);
		uint8_t digest[DIGEST_SHA256_LEN];
		uint8_t expected[DIGEST_SHA256_LEN];

		random_fill(&random, message, len);
		wrong += digest_sha256(bytes_of(message, len), digest) != JOSE_OK;
		SHA256(message, len, expected);
		wrong += memcmp(digest, expected, sizeof(digest)) != 0;
		free(message);
	}
	is_int(wrong, 0, "messages of 1 to 200 bytes");
}

int main(void)
{
	test_examples();
	test_lengths();
	return done();
}
