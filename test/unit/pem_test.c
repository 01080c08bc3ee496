/*
 * PEM: every form that is read gives the key that went in; every other form is refused (rows M02 to
 * M05). The texts are made here by OpenSSL, so that no key lies about in the tree.
 */
#include "jose/pem.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/tap.h"

static JoseStatus read_pem(ByteView pem, uint8_t out[JWK_MAX_TEXT_LEN], ByteView *jwk)
{
	ByteView copy = exact_copy(pem);
	JoseStatus status = pem_to_jwk(copy, out, jwk);

	exact_free(copy);
	return status;
}

static void check_refused(ByteView pem, JoseStatus expected, const char *what)
{
	uint8_t out[JWK_MAX_TEXT_LEN];
	ByteView jwk;

	is_status(read_pem(pem, out, &jwk), expected, "%s", what);
	ok(jwk.data == NULL, "%s: no key comes out", what);
}

/* Refused here, or else by jwk_read, which each key from PEM has to pass. */
static void check_no_key(ByteView pem, const char *what)
{
	uint8_t out[JWK_MAX_TEXT_LEN];
	ByteView jwk;
	JoseStatus status = read_pem(pem, out, &jwk);

	ok(status != JOSE_OK || key_status(jwk) != JOSE_OK, "%s: %s", what, status_name(status));
}

/* A key in the form that OpenSSL calls so; cipher encrypts it. Freed by exact_free. */
static ByteView made(EVP_PKEY *pkey, int selection, const char *structure, const char *cipher)
{
	OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(pkey, selection, "PEM", structure, NULL);
	unsigned char *data = NULL;
	size_t len = 0;
	ByteView pem;

	if (ctx == NULL ||
		(cipher != NULL &&
		 (OSSL_ENCODER_CTX_set_cipher(ctx, cipher, NULL) != 1 ||
		  OSSL_ENCODER_CTX_set_passphrase(ctx, (const unsigned char *) "password", 8) != 1)) ||
		OSSL_ENCODER_to_data(ctx, &data, &len) != 1)
	{
		ERR_print_errors_fp(stdout);
		abort();
	}
	pem = exact_copy(bytes_of(data, len));
	OPENSSL_free(data);
	OSSL_ENCODER_CTX_free(ctx);
	return pem;
}

