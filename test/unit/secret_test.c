/*
 * Secrets that we generate, and which imported texts are no secrets (hostile rows M01, A01 to
 * A20).
 */
#include "jose/secret.h"

#include <stdlib.h>

#include "jose/b64url.h"
#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

/* CRC-32 of IEEE 802.3 by polynomial division of the whole message, unlike the core's by byte. */
static uint32_t crc32_of(ByteView bytes)
{
	uint32_t remainder = 0;

	/* 32 zero bits follow the message; its first 32 bits and the result are complemented. */
	for (size_t bit = 0; bit < 8 * bytes.len + 32; bit++)
	{
		uint32_t in = bit < 8 * bytes.len ? bytes.data[bit / 8] >> bit % 8 & 1u : 0;
		uint32_t top = remainder >> 31;

		remainder = remainder << 1 | (bit < 32 ? in ^ 1 : in);
		if (top != 0)
			remainder ^= 0x04C11DB7u;
	}
	remainder = ~remainder;

	uint32_t reflected = 0;

	for (int bit = 0; bit < 32; bit++)
		reflected |= (remainder >> bit & 1u) << (31 - bit);
	return reflected;
}

/* The six characters of a checksum. */
static void checksum_text(uint32_t crc, char out[6])
{
	uint8_t bytes[4] = {(uint8_t) (crc >> 24), (uint8_t) (crc >> 16), (uint8_t) (crc >> 8),
						(uint8_t) crc};

	b64url_encode(bytes_of(bytes, sizeof(bytes)), out, 6);
}

static void check_shape(size_t random_len, size_t expected_len)
{
	Random random = {.state = 11 + random_len};
	uint8_t bytes[SECRET_MAX_RANDOM_LEN];
	uint8_t *text = exact_filled(expected_len, 0);
	char middle[90];
	char checksum[6];
	size_t middle_len;

	random_fill(&random, bytes, random_len);
	middle_len = b64url_encode(bytes_of(bytes, random_len), middle, sizeof(middle));
	is_int((int64_t) secret_write(bytes_of(bytes, random_len), (char *) text, expected_len),
		   (int64_t) expected_len, "%zu random bytes make %zu characters", random_len,
		   expected_len);
	is_bytes(bytes_of(text, 4), BYTES_LITERAL("atk_"), "the prefix");
	is_bytes(bytes_of(text + 4, middle_len), bytes_of(middle, middle_len), "the random bytes");
	checksum_text(crc32_of(bytes_of(text, expected_len - 6)), checksum);
	is_bytes(bytes_of(text + expected_len - 6, 6), bytes_of(checksum, 6),
			 "the CRC-32 of all that stands before it");
	free(text);
}

static void test_shape(void)
{
	is_int(crc32_of(BYTES_LITERAL("123456789")), 0xCBF43926,
		   "the CRC-32 of this test is the known one");
	is_int(crc32_of(BYTES_LITERAL("")), 0, "also of nothing");
	check_shape(32, 4 + 43 + 6);
	check_shape(48, 4 + 64 + 6);
	check_shape(64, 4 + 86 + 6);
	is_int(SECRET_MAX_TEXT_LEN, 96, "96 characters are the longest");
}

/* "atk_" and 32 zero bytes, with its checksum as zlib computes it. */
static void test_known_secret(void)
{
	static const uint8_t zeros[32] = {0};
	char text[SECRET_MAX_TEXT_LEN];
	size_t len = secret_write(bytes_of(zeros, sizeof(zeros)), text, sizeof(text));

	is_bytes(bytes_of(text, len),
			 BYTES_LITERAL("atk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAdCSb3g"),
			 "the secret of 32 zero bytes");
}

static void test_every_secret_is_usable(void)
{
	Random random = {.state = 12};
	int wrong = 0;

	for (size_t len = 32; len <= 64; len += 16)
	{
		for (int i = 0; i < 2000; i++)
		{
			uint8_t bytes[SECRET_MAX_RANDOM_LEN];
			char text[SECRET_MAX_TEXT_LEN];
			size_t text_len;

			random_fill(&random, bytes, len);
			text_len = secret_write(bytes_of(bytes, len), text, sizeof(text));
			for (size_t at = 0; at < text_len; at++)
				wrong += strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
								"0123456789_-",
								text[at]) == NULL;
			wrong += secret_check_imported(bytes_of(text, text_len), len) != JOSE_OK;
		}
	}
	is_int(wrong, 0, "6000 secrets: of the safe characters only, and fit for their hash");
}

