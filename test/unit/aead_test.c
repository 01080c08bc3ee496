/*
 * AES-256-GCM: known answers (McGrew and Viega, "The Galois/Counter Mode of Operation", submitted
 * to NIST, test cases 13 to 16), and that whatever is changed is refused with the output wiped.
 */
#include "jose/aead.h"

#include <stdlib.h>

#include <openssl/err.h>

#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

#define ZERO_KEY "0000000000000000000000000000000000000000000000000000000000000000"
#define KEY "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define PLAIN_60 \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define CIPHER_60 \
	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" \
	"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"

typedef struct KnownSeal
{
	const char *key;
	const char *nonce;
	const char *associated;
	const char *plain;
	const char *sealed; /* ciphertext and tag */
} KnownSeal;

static const KnownSeal known_seals[] = {
	{ZERO_KEY, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
	{ZERO_KEY, "000000000000000000000000", "", "00000000000000000000000000000000",
	 "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
	{KEY, "cafebabefacedbaddecaf888", "", PLAIN_60 "1aafd255",
	 CIPHER_60 "898015ad"
			   "b094dac5d93471bdec1a502270e3cc6c"},
	{KEY, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", PLAIN_60,
	 CIPHER_60 "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void check_known_seal(size_t number)
{
	const KnownSeal *known = &known_seals[number];
	ByteView key = exact_from_hex(known->key);
	ByteView nonce = exact_from_hex(known->nonce);
	ByteView associated = exact_from_hex(known->associated);
	ByteView plain = exact_from_hex(known->plain);
	ByteView sealed = exact_from_hex(known->sealed);
	uint8_t *out = exact_filled(plain.len + AEAD_TAG_LEN, 0x5A);
	uint8_t *back = exact_filled(plain.len, 0x5A);
	AeadOpener opener = {0};

	is_status(aead_seal(key.data, nonce.data, associated, plain, out), JOSE_OK, "case %zu seals",
			  number + 13);
	is_bytes(bytes_of(out, plain.len + AEAD_TAG_LEN), sealed, "case %zu: ciphertext and tag",
			 number + 13);
	is_status(aead_opener_open(&opener, key.data), JOSE_OK, "case %zu: key", number + 13);
	is_status(aead_open(&opener, nonce.data, associated, sealed, back), JOSE_OK, "case %zu opens",
			  number + 13);
	aead_opener_close(&opener);
	is_bytes(bytes_of(back, plain.len), plain, "case %zu: plain text", number + 13);
	exact_free(key);
	exact_free(nonce);
	exact_free(associated);
	exact_free(plain);
	exact_free(sealed);
	free(out);
	free(back);
}

/* One sealed text with all that it takes to open it. */
typedef struct Sealed
{
	uint8_t key[AEAD_KEY_LEN];
	uint8_t nonce[AEAD_NONCE_LEN];
	uint8_t associated[24];
	uint8_t text[40 + AEAD_TAG_LEN];
} Sealed;

static const uint8_t secret[40] = "a secret text of forty bytes, no less...";

static Sealed make_sealed(void)
{
	Sealed sealed;
	Random random = {.state = 8};

	random_fill(&random, sealed.key, sizeof(sealed.key));
	random_fill(&random, sealed.nonce, sizeof(sealed.nonce));
	random_fill(&random, sealed.associated, sizeof(sealed.associated));
	aead_seal(sealed.key, sealed.nonce, bytes_of(sealed.associated, sizeof(sealed.associated)),
			  bytes_of(secret, sizeof(secret)), sealed.text);
	return sealed;
}

/* Opens with a context keyed for this once; freed, as the server frees it, by closing. */
static JoseStatus open_once(const uint8_t *key, const uint8_t *nonce, ByteView associated,
							ByteView text, uint8_t *out)
{
	AeadOpener opener;
	JoseStatus status = aead_opener_open(&opener, key);

	if (status == JOSE_OK)
		status = aead_open(&opener, nonce, associated, text, out);
	aead_opener_close(&opener);
	return status;
}

/* Opens with so many bytes of text and associated data; *wiped tells whether nothing came out. */
static JoseStatus open_sealed(const Sealed *sealed, size_t text_len, size_t associated_len,
							  bool *wiped)
{
	size_t plain_len = text_len < AEAD_TAG_LEN ? 0 : text_len - AEAD_TAG_LEN;
	ByteView text = exact_copy(bytes_of(sealed->text, text_len));
	ByteView associated = exact_copy(bytes_of(sealed->associated, associated_len));
	uint8_t *out = exact_filled(plain_len, 0x5A);
	JoseStatus status = open_once(sealed->key, sealed->nonce, associated, text, out);

	*wiped = all_bytes_are(out, plain_len, 0);
	exact_free(text);
	exact_free(associated);
	free(out);
	return status;
}

/* Flips every bit of a part of what is needed. */
static void check_flips(Sealed *sealed, uint8_t *part, size_t len, const char *what)
{
	int opened = 0;
	int not_wiped = 0;

	for (size_t bit = 0; bit < 8 * len; bit++)
	{
		bool wiped;

		part[bit / 8] ^= (uint8_t) (1 << bit % 8);
		if (open_sealed(sealed, sizeof(sealed->text), sizeof(sealed->associated), &wiped) !=
			JOSE_BAD_KEY)
			opened++;
		not_wiped += wiped ? 0 : 1;
		part[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	is_int(opened, 0, "each of %zu bits of the %s changed is refused", 8 * len, what);
	is_int(not_wiped, 0, "and the output wiped each time");
}

static void test_changes(void)
{
	Sealed sealed = make_sealed();
	bool wiped;

	is_status(open_sealed(&sealed, sizeof(sealed.text), sizeof(sealed.associated), &wiped), JOSE_OK,
			  "unchanged it opens");
	ok(!wiped, "with something in the output");
	check_flips(&sealed, sealed.text, sizeof(secret), "ciphertext");
	check_flips(&sealed, sealed.text + sizeof(secret), AEAD_TAG_LEN, "tag");
	check_flips(&sealed, sealed.associated, sizeof(sealed.associated), "associated data");
	check_flips(&sealed, sealed.nonce, sizeof(sealed.nonce), "nonce");
	check_flips(&sealed, sealed.key, sizeof(sealed.key), "key");
	ok(ERR_peek_error() == 0, "OpenSSL's queue of errors is empty");
}

/* X01 to X06 in spirit: the tag's length is ours and never the text's. */
static void test_lengths(void)
{
	Sealed sealed = make_sealed();
	int opened = 0;
	int not_wiped = 0;
	bool wiped;

	for (size_t len = 0; len < sizeof(sealed.text); len++)
	{
		if (open_sealed(&sealed, len, sizeof(sealed.associated), &wiped) != JOSE_BAD_KEY)
			opened++;
		not_wiped += wiped ? 0 : 1;
	}
	is_int(opened, 0, "cut off at any of %zu places it is refused", sizeof(sealed.text));
	for (size_t len = 0; len < sizeof(sealed.associated); len++)
	{
		if (open_sealed(&sealed, sizeof(sealed.text), len, &wiped) != JOSE_BAD_KEY)
			opened++;
		not_wiped += wiped ? 0 : 1;
	}
	is_int(opened, 0, "with associated data cut off as well");
	is_int(not_wiped, 0, "and the output wiped each time");
}

static void test_round_trip(void)
{
	Random random = {.state = 9};
	uint8_t key[AEAD_KEY_LEN];
	uint8_t nonce[AEAD_NONCE_LEN];
	int wrong = 0;

	for (size_t len = 0; len <= 300; len++)
	{
		uint8_t *plain = exact_filled(len, 0);
		uint8_t *out = exact_filled(len + AEAD_TAG_LEN, 0);
		uint8_t *back = exact_filled(len, 0);
		ByteView associated = bytes_of(plain, len / 3);

		random_fill(&random, key, sizeof(key));
		random_fill(&random, nonce, sizeof(nonce));
		random_fill(&random, plain, len);
		wrong += aead_seal(key, nonce, associated, bytes_of(plain, len), out) != JOSE_OK;
		wrong += open_once(key, nonce, associated, bytes_of(out, len + AEAD_TAG_LEN), back) !=
				 JOSE_OK;
		wrong += len > 0 && memcmp(plain, back, len) != 0;
		free(plain);
		free(out);
		free(back);
	}
	is_int(wrong, 0, "0 to 300 bytes are sealed and opened, in buffers of exactly their size");
}

static void test_nothing(void)
{
	const uint8_t key[AEAD_KEY_LEN] = {0};
	const uint8_t nonce[AEAD_NONCE_LEN] = {0};
	uint8_t out[AEAD_TAG_LEN];
	uint8_t *no_room = exact_filled(0, 0);
	ByteView nothing = bytes_of(NULL, 0);

	is_status(aead_seal(key, nonce, nothing, nothing, out), JOSE_OK, "nothing is sealed");
	is_status(open_once(key, nonce, nothing, bytes_of(out, sizeof(out)), no_room), JOSE_OK,
			  "and opened again");
	is_status(open_once(key, nonce, nothing, nothing, no_room), JOSE_BAD_KEY,
			  "no text at all is not");
	free(no_room);
}

/* One context opens many texts, good and bad in any order; none leaves a trace on the next. */
static void test_opener_is_reused(void)
{
	Sealed sealed[2] = {make_sealed(), make_sealed()};
	uint8_t out[sizeof(secret)];
	AeadOpener opener;
	int wrong = 0;

	sealed[1].nonce[0] ^= 1;
	aead_seal(sealed[1].key, sealed[1].nonce, bytes_of(sealed[1].associated, 5),
			  bytes_of(secret, 7), sealed[1].text);
	aead_opener_open(&opener, sealed[0].key);
	for (int i = 0; i < 1000; i++)
	{
		const Sealed *each = &sealed[i % 2];
		ByteView associated = bytes_of(each->associated, i % 2 == 0 ? sizeof(each->associated) : 5);
		ByteView text = bytes_of(each->text, (i % 2 == 0 ? sizeof(secret) : 7) + AEAD_TAG_LEN);
		ByteView cut_off = bytes_of(text.data, text.len - 1);

		wrong += aead_open(&opener, each->nonce, associated, text, out) != JOSE_OK;
		wrong += memcmp(out, secret, text.len - AEAD_TAG_LEN) != 0;
		if (i % 3 == 0)
			wrong += aead_open(&opener, each->nonce, associated, cut_off, out) != JOSE_BAD_KEY;
		if (i % 5 == 0)
			wrong += aead_open(&opener, each->key, associated, text, out) != JOSE_BAD_KEY;
		if (i % 7 == 0)
			wrong += aead_open(&opener, each->nonce, bytes_of(NULL, 0), text, out) != JOSE_BAD_KEY;
	}
	is_int(wrong, 0, "a thousand texts under one context, refusals between them");
	aead_opener_close(&opener);
	aead_opener_close(&opener);
	ok(opener.ctx == NULL, "closing twice is harmless");
}

/*
 * Lengths that do not fit the int of OpenSSL are refused before a byte is read. This one would, cut
 * down to 32 bits, be the right one.
 */
static void test_too_long(void)
{
	Sealed sealed = make_sealed();
	ByteView endless = bytes_of(sealed.associated,
								(size_t) UINT32_MAX + 1 + sizeof(sealed.associated));
	uint8_t out[sizeof(sealed.text)];

	memset(out, 0x5A, sizeof(out));
	is_status(aead_seal(sealed.key, sealed.nonce, endless, bytes_of(secret, sizeof(secret)), out),
			  JOSE_CRYPTO_FAILURE, "associated data of 4 GiB: not sealed");
	ok(all_bytes_are(out, sizeof(out), 0), "and the output is wiped");
	memset(out, 0x5A, sizeof(out));
	is_status(open_once(sealed.key, sealed.nonce, endless,
						bytes_of(sealed.text, sizeof(sealed.text)), out),
			  JOSE_BAD_KEY, "nor opened");
	ok(all_bytes_are(out, sizeof(secret), 0), "and the output is wiped");
	ok(all_bytes_are(out + sizeof(secret), AEAD_TAG_LEN, 0x5A), "as far as it is one");
}

int main(void)
{
	for (size_t number = 0; number < COUNT_OF(known_seals); number++)
		check_known_seal(number);
	test_changes();
	test_lengths();
	test_round_trip();
	test_nothing();
	test_opener_is_reused();
	test_too_long();
	return done();
}