static ByteView spki(EVP_PKEY *pkey)
{
	return made(pkey, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo", NULL);
}

static ByteView pkcs8(EVP_PKEY *pkey)
{
	return made(pkey, EVP_PKEY_KEYPAIR, "PrivateKeyInfo", NULL);
}

static bool begins_with(ByteView text, const char *start)
{
	return text.len > strlen(start) && memcmp(text.data, start, strlen(start)) == 0;
}

/* Reads it and compares thumbprint and privacy with the key it was made of. */
static void check_form(ByteView pem, const TestKey *key, bool is_private, const char *label,
					   const char *what)
{
	uint8_t out[JWK_MAX_TEXT_LEN];
	char expected[JWK_THUMBPRINT_LEN] = {0};
	char thumbprint[JWK_THUMBPRINT_LEN] = {1};
	ByteView jwk;
	TestKey read;

	ok(begins_with(pem, label), "%s is %s", what, label);
	ok(pem_is_likely(pem), "%s looks like PEM", what);
	if (is_status(read_pem(pem, out, &jwk), JOSE_OK, "%s is read", what))
	{
		is_status(key_read(jwk, &read), JOSE_OK, "%s gives a good JWK", what);
		ok(read.jwk.is_private == is_private, "%s is %s", what, is_private ? "private" : "public");
		jwk_thumbprint(&key->jwk, expected);
		jwk_thumbprint(&read.jwk, thumbprint);
		is_bytes(bytes_of(thumbprint, sizeof(thumbprint)), bytes_of(expected, sizeof(expected)),
				 "%s is the key that went in", what);
		key_close(&read);
	}
	exact_free(pem);
}

static void test_forms(void)
{
	static const char *const kinds[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		TestKey key = key_of(key_text(kinds[i]));
		EVP_PKEY *pkey = key.jwk.pkey;

		note("%s", kinds[i]);
		check_form(spki(pkey), &key, false, "-----BEGIN PUBLIC KEY-----", "SPKI");
		check_form(pkcs8(pkey), &key, true, "-----BEGIN PRIVATE KEY-----", "PKCS.8");
		if (EVP_PKEY_is_a(pkey, "RSA"))
		{
			check_form(made(pkey, EVP_PKEY_PUBLIC_KEY, "type-specific", NULL), &key, false,
					   "-----BEGIN RSA PUBLIC KEY-----", "PKCS.1, public");
			check_form(made(pkey, EVP_PKEY_KEYPAIR, "type-specific", NULL), &key, true,
					   "-----BEGIN RSA PRIVATE KEY-----", "PKCS.1, private");
		}
		if (EVP_PKEY_is_a(pkey, "EC"))
			check_form(made(pkey, EVP_PKEY_KEYPAIR, "type-specific", NULL), &key, true,
					   "-----BEGIN EC PRIVATE KEY-----", "SEC1");
		key_close(&key);
	}
}

static void check_framed(const char *before, ByteView pem, const char *after, bool accepted,
						 const char *what)
{
	ByteView framed = joined(view_of(before), pem, view_of(after));
	uint8_t out[JWK_MAX_TEXT_LEN];
	ByteView jwk;
	JoseStatus status = read_pem(framed, out, &jwk);

	is_status(status, accepted ? JOSE_OK : JOSE_KEY_MALFORMED, "%s", what);
	exact_free(framed);
}

/* Without its last line break, so that what is put around stands next to it. */
static ByteView trimmed(ByteView pem)
{
	while (pem.len > 0 && pem.data[pem.len - 1] == '\n')
		pem.len--;
	return pem;
}

/* White space around is no matter; anything else is, a second block included (M02). */
static void test_frames(void)
{
	TestKey key = key_of(key_text("ES256"));
	ByteView pem = spki(key.jwk.pkey);
	ByteView bare = trimmed(pem);
	ByteView private = pkcs8(key.jwk.pkey);
	ByteView two = joined(pem, pem, bytes_of(NULL, 0));
	ByteView mixed = joined(pem, private, bytes_of(NULL, 0));

	check_framed("", pem, "", true, "a block");
	check_framed("", bare, "", true, "without a line break behind");
	check_framed(" \r\n\t", bare, "\r\n\n \t", true, "in white space");
	check_framed("x", bare, "", false, "a letter in front");
	check_framed("", bare, "x", false, "a letter behind");
	check_framed("", bare, "\n# comment", false, "a comment behind");
	check_framed("subject=CN = x\n", bare, "", false, "attributes in front");
	check_framed("-", bare, "", false, "a sixth dash in front");
	check_framed("", bare, "-", false, "a sixth dash behind");
	check_framed("", bytes_of(bare.data, bare.len - 1), "", false, "four dashes at the end");
	check_framed("", bytes_of(bare.data + 1, bare.len - 1), "", false, "four dashes in front");
	check_refused(two, JOSE_KEY_MALFORMED, "two blocks");
	check_refused(mixed, JOSE_KEY_MALFORMED, "a public and a private block");
	check_refused(BYTES_LITERAL(""), JOSE_KEY_MALFORMED, "nothing");
	check_refused(bytes_of(NULL, 0), JOSE_KEY_MALFORMED, "no data at all");
	check_refused(BYTES_LITERAL("-----BEGIN PUBLIC KEY-----"), JOSE_KEY_MALFORMED, "one line");
	check_refused(BYTES_LITERAL("-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----"),
				  JOSE_KEY_MALFORMED, "no body");
	check_refused(BYTES_LITERAL("-----BEGIN PUBLIC KEY-----END PUBLIC KEY-----"),
				  JOSE_KEY_MALFORMED, "dashes that serve twice");
	check_refused(BYTES_LITERAL("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PRIVATE KEY-----"),
				  JOSE_KEY_MALFORMED, "two labels");
	check_refused(BYTES_LITERAL("-----begin public key-----\nMCow\n-----end public key-----"),
				  JOSE_KEY_MALFORMED, "labels in small letters");
	exact_free(mixed);
	exact_free(two);
	exact_free(private);
	exact_free(pem);
	key_close(&key);
}

/* The text with some bytes of it replaced; freed by exact_free. */
static ByteView patched(ByteView text, size_t at, size_t len, const char *by)
{
	ByteView front = joined(bytes_of(text.data, at), view_of(by), bytes_of(NULL, 0));
	ByteView all = joined(front, bytes_of(text.data + at + len, text.len - at - len),
						  bytes_of(NULL, 0));

	exact_free(front);
	return all;
}

static void check_patched(ByteView pem, size_t at, size_t len, const char *by, const char *what)
{
	ByteView altered = patched(pem, at, len, by);

	check_no_key(altered, what);
	exact_free(altered);
}

/* Padding taken from the end and put where the body has an A, which is zero bits, too. */
static void check_moved_padding(ByteView pem, size_t end)
{
	uint8_t *text = exact_filled(pem.len, 0);
	int moved = 0;

	memcpy(text, pem.data, pem.len);
	for (size_t at = 40; at < end && moved < 2; at++)
	{
		if (text[at] != 'A')
			continue;
		text[at] = '=';
		moved++;
	}
	memset(text + end - 2, 'A', 2);
	is_int(moved, 2, "two characters of zero bits");
	check_no_key(bytes_of(text, pem.len), "padding moved from the end to their places");
	free(text);
}

#define SPKI_HEAD_LEN (sizeof("-----BEGIN PUBLIC KEY-----\n") - 1)
#define SPKI_TAIL_LEN (sizeof("\n-----END PUBLIC KEY-----\n") - 1)

/* Base64 that is not what was written: every change of the body, foreign characters, other lengths. */
static void test_body(void)
{
	TestKey key = key_of(key_text("EdDSA"));
	TestKey ec = key_of(key_text("ES256"));
	ByteView pem = spki(key.jwk.pkey);
	ByteView longer = spki(ec.jwk.pkey);
	size_t end = pem.len - SPKI_TAIL_LEN;
	size_t longer_end = longer.len - SPKI_TAIL_LEN;
	int accepted = 0;
	static const char *const foreign[] = {"-", "_", ".", ":", ",", "=", "\\", "\x80", "\x1", "*"};

	ok(begins_with(bytes_of(longer.data + longer_end - 2, 3), "=="), "a body that is padded");
	for (size_t at = SPKI_HEAD_LEN; at < end; at++)
	{
		for (size_t i = 0; i < COUNT_OF(foreign); i++)
		{
			ByteView altered = patched(pem, at, 1, foreign[i]);
			uint8_t out[JWK_MAX_TEXT_LEN];
			ByteView jwk;

			if (bytes_equal(altered, pem))
			{
				exact_free(altered); /* the padding that there is */
				continue;
			}
			accepted += read_pem(altered, out, &jwk) == JOSE_OK;
			exact_free(altered);
		}
	}
	is_int(accepted, 0, "a foreign character anywhere in the body is refused");
	check_patched(pem, SPKI_HEAD_LEN, 1, "", "a character less");
	check_patched(pem, SPKI_HEAD_LEN, 4, "", "four characters less");
	check_patched(pem, end - 4, 4, "", "the last four less");
	check_patched(pem, end, 0, "AAAA", "three bytes behind the key");
	check_patched(pem, end, 0, "----", "dashes behind the body");
	check_patched(pem, SPKI_HEAD_LEN, 0, "Proc-Type: 4,CLEAR\n\n", "a header line");
	check_patched(longer, longer_end - 2, 2, "", "padding left away");
	check_patched(longer, longer_end - 2, 2, "AA", "zero bits for padding");
	check_patched(longer, longer_end, 0, "====", "more padding");
	check_patched(longer, SPKI_HEAD_LEN + 4, 0, "====", "padding inside");
	check_moved_padding(longer, longer_end);
	exact_free(longer);
	exact_free(pem);
	key_close(&ec);
	key_close(&key);
}

/*
 * A private key under a public label and other labels that are wrong (M02). That of PKCS#1 is not
 * among them: OpenSSL reads PKCS#8 there as well, as the same key.
 */
static void test_labels(void)
{
	TestKey key = key_of(key_text("RS256"));
	static const char *const labels[] = {"PUBLIC KEY",     "PRIVATE KEY", "RSA PUBLIC KEY",
										 "EC PRIVATE KEY", "PUBLIC  KEY", "DSA PUBLIC KEY"};
	ByteView pem = pkcs8(key.jwk.pkey);
	const size_t head = sizeof("-----BEGIN PRIVATE KEY-----") - 1;
	const size_t tail = sizeof("-----END PRIVATE KEY-----\n") - 1;
	ByteView body = bytes_of(pem.data + head, pem.len - head - tail);

	for (size_t i = 0; i < COUNT_OF(labels); i++)
	{
		char begin[64];
		char end[64];
		ByteView text;
		uint8_t out[JWK_MAX_TEXT_LEN];
		ByteView jwk;

		snprintf(begin, sizeof(begin), "-----BEGIN %s-----", labels[i]);
		snprintf(end, sizeof(end), "-----END %s-----", labels[i]);
		text = joined(view_of(begin), body, view_of(end));
		is_status(read_pem(text, out, &jwk), i == 1 ? JOSE_OK : JOSE_KEY_MALFORMED,
				  "PKCS.8 labelled %s", labels[i]);
		exact_free(text);
	}
	exact_free(pem);
	key_close(&key);
}

/* Encrypted keys: PKCS#8, and the older form with header lines (M02). */
static void test_encrypted(void)
{
	TestKey key = key_of(key_text("ES256"));
	ByteView pem = made(key.jwk.pkey, EVP_PKEY_KEYPAIR, "EncryptedPrivateKeyInfo", "AES-256-CBC");
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	check_refused(pem, JOSE_KEY_UNSUPPORTED, "an encrypted PKCS.8 key");
	exact_free(pem);
	if (bio == NULL || PEM_write_bio_PrivateKey_traditional(bio, key.jwk.pkey, EVP_aes_128_cbc(),
															(const unsigned char *) "password", 8,
															NULL, NULL) != 1)
		abort();
	len = BIO_get_mem_data(bio, &data);
	ok(begins_with(bytes_of(data, (size_t) len), "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,EN"),
	   "the older form of an encrypted key");
	check_refused(bytes_of(data, (size_t) len), JOSE_KEY_MALFORMED, "it");
	BIO_free(bio);
	key_close(&key);
}

static void test_certificate(void)
{
	TestKey key = key_of(key_text("ES256"));
	X509 *certificate = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	if (certificate == NULL || bio == NULL ||
		X509_gmtime_adj(X509_getm_notBefore(certificate), 0) == NULL ||
		X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) == NULL ||
		X509_set_pubkey(certificate, key.jwk.pkey) != 1 ||
		X509_sign(certificate, key.jwk.pkey, EVP_sha256()) == 0 ||
		PEM_write_bio_X509(bio, certificate) != 1)
		abort();
	len = BIO_get_mem_data(bio, &data);
	check_refused(bytes_of(data, (size_t) len), JOSE_KEY_UNSUPPORTED, "a certificate");
	X509_free(certificate);
	BIO_free(bio);
	key_close(&key);
}