static void test_room(void)
{
	uint8_t bytes[SECRET_MAX_RANDOM_LEN + 1] = {0};
	int wrong = 0;

	for (size_t capacity = 0; capacity < 53; capacity++)
	{
		uint8_t *text = exact_filled(capacity, 0x5A);

		wrong += secret_write(bytes_of(bytes, 32), (char *) text, capacity) != 0;
		wrong += !all_bytes_are(text, capacity, 0x5A);
		free(text);
	}
	is_int(wrong, 0, "where it does not fit nothing is written");

	char text[256];

	is_int((int64_t) secret_write(bytes_of(bytes, sizeof(bytes)), text, sizeof(text)), 0,
		   "65 random bytes are too many");
}

static void test_lengths(void)
{
	static const size_t hash_lens[] = {32, 48, 64};
	uint8_t text[100];
	int wrong = 0;

	memset(text, 'k', sizeof(text));
	for (size_t i = 0; i < COUNT_OF(hash_lens); i++)
	{
		for (size_t len = 0; len <= sizeof(text); len++)
		{
			ByteView copy = exact_copy(bytes_of(text, len));
			JoseStatus expected = len < hash_lens[i] ? JOSE_BAD_KEY : JOSE_OK;

			wrong += secret_check_imported(copy, hash_lens[i]) != expected;
			exact_free(copy);
		}
	}
	is_int(wrong, 0, "0 to 100 bytes: refused below the length of the hash");
	is_status(secret_check_imported(bytes_of(NULL, 0), 32), JOSE_BAD_KEY, "nothing is no secret");
}

#define BASE64_LINE "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0Z3VS5JJcds3xfn"

static void expect_refused(const ByteView *texts, size_t count, const char *what)
{
	for (size_t i = 0; i < count; i++)
	{
		ByteView copy = exact_copy(texts[i]);

		ok(copy.len >= 32, "%s %zu is long enough for HS256", what, i);
		is_status(secret_check_imported(copy, 32), JOSE_BAD_KEY, "%s %zu is refused", what, i);
		exact_free(copy);
	}
}

/* On one line, so that nothing but what they are can be the cause. */
static void test_other_keys(void)
{
	static const ByteView texts[] = {
		TEXT("-----BEGIN PUBLIC KEY----- " BASE64_LINE " -----END PUBLIC KEY-----"),
		TEXT("-----BEGIN RSA PUBLIC KEY-----" BASE64_LINE),
		TEXT("-----BEGIN PRIVATE KEY-----" BASE64_LINE),
		TEXT("-----BEGIN CERTIFICATE-----" BASE64_LINE),
		TEXT("-----BEGIN OPENSSH PRIVATE KEY-----" BASE64_LINE),
		TEXT(" -----BEGIN PUBLIC KEY-----" BASE64_LINE),
		TEXT("Bag Attributes subject=CN = x -----BEGIN CERTIFICATE-----" BASE64_LINE),
		TEXT("0123456789abcdef0123456789abcdef-----BEGIN"),
		TEXT("---- BEGIN SSH2 PUBLIC KEY ---- AAAAB3NzaC1yc2EAAAADAQABAAABAQ"),
		TEXT("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me@host"),
		TEXT("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"),
		TEXT("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTY"),
		TEXT("ssh-dss AAAAB3NzaC1kc3MAAACBAOeB0H6mDc5wz0bF"),
		TEXT("from=\"10.0.0.1\" ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7"),
		TEXT("{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQ\",\"e\":\"AQAB\"}"),
		TEXT("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMko\"}"),
		TEXT("  { \"alg\" : \"HS256\" , \"kty\" : \"oct\" , \"k\" : \"AyM1SysPpbyD\" }"),
		TEXT("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiL\",\"e\":\"AQAB\"}]}"),
	};

	expect_refused(texts, COUNT_OF(texts), "a key of another kind");
}

