/*
 * Compact JWE, both ways: every algorithm with every content encryption, sizes, headers, keys that
 * may and may not, one-bit changes and truncations.
 */
#include "jose/jwe.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/random.h"
#include "support/sealed.h"
#include "support/tap.h"

static void check_size(const Jwk *jwk, const char *alg, const char *enc, size_t size, int *wrong)
{
	Random random = {.state = size};
	uint8_t *bytes = exact_filled(size, 0);
	ByteView token;
	ByteView plain;

	random_fill(&random, bytes, size);
	token = sealed_token(jwk, alg, enc, bytes_of(bytes, size));
	*wrong += sealed_open(token, jwk, &plain) != JOSE_OK;
	*wrong += !bytes_equal(plain, bytes_of(bytes, size));
	exact_free(plain);
	exact_free(token);
	free(bytes);
}

/* Of RSA, whose private operation is slow under a sanitizer, a few sizes only. */
static void check_pair(const char *alg, const char *enc)
{
	bool is_slow = jwe_alg_by_name(view_of(alg))->family == JWE_RSA_OAEP;
	ByteView text = sealed_key(alg, enc);
	TestKey key = key_of(text);
	int wrong = 0;

	for (size_t size = 0; size <= 40; size += is_slow ? 8 : 1)
		check_size(&key.jwk, alg, enc, size, &wrong);
	check_size(&key.jwk, alg, enc, 65536, &wrong);
	is_int(wrong, 0, "%s with %s: 0 to 40 bytes and 64 kB come back", alg, enc);
	key_close(&key);
	exact_free(text);
}

static void test_pairs(void)
{
	for (size_t i = 0; i < COUNT_OF(sealed_algs); i++)
	{
		for (size_t j = 0; j < COUNT_OF(sealed_encs); j++)
			check_pair(sealed_algs[i], sealed_encs[j]);
	}
}

/* A private X25519 key as JWK; freed by exact_free. */
static ByteView x25519_key(void)
{
	static const JwkLabels no_labels = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	uint8_t text[JWK_MAX_TEXT_LEN];
	ByteView written = jwk_write(pkey, true, &no_labels, text, sizeof(text));

	if (written.data == NULL)
		abort();
	EVP_PKEY_free(pkey);
	return exact_copy(written);
}

/* ECDH-ES on every curve, by the public key alone. */
static void test_curves(void)
{
	const ByteView texts[] = {exact_copy(key_text("ES256")), exact_copy(key_text("ES384")),
							  exact_copy(key_text("ES512")), x25519_key()};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		ByteView public = key_public(texts[i]);
		TestKey sender = key_of(public);
		TestKey receiver = key_of(texts[i]);

		for (size_t j = 9; j < COUNT_OF(sealed_algs); j++)
		{
			ByteView token = sealed_token(&sender.jwk, sealed_algs[j], "A192CBC-HS384",
										  BYTES_LITERAL("plain"));
			ByteView plain;

			is_status(sealed_open(token, &receiver.jwk, &plain), JOSE_OK, "%s on %s",
					  sealed_algs[j], receiver.jwk.curve);
			is_bytes(plain, BYTES_LITERAL("plain"), "comes back");
			is_status(sealed_open(token, &sender.jwk, NULL), JOSE_KEY_WRONG_USE,
					  "not by the public key");
			exact_free(plain);
			exact_free(token);
		}
		key_close(&receiver);
		key_close(&sender);
		exact_free(public);
		exact_free(texts[i]);
	}
}

/* A name of each table, every byte of it changed, and what was never offered. */
static void test_names(void)
{
	static const char *const foreign[] = {"none",
										  "RSA1_5",
										  "PBES2-HS256+A128KW",
										  "PBES2-HS512+A256KW",
										  "RSA-OAEP-384",
										  "RSA-OAEP-512",
										  "ECDH-1PU",
										  "DIR",
										  "A128CBC",
										  "A128CBC-HS512",
										  "A128CTR",
										  "XC20P",
										  "A256CBC-HS256",
										  "a128gcm",
										  "A256GCM ",
										  "",
										  "HS256",
										  "ECDH-ES+A128GCM",
										  "A512KW",
										  "C20P"};
	int wrong = 0;

	for (size_t i = 0; i < COUNT_OF(foreign); i++)
		ok(jwe_alg_by_name(view_of(foreign[i])) == NULL &&
			   jwe_enc_by_name(view_of(foreign[i])) == NULL,
		   "\"%s\" is no name", foreign[i]);
	for (size_t i = 0; i < COUNT_OF(sealed_encs); i++)
		wrong += jwe_alg_by_name(view_of(sealed_encs[i])) != NULL;
	for (size_t i = 0; i < COUNT_OF(sealed_algs); i++)
		wrong += jwe_enc_by_name(view_of(sealed_algs[i])) != NULL;
	is_int(wrong, 0, "no alg is an enc, no enc an alg");
}