/* A key of this type with one text parameter, made by OpenSSL. */
static EVP_PKEY *new_pkey(const char *type, const char *parameter, const char *value)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM params[] = {OSSL_PARAM_END, OSSL_PARAM_END};
	EVP_PKEY *pkey = NULL;

	if (parameter != NULL)
		params[0] = OSSL_PARAM_construct_utf8_string(parameter, (char *) (uintptr_t) value, 0);
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_params(ctx, params) != 1 || EVP_PKEY_generate(ctx, &pkey) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static void check_type(EVP_PKEY *pkey, const char *what)
{
	ByteView public = spki(pkey);
	ByteView private = pkcs8(pkey);

	check_refused(public, JOSE_KEY_UNSUPPORTED, what);
	check_refused(private, JOSE_KEY_UNSUPPORTED, what);
	exact_free(private);
	exact_free(public);
	EVP_PKEY_free(pkey);
}

static EVP_PKEY *new_dsa(void)
{
	EVP_PKEY_CTX *parameter_ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	EVP_PKEY *parameters = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;

	if (parameter_ctx == NULL || EVP_PKEY_paramgen_init(parameter_ctx) != 1 ||
		EVP_PKEY_paramgen(parameter_ctx, &parameters) != 1 ||
		(ctx = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL)) == NULL ||
		EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_generate(ctx, &pkey) != 1)
		abort();
	EVP_PKEY_free(parameters);
	EVP_PKEY_CTX_free(parameter_ctx);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* M03 to M05. */