/* The DER of public keys, which is what an algorithm confusion signs with (A05, A06, A20 to A24). */
static const ByteView der_keys[] = {
	/* SPKI of RSA 1024 (no more than its head counts), of P-256 and of Ed25519 */
	TEXT(
		"\x30\x1c\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x0b\x00\x30\x08\x02"
		"\x01\x11\x02\x03\x01\x00\x01"),
	TEXT("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03"
		 "\x01\x07\x03\x42\x00\x04"
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
	TEXT("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
		 "0123456789abcdef0123456789abcdef"),
	/* PKCS#1, its length in one, two and three bytes */
	TEXT("\x30\x08\x02\x01\x11\x02\x03\x01\x00\x01"),
	TEXT("\x30\x81\x08\x02\x01\x11\x02\x03\x01\x00\x01"),
	TEXT("\x30\x82\x00\x08\x02\x01\x11\x02\x03\x01\x00\x01"),
};

static void test_der(void)
{
	int wrong = 0;
	int cut = 0;

	for (size_t i = 0; i < COUNT_OF(der_keys); i++)
	{
		ByteView copy = exact_copy(der_keys[i]);

		ok(secret_looks_like_other_key(copy), "DER of a key, row %zu, is told", i);
		for (size_t len = 0; len < copy.len; len++, cut++)
		{
			ByteView start = exact_copy(bytes_of(copy.data, len));

			wrong += secret_looks_like_other_key(start) ? 1 : 0;
			exact_free(start);
		}
		exact_free(copy);
	}
	is_int(wrong, 0, "a beginning of one is not: its length does not fit (%d of them)", cut);
	ok(!secret_looks_like_other_key(bytes_of(NULL, 0)), "no bytes are no key of another kind");
}

/* Random secrets of the usual length are not taken for one, however they begin. */
static void test_random_is_no_key(void)
{
	Random random = {.state = 14};
	uint8_t bytes[64];
	int wrong = 0;

	for (int i = 0; i < 20000; i++)
	{
		size_t len = 32 + (size_t) (i % 3) * 16;

		random_fill(&random, bytes, len);
		bytes[0] = 0x30;
		if (bytes[1] == len - 2) /* the one length that makes a SEQUENCE of all */
			bytes[1]++;
		wrong += secret_looks_like_other_key(bytes_of(bytes, len)) ? 1 : 0;
	}
	is_int(wrong, 0, "20000 random secrets that begin with 0x30 are none");
}

/* Text that is other bytes in other encodings, and bytes that are no text. */
static void test_not_printable(void)
{
	static const ByteView texts[] = {
		TEXT("-----BEGIN PUBLIC KEY-----\n" BASE64_LINE "\n-----END PUBLIC KEY-----\n"),
		TEXT("\xEF\xBB\xBF" BASE64_LINE),
		TEXT("a secret with \xC3\xA9 and \xE2\x82\xAC, of more than 32 bytes"),
		TEXT(BASE64_LINE "\n"),
		TEXT("\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82"
			 "\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01"),
		TEXT("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03"
			 "\x01\x07\x03\x42\x00\x04\x41\x41\x41\x41\x41\x41"),
		TEXT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	};
	uint8_t text[33];
	int wrong = 0;

	expect_refused(texts, COUNT_OF(texts), "what is not printable");
	memset(text, 'k', sizeof(text));
	for (size_t at = 0; at < sizeof(text); at += 16)
	{
		for (int c = 0; c < 256; c++)
		{
			JoseStatus expected = c >= 0x20 && c <= 0x7E ? JOSE_OK : JOSE_BAD_KEY;

			text[at] = (uint8_t) c;
			wrong += secret_check_imported(bytes_of(text, sizeof(text)), 32) != expected;
		}
		text[at] = 'k';
	}
	is_int(wrong, 0, "every byte at the start, the middle and the end: 0x20 to 0x7E only");
}

/* Texts that only resemble them: somebody's backend may have such a secret. */
static void test_plausible_secrets(void)
{
	static const ByteView texts[] = {
		TEXT("0123456789abcdef0123456789abcdef"),
		TEXT("correct horse battery staple, twice over"),
		TEXT(" 0123456789abcdef0123456789abcdef "),
		TEXT("BEGIN 0123456789abcdef0123456789abcdef"),
		TEXT("----- 0123456789abcdef0123456789abcdef -----"),
		TEXT("kty 0123456789abcdef0123456789abcdef"),
		TEXT("ssh 0123456789abcdef0123456789abcdef"),
		TEXT("0123456789abcdef0123456789abcdef-----BEGI"),
		TEXT("0123456789abcdef0123456789abcdef\"kty"),
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		ByteView copy = exact_copy(texts[i]);

		is_status(secret_check_imported(copy, 32), JOSE_OK, "row %zu may be a secret", i);
		exact_free(copy);
	}
}

int main(void)
{
	test_shape();
	test_known_secret();
	test_every_secret_is_usable();
	test_room();
	test_lengths();
	test_other_keys();
	test_der();
	test_random_is_no_key();
	test_not_printable();
	test_plausible_secrets();
	return done();
}