static void check_encrypt_header(const char *header, JoseStatus expected)
{
	ByteView text = sealed_key("ECDH-ES", "A128GCM");
	TestKey key = key_of(text);
	JoseStatus status;
	ByteView token = sealed_by(&key.jwk, "ECDH-ES", "A128GCM", header, BYTES_LITERAL("x"), &status);

	is_status(status, expected, "encrypting with header %.60s", header);
	if (status == JOSE_OK)
		is_status(sealed_open(token, &key.jwk, NULL), JOSE_OK, "and decrypting");
	exact_free(token);
	key_close(&key);
	exact_free(text);
}

static void test_encrypt_header(void)
{
	char party[600];
	char both[1300];
	char longest[7000];

	check_encrypt_header("{}", JOSE_OK);
	check_encrypt_header(" { } ", JOSE_OK);
	check_encrypt_header("{\"kid\":\"a\\\"b\",\"cty\":\"JWT\", \"x\" : [1, {\"alg\":2}]}", JOSE_OK);
	check_encrypt_header("{\"apu\":\"QWxpY2U\",\"apv\":\"Qm9i\"}", JOSE_OK);
	check_encrypt_header("{\"apu\":\"\"}", JOSE_OK);
	check_encrypt_header("{\"alg\":\"dir\"}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"\\u0061lg\":\"dir\"}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"enc\":\"A128GCM\"}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"epk\":{}}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"iv\":\"AA\"}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"tag\":\"AA\"}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"zip\":\"DEF\"}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"crit\":[\"x\"]}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"apu\":\"QWxpY2U=\"}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"apv\":1}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"kid\":1}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"typ\":1}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"cty\":null}", JOSE_HEADER_MEMBER);
	check_encrypt_header("{\"x\":1,\"x\":1}", JOSE_HEADER_MEMBER);
	check_encrypt_header("[]", JOSE_HEADER_MEMBER);
	check_encrypt_header("x", JOSE_HEADER_MEMBER);

	/* apu and apv at their longest: what is decoded of them needs room, too. */
	memset(party, 'A', 512);
	party[512] = '\0';
	snprintf(both, sizeof(both), "{\"apu\":\"%s\",\"apv\":\"%s\"}", party, party);
	check_encrypt_header(both, JOSE_OK);
	snprintf(both, sizeof(both), "{\"apu\":\"%sAA\"}", party);
	check_encrypt_header(both, JOSE_HEADER_MEMBER);
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "{\"x\":\"", 6);
	memcpy(longest + sizeof(longest) - 3, "\"}", 3);
	check_encrypt_header(longest, JOSE_HEADER_TOO_LARGE);
}

/* What the key answers a sender and a receiver. */
static void check_roles(const char *alg, const char *enc, ByteView text, JoseStatus sender,
						JoseStatus receiver, const char *what)
{
	ByteView good_text = sealed_key(alg, enc);
	TestKey good = key_of(good_text);
	TestKey key = key_of(text);
	ByteView token = sealed_token(&good.jwk, alg, enc, BYTES_LITERAL("x"));
	JoseStatus status;
	ByteView other = sealed_by(&key.jwk, alg, enc, NULL, BYTES_LITERAL("x"), &status);

	is_status(status, sender, "%s, %s: encrypting with %s", alg, enc, what);
	is_status(sealed_open(token, &key.jwk, NULL), receiver, "%s, %s: decrypting with %s", alg, enc,
			  what);
	exact_free(other);
	exact_free(token);
	key_close(&key);
	key_close(&good);
	exact_free(good_text);
}

/* A key for another purpose, of another type or length. */
static void check_key(const char *alg, const char *enc, ByteView text, JoseStatus expected,
					  const char *what)
{
	check_roles(alg, enc, text, expected, expected, what);
}

