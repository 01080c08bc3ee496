/*
 * Algorithm confusion (rows A, H18, R13, S15 to S17; RFC 8725 sections 2.1 and 3.1): every kind of
 * key under every name that a header can have, with and without alg in the key, and HMAC keyed with
 * every encoding of a public key.
 */
#include "jose/jwk.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/encoder.h>
#include <openssl/err.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/signed.h"
#include "support/tap.h"

static const char *const algs[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
								   "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};

/* What else a header may say: none, names in other cases, algorithms that are not offered. */
static const char *const foreign[] = {"none",  "None",   "NONE",   "nOnE",   "",       "hs256",
									  "rs256", "ES256K", "ES512K", "Ed448",  "RSA1_5", "HS256 ",
									  "dir",   "A256KW", "ES521",  "ECDH-ES"};

static ByteView labelled(const char *kind, const char *alg)
{
	char raw[32];

	snprintf(raw, sizeof(raw), "\"%s\"", alg);
	return with_member(key_text(kind), "alg", raw);
}

/* The same signature under a header of another name. */
static ByteView renamed(const char *header_alg, const char *signed_alg, const Jwk *jwk)
{
	char header[64];

	snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", header_alg);
	return signed_token(header, BYTES_LITERAL("payload"), jwk,
						jose_alg_by_name(view_of(signed_alg)));
}

/*
 * The token is signed as `made` and says so, or says something else; the key is the right one, with
 * or without its alg. Only what is signed as the header says, by a key that is for it, verifies.
 */
static void check_headers(const char *made, bool key_names_alg)
{
	ByteView text = key_names_alg ? labelled(made, made) : exact_copy(key_text(made));
	TestKey key = key_of(text);
	int wrong = 0;

	for (size_t i = 0; i < COUNT_OF(algs); i++)
	{
		ByteView token = renamed(algs[i], made, &key.jwk);

		wrong += (signed_verify(token, &key.jwk) == JOSE_OK) != (strcmp(algs[i], made) == 0);
		exact_free(token);
	}
	for (size_t i = 0; i < COUNT_OF(foreign); i++)
	{
		ByteView token = renamed(foreign[i], made, &key.jwk);

		wrong += signed_verify(token, &key.jwk) == JOSE_OK;
		exact_free(token);
	}
	is_int(wrong, 0, "%s signature, key %s alg: of %zu names only the right one verifies", made,
		   key_names_alg ? "with" : "without", COUNT_OF(algs) + COUNT_OF(foreign));
	key_close(&key);
	exact_free(text);
}

/* The token is good; every key but its own, with and without alg, refuses it. */
static void check_keys(const char *made)
{
	TestKey own = key_of(key_text(made));
	ByteView token = signed_as(made, BYTES_LITERAL("payload"), &own.jwk);
	int wrong = 0;

	for (size_t i = 0; i < COUNT_OF(algs); i++)
	{
		ByteView text = labelled(algs[i], algs[i]);
		TestKey bare = key_of(key_text(algs[i]));
		TestKey key = key_of(text);
		bool is_own_kind = bytes_equal(key_text(algs[i]), key_text(made));

		wrong += (signed_verify(token, &key.jwk) == JOSE_OK) != (strcmp(algs[i], made) == 0);
		wrong += (signed_verify(token, &bare.jwk) == JOSE_OK) != is_own_kind;
		key_close(&key);
		key_close(&bare);
		exact_free(text);
	}
	is_int(wrong, 0, "%s token: of %zu keys only its own verifies it", made, 2 * COUNT_OF(algs));
	exact_free(token);
	key_close(&own);
}

/* RS256 and PS256 share their key: its alg decides (R13). */
static void test_own_alg(void)
{
	for (size_t i = 0; i < COUNT_OF(algs); i++)
	{
		TestKey own = key_of(key_text(algs[i]));
		ByteView token = signed_as(algs[i], BYTES_LITERAL("payload"), &own.jwk);

		for (size_t j = 0; j < COUNT_OF(algs); j++)
		{
			ByteView text;
			TestKey key;

			if (!bytes_equal(key_text(algs[i]), key_text(algs[j])))
				continue;
			text = labelled(algs[i], algs[j]);
			key = key_of(text);
			is_status(signed_verify(token, &key.jwk), i == j ? JOSE_OK : JOSE_KEY_WRONG_USE,
					  "a token of %s and its key with alg %s", algs[i], algs[j]);
			key_close(&key);
			exact_free(text);
		}
		exact_free(token);
		key_close(&own);
	}
}

/* HMAC by the bytes that an attacker would take; freed by exact_free. */
static ByteView forged(const char *hmac, ByteView secret)
{
	TestKey key;
	ByteView text = with_bytes(BYTES_LITERAL("{\"kty\":\"oct\"}"), "k", secret);
	ByteView token;

	key = key_of(text);
	token = signed_as(hmac, BYTES_LITERAL("payload"), &key.jwk);
	key_close(&key);
	exact_free(text);
	return token;
}

/*
 * The forged token under the public key itself, and, where the bytes give themselves away, under a
 * symmetric key that somebody made of them.
 */
static void check_forged(const char *kind, ByteView secret, bool is_telling, const char *what)
{
	static const char *const hmacs[] = {"HS256", "HS384", "HS512"};
	ByteView public = key_public(key_text(kind));
	TestKey key = key_of(public);
	ByteView oct = with_bytes(BYTES_LITERAL("{\"kty\":\"oct\"}"), "k", secret);
	TestKey symmetric = key_of(oct);

	for (size_t i = 0; i < COUNT_OF(hmacs); i++)
	{
		ByteView token;

		if (secret.len < jose_alg_by_name(view_of(hmacs[i]))->hash_len)
			continue;
		token = forged(hmacs[i], secret);
		is_status(signed_verify(token, &key.jwk), JOSE_KEY_WRONG_USE, "%s keyed with %s of %s",
				  hmacs[i], what, kind);
		if (is_telling)
			is_status(signed_verify(token, &symmetric.jwk), JOSE_KEY_WRONG_USE,
					  "%s of %s as a secret", what, kind);
		exact_free(token);
	}
	key_close(&symmetric);
	exact_free(oct);
	key_close(&key);
	exact_free(public);
}

/* The encodings of OpenSSL: format PEM or DER, with a structure. */
static void check_encoding(const char *kind, const char *format, const char *structure)
{
	TestKey key = key_of(key_text(kind));
	OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(key.jwk.pkey, EVP_PKEY_PUBLIC_KEY, format,
														  structure, NULL);
	unsigned char *data = NULL;
	size_t len = 0;
	char what[64];

	if (ctx == NULL || OSSL_ENCODER_to_data(ctx, &data, &len) != 1)
		abort();
	snprintf(what, sizeof(what), "%s %s", structure, format);
	check_forged(kind, bytes_of(data, len), true, what);
	if (data[len - 1] == '\n')
		check_forged(kind, bytes_of(data, len - 1), true, "PEM without its last line break");
	OPENSSL_free(data);
	OSSL_ENCODER_CTX_free(ctx);
	key_close(&key);
}

/* A01 to A10, A20 to A24, A30, A31. */
static void test_public_key_as_secret(void)
{
	static const char *const kinds[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};
	static const uint8_t zeros[64] = {0};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		static const char *const names[] = {"n", "x", "y"};
		ByteView public = key_public(key_text(kinds[i]));

		check_encoding(kinds[i], "PEM", "SubjectPublicKeyInfo");
		check_encoding(kinds[i], "DER", "SubjectPublicKeyInfo");
		check_forged(kinds[i], public, true, "the JWK");
		check_forged(kinds[i], bytes_of(zeros, sizeof(zeros)), false, "zero bytes instead");
		for (size_t j = 0; j < COUNT_OF(names); j++)
		{
			ByteView bytes = member_bytes(public, names[j]);
			ByteView text = encoded(bytes);

			if (bytes.len > 0)
			{
				check_forged(kinds[i], bytes, false, names[j]);
				check_forged(kinds[i], text, false, "the text of a member");
			}
			exact_free(text);
			exact_free(bytes);
		}
		exact_free(public);
	}
	check_encoding("RS256", "PEM", "type-specific");
	check_encoding("RS256", "DER", "type-specific");
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(algs); i++)
	{
		check_headers(algs[i], false);
		check_headers(algs[i], true);
		check_keys(algs[i]);
	}
	test_own_alg();
	test_public_key_as_secret();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
