/* Sealing under a passphrase: both ways, other passphrases, altered text, limits. */
#include "jose/passphrase.h"

#include <stdlib.h>

#include <openssl/err.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/tap.h"

#define PHRASE "correct horse battery staple"

/* Opens a copy; out is as large as it may have to be. */
static JoseStatus open_text(ByteView passphrase, ByteView text, uint8_t *out, size_t *len)
{
	ByteView copy = exact_copy(text);
	JoseStatus status = passphrase_open(passphrase, copy, out, len);

	exact_free(copy);
	return status;
}

static void check_round_trip(ByteView passphrase, size_t size, const char *what)
{
	uint8_t *plain = exact_filled(size, 0xA5);
	char *text = (char *) exact_filled(PASSPHRASE_MAX_TEXT_LEN, 0);
	uint8_t *out = exact_filled(PASSPHRASE_MAX_LEN, 0);
	size_t text_len = 0;
	size_t len = 0;

	is_status(passphrase_seal(passphrase, bytes_of(plain, size), text, &text_len), JOSE_OK,
			  "%s: %zu bytes are sealed", what, size);
	ok(text_len <= PASSPHRASE_MAX_TEXT_LEN, "into %zu characters", text_len);
	is_status(open_text(passphrase, bytes_of(text, text_len), out, &len), JOSE_OK, "and opened");
	is_bytes(bytes_of(out, len), bytes_of(plain, size), "again");
	free(out);
	free(text);
	free(plain);
}

static void check_refused(ByteView passphrase, ByteView text, JoseStatus expected, const char *what)
{
	uint8_t *out = exact_filled(PASSPHRASE_MAX_LEN, 0);
	size_t len = 1;

	is_status(open_text(passphrase, text, out, &len), expected, "%s", what);
	is_int((int64_t) len, 0, "%s: no bytes", what);
	ok(all_bytes_are(out, PASSPHRASE_MAX_LEN, 0), "%s: nothing in the buffer", what);
	free(out);
}

static void test_refusals(void)
{
	char text[PASSPHRASE_MAX_TEXT_LEN];
	char again[PASSPHRASE_MAX_TEXT_LEN];
	size_t len;
	size_t again_len;
	ByteView sealed;
	ByteView phrase = BYTES_LITERAL(PHRASE);

	passphrase_seal(phrase, BYTES_LITERAL("root key"), text, &len);
	passphrase_seal(phrase, BYTES_LITERAL("root key"), again, &again_len);
	sealed = bytes_of(text, len);
	ok(memcmp(text, "atrk1.", 6) == 0, "the text has its mark");
	ok(!bytes_equal(sealed, bytes_of(again, again_len)), "salt and nonce are fresh each time");
	check_refused(BYTES_LITERAL(PHRASE " "), sealed, JOSE_BAD_KEY, "a blank more");
	check_refused(BYTES_LITERAL("Correct horse battery staple"), sealed, JOSE_BAD_KEY,
				  "another case");
	check_refused(bytes_of(NULL, 0), sealed, JOSE_BAD_KEY, "no passphrase");
	check_refused(phrase, bytes_of(NULL, 0), JOSE_KEY_MALFORMED, "no text");
	check_refused(phrase, BYTES_LITERAL("atrk1."), JOSE_KEY_MALFORMED, "the mark alone");
	check_refused(phrase, bytes_of(text + 1, len - 1), JOSE_KEY_MALFORMED, "the mark cut");
	check_refused(phrase, bytes_of(text, 6 + 58), JOSE_KEY_MALFORMED, "less than a tag");
	text[4] = '2';
	check_refused(phrase, sealed, JOSE_KEY_MALFORMED, "another mark");
	text[4] = '1';
	text[10] = '=';
	check_refused(phrase, sealed, JOSE_KEY_MALFORMED, "padding inside");
}

/* A bit of salt, nonce, ciphertext and tag; each opening takes a tenth of a second by design. */
static void test_altered(void)
{
	static const size_t places[] = {6, 26, 30, 44, 50};
	char text[PASSPHRASE_MAX_TEXT_LEN];
	size_t len;
	ByteView phrase = BYTES_LITERAL(PHRASE);

	passphrase_seal(phrase, BYTES_LITERAL("root key of 32 bytes, or so...."), text, &len);
	for (size_t i = 0; i < COUNT_OF(places); i++)
	{
		char kept = text[places[i]];

		text[places[i]] = kept == 'A' ? 'B' : 'A';
		check_refused(phrase, bytes_of(text, len), JOSE_BAD_KEY, "a character changed");
		text[places[i]] = kept;
	}
	check_refused(phrase, bytes_of(text, len - 4), JOSE_BAD_KEY, "three bytes less");
}

static void test_limits(void)
{
	uint8_t *plain = exact_filled(PASSPHRASE_MAX_LEN + 1, 1);
	char *text = (char *) exact_filled(PASSPHRASE_MAX_TEXT_LEN, 0);
	ByteView longer = bytes_of(exact_filled(6000, 'A'), 6000);
	ByteView marked = joined(BYTES_LITERAL("atrk1."), longer, bytes_of(NULL, 0));
	size_t len = 1;

	is_status(passphrase_seal(BYTES_LITERAL(PHRASE), bytes_of(plain, PASSPHRASE_MAX_LEN + 1), text,
							  &len),
			  JOSE_CRYPTO_FAILURE, "4097 bytes are too many");
	is_int((int64_t) len, 0, "and make no text");
	check_refused(BYTES_LITERAL(PHRASE), marked, JOSE_KEY_MALFORMED, "a text of 6000 characters");
	exact_free(marked);
	exact_free(longer);
	free(text);
	free(plain);
}

int main(void)
{
	ByteView longest = bytes_of(exact_filled(10000, 'p'), 10000);

	check_round_trip(BYTES_LITERAL(PHRASE), 32, "a passphrase");
	check_round_trip(BYTES_LITERAL(PHRASE), 0, "nothing to seal");
	check_round_trip(BYTES_LITERAL(PHRASE), PASSPHRASE_MAX_LEN, "the most");
	check_round_trip(bytes_of(NULL, 0), 32, "an empty passphrase");
	check_round_trip(BYTES_LITERAL("p\0q\xFF"), 32, "bytes that are no text");
	check_round_trip(longest, 32, "10000 characters");
	exact_free(longest);
	test_refusals();
	test_altered();
	test_limits();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