/* One operation in key_ops, which is for the sender, the receiver, both or none. */
static void check_operation(const char *alg, const char *operation, bool sends, bool receives)
{
	ByteView good = sealed_key(alg, "A128GCM");
	char raw[32];
	ByteView text;

	snprintf(raw, sizeof(raw), "[\"%s\"]", operation);
	text = with_member(good, "key_ops", raw);
	check_roles(alg, "A128GCM", text, sends ? JOSE_OK : JOSE_KEY_WRONG_USE,
				receives ? JOSE_OK : JOSE_KEY_WRONG_USE, raw);
	exact_free(text);
	exact_free(good);
}

/* RFC 7517 section 4.3: what is for one side is not for the other, where they differ. */
static void test_operations(void)
{
	static const char *const wrapping[] = {"A128KW", "A192GCMKW", "RSA-OAEP", "RSA-OAEP-256"};
	static const char *const agreeing[] = {"ECDH-ES", "ECDH-ES+A128KW"};

	check_operation("dir", "encrypt", true, false);
	check_operation("dir", "decrypt", false, true);
	check_operation("dir", "wrapKey", false, false);
	check_operation("dir", "unwrapKey", false, false);
	check_operation("dir", "deriveKey", false, false);
	for (size_t i = 0; i < COUNT_OF(wrapping); i++)
	{
		check_operation(wrapping[i], "wrapKey", true, false);
		check_operation(wrapping[i], "encrypt", true, false);
		check_operation(wrapping[i], "unwrapKey", false, true);
		check_operation(wrapping[i], "decrypt", false, true);
		check_operation(wrapping[i], "deriveBits", false, false);
		check_operation(wrapping[i], "sign", false, false);
	}
	for (size_t i = 0; i < COUNT_OF(agreeing); i++)
	{
		check_operation(agreeing[i], "deriveKey", true, true);
		check_operation(agreeing[i], "deriveBits", true, true);
		check_operation(agreeing[i], "encrypt", false, false);
		check_operation(agreeing[i], "unwrapKey", false, false);
	}
}

static void check_label(const char *alg, const char *name, const char *raw, JoseStatus expected)
{
	ByteView good = sealed_key(alg, "A128GCM");
	ByteView text = with_member(good, name, raw);

	check_key(alg, "A128GCM", text, expected, raw);
	exact_free(text);
	exact_free(good);
}

static void test_keys(void)
{
	static const char *const kinds[] = {"dir", "A128KW", "A192GCMKW", "RSA-OAEP-256", "ECDH-ES"};
	uint8_t secret[65] = {0};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		check_label(kinds[i], "use", "\"enc\"", JOSE_OK);
		check_label(kinds[i], "use", "\"sig\"", JOSE_KEY_WRONG_USE);
		check_label(kinds[i], "use", "\"tls\"", JOSE_KEY_WRONG_USE);
		check_label(kinds[i], "key_ops", "[\"verify\"]", JOSE_KEY_WRONG_USE);
		check_label(kinds[i], "alg", "\"RSA1_5\"", JOSE_KEY_WRONG_USE);
		check_label(kinds[i], "alg", "\"A256GCM\"", JOSE_KEY_WRONG_USE);
		check_key(kinds[i], "A128GCM", key_text("EdDSA"), JOSE_KEY_WRONG_USE, "Ed25519");
	}
	check_label("dir", "alg", "\"A128GCM\"", JOSE_OK);
	check_label("dir", "alg", "\"dir\"", JOSE_OK);
	check_label("A128KW", "alg", "\"A128KW\"", JOSE_OK);
	check_label("A128KW", "alg", "\"A128GCM\"", JOSE_KEY_WRONG_USE);
	check_label("ECDH-ES", "alg", "\"ECDH-ES+A128KW\"", JOSE_KEY_WRONG_USE);
	check_label("RSA-OAEP", "alg", "\"RSA-OAEP-256\"", JOSE_KEY_WRONG_USE);
	check_key("RSA-OAEP", "A128GCM", key_text("ES256"), JOSE_KEY_WRONG_USE, "EC");
	check_key("ECDH-ES", "A128GCM", key_text("RS256"), JOSE_KEY_WRONG_USE, "RSA");
	check_key("dir", "A128GCM", key_text("RS256"), JOSE_KEY_WRONG_USE, "RSA");
	for (size_t len = 1; len <= sizeof(secret); len++)
	{
		ByteView text = with_bytes(BYTES_LITERAL("{\"kty\":\"oct\"}"), "k", bytes_of(secret, len));
		TestKey key = key_of(text);
		int fitting = 0;

		for (size_t i = 0; i < 7; i++)
		{
			for (size_t j = 0; j < COUNT_OF(sealed_encs); j++)
			{
				const JweAlg *alg = jwe_alg_by_name(view_of(sealed_algs[i]));
				const JweEnc *enc = jwe_enc_by_name(view_of(sealed_encs[j]));
				size_t needed = i == 0 ? enc->cek_len : alg->kek_len;

				fitting += (jwe_key_check(&key.jwk, alg, enc, JWE_SENDER) == JOSE_OK) ==
						   (len == needed);
			}
		}
		is_int(fitting, 42, "a secret of %zu bytes is for what needs just that", len);
		key_close(&key);
		exact_free(text);
	}
}