static void test_types(void)
{
	EVP_PKEY *explicit = new_pkey("EC", OSSL_PKEY_PARAM_GROUP_NAME, "P-256");

	check_type(new_pkey("EC", OSSL_PKEY_PARAM_GROUP_NAME, "secp256k1"), "secp256k1");
	check_type(new_pkey("EC", OSSL_PKEY_PARAM_GROUP_NAME, "brainpoolP256r1"), "brainpool");
	check_type(new_pkey("EC", OSSL_PKEY_PARAM_GROUP_NAME, "prime192v1"), "prime192v1");
	check_type(new_pkey("ED448", NULL, NULL), "Ed448");
	check_type(new_pkey("X448", NULL, NULL), "X448");
	check_type(new_pkey("RSA-PSS", NULL, NULL), "a key restricted to RSA-PSS");
	check_type(new_dsa(), "DSA");

	/* The parameters of P-256 spelled out: what CVE-2020-0601 needed. */
	if (EVP_PKEY_set_utf8_string_param(explicit, OSSL_PKEY_PARAM_EC_ENCODING, "explicit") != 1)
		abort();
	check_type(explicit, "explicit curve parameters");
}

/* Keys that PEM brings through, but that are no good keys. */
static void test_weak(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	uint8_t out[JWK_MAX_TEXT_LEN];
	EVP_PKEY *pkey = NULL;
	ByteView pem;
	ByteView jwk;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024) != 1 || EVP_PKEY_generate(ctx, &pkey) != 1)
		abort();
	pem = pkcs8(pkey);
	is_status(read_pem(pem, out, &jwk), JOSE_OK, "RSA of 1024 bits is PEM");
	is_status(key_status(jwk), JOSE_KEY_WEAK, "but no key");
	exact_free(pem);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
}