/* Every change of one bit of the text; RSA and the curves only where it matters for time. */
static void check_bits(const char *alg, const char *enc)
{
	ByteView text = sealed_key(alg, enc);
	TestKey key = key_of(text);
	ByteView good = sealed_token(&key.jwk, alg, enc, BYTES_LITERAL("attack at dawn"));
	uint8_t *token = exact_filled(good.len, 0);
	int accepted = 0;
	int failed = 0;

	memcpy(token, good.data, good.len);
	for (size_t bit = 0; bit < 8 * good.len; bit++)
	{
		JoseStatus status;

		token[bit / 8] ^= (uint8_t) (1 << bit % 8);
		status = sealed_open(bytes_of(token, good.len), &key.jwk, NULL);
		accepted += status == JOSE_OK;
		failed += status == JOSE_DECRYPTION_FAILED;
		token[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	is_int(accepted, 0, "%s with %s: each of %zu changes of one bit is refused", alg, enc,
		   8 * good.len);
	ok(failed > 0, "%s with %s: %d of them by decryption", alg, enc, failed);
	accepted = 0;
	for (size_t len = 0; len < good.len; len++)
	{
		accepted += sealed_open(bytes_of(token, len), &key.jwk, NULL) == JOSE_OK;
		accepted += sealed_open(bytes_of(token + good.len - len, len), &key.jwk, NULL) == JOSE_OK;
	}
	is_int(accepted, 0, "%s with %s: and every beginning and end", alg, enc);
	is_status(sealed_open(good, &key.jwk, NULL), JOSE_OK, "%s with %s: but not itself", alg, enc);
	free(token);
	exact_free(good);
	key_close(&key);
	exact_free(text);
}

static void test_bits(void)
{
	for (size_t i = 0; i < COUNT_OF(sealed_encs); i++)
		check_bits("dir", sealed_encs[i]);
	for (size_t i = 1; i < COUNT_OF(sealed_algs); i++)
		check_bits(sealed_algs[i], i % 2 == 0 ? "A128GCM" : "A128CBC-HS256");
}

/* Two tokens of one plaintext share nothing but their names. */
static void test_fresh(void)
{
	for (size_t i = 0; i < COUNT_OF(sealed_algs); i++)
	{
		ByteView text = sealed_key(sealed_algs[i], "A256GCM");
		TestKey key = key_of(text);
		ByteView a = sealed_token(&key.jwk, sealed_algs[i], "A256GCM", BYTES_LITERAL("plain"));
		ByteView b = sealed_token(&key.jwk, sealed_algs[i], "A256GCM", BYTES_LITERAL("plain"));
		int same = 0;

		for (int segment = 1; segment < 5; segment++)
		{
			ByteView x = sealed_segment(a, segment);
			ByteView y = sealed_segment(b, segment);

			same += x.len > 0 && bytes_equal(x, y);
			exact_free(y);
			exact_free(x);
		}
		is_int(same, 0, "%s: key, IV, ciphertext and tag are fresh", sealed_algs[i]);
		exact_free(b);
		exact_free(a);
		key_close(&key);
		exact_free(text);
	}
}

int main(void)
{
	test_names();
	test_pairs();
	test_curves();
	test_encrypt_header();
	test_keys();
	test_operations();
	test_bits();
	test_fresh();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