static void test_room(void)
{
	static const char *const kinds[] = {"RS256", "ES512", "EdDSA"};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		TestKey key = key_of(key_text(kinds[i]));
		uint8_t text[PEM_MAX_TEXT_LEN];
		size_t needed = pem_write(&key.jwk, text, sizeof(text)).len;
		uint8_t *exact = exact_filled(needed, 0);
		int wrong = 0;

		ok(needed > 0 && pem_write(&key.jwk, exact, needed).len == needed,
		   "%s: exactly enough room", kinds[i]);
		for (size_t less = 1; less <= needed; less += 37)
		{
			uint8_t *out = exact_filled(needed - less, 0);

			wrong += pem_write(&key.jwk, out, needed - less).data != NULL;
			free(out);
		}
		is_int(wrong, 0, "%s: no PEM in less than %zu bytes", kinds[i], needed);
		free(exact);
		key_close(&key);
	}
}

static void test_likely(void)
{
	ok(pem_is_likely(BYTES_LITERAL(" \n-----BEGIN X")), "a BEGIN line is likely PEM");
	ok(!pem_is_likely(BYTES_LITERAL("{\"kty\":\"oct\"}")), "a JWK is not");
	ok(!pem_is_likely(BYTES_LITERAL("-----BEGIN")), "nor is half a line");
	ok(!pem_is_likely(bytes_of(NULL, 0)), "nor is nothing");
	ok(!pem_is_likely(BYTES_LITERAL(" ")), "nor a blank");
}

int main(void)
{
	test_forms();
	test_frames();
	test_body();
	test_labels();
	test_encrypted();
	test_certificate();
	test_types();
	test_weak();
	test_room();
	test_likely();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
