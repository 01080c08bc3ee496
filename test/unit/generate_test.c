/*
 * Keys that we make: of the right type for every algorithm, written and read again, with one
 * thumbprint however they are written; limits; interruption. Thumbprints of the RFCs.
 */
#include "jose/generate.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "jose/pem.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/signed.h"
#include "support/tap.h"
#include "support/vectors.h"

static const char *const algs[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
								   "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};

static const JwkLabels no_labels = {{NULL, 0}, {NULL, 0}, {NULL, 0}};

static ByteView write_key(const Jwk *jwk, bool with_private, const JwkLabels *labels, uint8_t *out,
						  size_t capacity)
{
	return jwk->pkey == NULL ? jwk_write_oct(jwk, labels, out, capacity)
							 : jwk_write(jwk->pkey, with_private, labels, out, capacity);
}

/* The key read again from its text has this thumbprint. */
static void check_thumbprint(ByteView text, ByteView expected, const char *what)
{
	char thumbprint[JWK_THUMBPRINT_LEN] = {0};
	TestKey key;

	if (!is_status(key_read(text, &key), JOSE_OK, "%s is read", what))
	{
		key_close(&key);
		return;
	}
	is_status(jwk_thumbprint(&key.jwk, thumbprint), JOSE_OK, "its thumbprint is taken");
	is_bytes(bytes_of(thumbprint, sizeof(thumbprint)), expected, "and is the known one");
	key_close(&key);
}

/* As PEM and back (private keys only: oct has no PEM). */
static void check_pem(const Jwk *jwk, ByteView thumbprint)
{
	uint8_t pem_text[PEM_MAX_TEXT_LEN];
	uint8_t jwk_text[JWK_MAX_TEXT_LEN];
	ByteView pem = pem_write(jwk, pem_text, sizeof(pem_text));
	ByteView text = {NULL, 0};

	ok(pem.data != NULL, "it is written as PEM");
	is_status(pem_to_jwk(pem, jwk_text, &text), JOSE_OK, "and read from it");
	if (text.data != NULL)
		check_thumbprint(text, thumbprint, "the key from PEM");
}

/* A token by the new key, verified by what was written of it. */
static void check_signs(const Jwk *jwk, const char *name, ByteView text)
{
	ByteView token = signed_as(name, BYTES_LITERAL("payload"), jwk);
	TestKey key = key_of(text);

	is_status(signed_verify(token, &key.jwk), JOSE_OK, "%s: the written key verifies", name);
	key_close(&key);
	exact_free(token);
}

static void check_round_trip(const char *name)
{
	const JoseAlg *alg = jose_alg_by_name(view_of(name));
	const JwkLabels labels = {view_of(name), BYTES_LITERAL("a \"kid\""), BYTES_LITERAL("sig")};
	uint8_t private_text[JWK_MAX_TEXT_LEN];
	uint8_t public_text[JWK_MAX_TEXT_LEN];
	char thumbprint[JWK_THUMBPRINT_LEN] = {0};
	ByteView expected = bytes_of(thumbprint, sizeof(thumbprint));
	ByteView with_private;
	ByteView public;
	Jwk jwk;

	if (!is_status(generate_key(alg, 2048, NULL, &jwk), JOSE_OK, "%s: a key is made", name))
		return;
	is_status(jwk_check_alg(&jwk, alg, JWK_OP_SIGN), JOSE_OK, "%s: it is for the algorithm", name);
	ok(jwk.is_private && jwk.type == alg->key_type, "%s: private, and of its type", name);
	is_status(jwk_thumbprint(&jwk, thumbprint), JOSE_OK, "%s: it has a thumbprint", name);
	with_private = write_key(&jwk, true, &labels, private_text, sizeof(private_text));
	check_thumbprint(with_private, expected, "the private JWK with labels");
	check_signs(&jwk, name, with_private);
	if (jwk.pkey != NULL)
	{
		public = write_key(&jwk, false, &no_labels, public_text, sizeof(public_text));
		check_thumbprint(public, expected, "the public JWK");
		check_signs(&jwk, name, public);
		check_pem(&jwk, expected);
	}
	else
		is_int((int64_t) jwk.secret_len, (int64_t) alg->hash_len, "%s: a secret of %zu bytes", name,
			   alg->hash_len);
	jwk_close(&jwk);
	ok(all_bytes_are((const uint8_t *) &jwk, sizeof(jwk), 0), "%s: closed, it holds nothing", name);
}

/* Public text has no private member, private text has all of its labels. */
static void test_members(void)
{
	static const char *const private_names[] = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"};
	static const char *const kinds[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};
	uint8_t text[JWK_MAX_TEXT_LEN];
	const JwkLabels labels = {BYTES_LITERAL("alg \\"), BYTES_LITERAL("kid \""), BYTES_LITERAL("u")};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		TestKey key = key_of(key_text(kinds[i]));
		ByteView written = jwk_write(key.jwk.pkey, false, &labels, text, sizeof(text));
		JsonValue object = {0};
		size_t error_at;
		int found = 0;

		is_status(json_read_value(written, &object, &error_at), JOSE_OK, "%s: JSON", kinds[i]);
		for (size_t j = 0; j < COUNT_OF(private_names); j++)
			found += member_at(&object, private_names[j]).type != JSON_ABSENT;
		is_int(found, 0, "%s: the public JWK has no private member", kinds[i]);

		const JsonValue values[] = {member_at(&object, "alg"), member_at(&object, "kid"),
									member_at(&object, "use")};

		ok(json_string_equals(&values[0], labels.alg) &&
			   json_string_equals(&values[1], labels.kid) &&
			   json_string_equals(&values[2], labels.use),
		   "%s: its labels are escaped", kinds[i]);
		key_close(&key);
	}
}

/* Less room than is needed: no data, and nothing of the key left in the buffer. */
static void test_room(void)
{
	static const char *const kinds[] = {"HS512", "RS256", "ES512", "EdDSA"};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		TestKey key = key_of(key_text(kinds[i]));
		uint8_t text[JWK_MAX_TEXT_LEN];
		size_t needed = write_key(&key.jwk, true, &no_labels, text, sizeof(text)).len;
		int wrong = 0;

		for (size_t capacity = 0; capacity < needed; capacity++)
		{
			uint8_t *out = exact_filled(capacity, 0x5A);
			ByteView written = write_key(&key.jwk, true, &no_labels, out, capacity);

			wrong += written.data != NULL || !all_bytes_are(out, capacity, 0);
			free(out);
		}
		is_int(wrong, 0, "%s: no JWK in less than %zu bytes, and what there is wiped", kinds[i],
			   needed);
		key_close(&key);
	}
}

static void test_limits(void)
{
	static const int sizes[] = {-1, 0, 512, 1024, 2047, 8193, 16384, 1 << 30};
	const JoseAlg *alg = jose_alg_by_name(BYTES_LITERAL("PS256"));
	Jwk jwk;

	for (size_t i = 0; i < COUNT_OF(sizes); i++)
	{
		is_status(generate_key(alg, sizes[i], NULL, &jwk), JOSE_KEY_WEAK, "RSA of %d bits",
				  sizes[i]);
		ok(jwk.pkey == NULL, "no key");
	}
	is_status(generate_key(jose_alg_by_name(BYTES_LITERAL("ES256")), 0, NULL, &jwk), JOSE_OK,
			  "the bits of RSA are not looked at for ES256");
	jwk_close(&jwk);
	is_status(generate_key(jose_alg_by_name(BYTES_LITERAL("HS256")), 0, NULL, &jwk), JOSE_OK,
			  "nor for HS256");
	is_status(generate_secret(&jwk, JWK_MAX_SECRET_LEN), JOSE_OK, "a secret of 512 bytes");
	is_int((int64_t) jwk.secret_len, JWK_MAX_SECRET_LEN, "has them");
	is_status(generate_secret(&jwk, JWK_MAX_SECRET_LEN + 1), JOSE_CRYPTO_FAILURE,
			  "a secret of 513 bytes");
	ok(all_bytes_are(jwk.secret, sizeof(jwk.secret), 0), "leaves nothing behind");
	jwk_close(&jwk);
}

static int asked = 0;
static int asked_at_most = 0;

static bool interrupted_at_last(void)
{
	return ++asked > asked_at_most;
}

static bool never(void)
{
	asked++;
	return false;
}

/* An interruption ends the search, though OpenSSL may ask again before it does. */
static void test_interruption(void)
{
	const JoseAlg *alg = jose_alg_by_name(BYTES_LITERAL("RS256"));
	int wrong = 0;
	Jwk jwk;

	for (asked_at_most = 0; asked_at_most < 4; asked_at_most++)
	{
		asked = 0;
		wrong += generate_key(alg, 4096, interrupted_at_last, &jwk) != JOSE_CRYPTO_FAILURE;
		wrong += jwk.pkey != NULL;
		wrong += asked <= asked_at_most;
		jwk_close(&jwk);
	}
	is_int(wrong, 0, "interrupted at the first to the fourth question, there is no key");
	asked = 0;
	is_status(generate_key(alg, 2048, never, &jwk), JOSE_OK, "uninterrupted, there is one");
	ok(asked > 0, "and it was asked");
	jwk_close(&jwk);
}

#define KNOWN_ANSWERS "known_answers.json"

/* The expected thumbprint stands under either name. */
static void check_known(const JsonValue *answer)
{
	JsonValue id = member_at(answer, "id");
	JsonValue jwk = member_at(answer, "input/jwk");
	JsonValue thumbprint = member_at(answer, "expect/thumbprint");
	JsonValue jkt = member_at(answer, "expect/jkt");
	char what[64];

	snprintf(what, sizeof(what), "%.*s", (int) id.text.len, (const char *) id.text.data);
	check_thumbprint(jwk.text, thumbprint.type == JSON_STRING ? thumbprint.text : jkt.text, what);
}

static void test_known_answers(void)
{
	ByteView bytes;
	JsonValue file;
	JsonValue answer;
	JsonCursor cursor;
	int count = 0;

	if (!vectors_read_json(KNOWN_ANSWERS, 10, &bytes, &file))
		return;
	cursor = json_cursor(&file);
	while (json_next_element(&cursor, &answer))
	{
		JsonValue jwk = member_at(&answer, "input/jwk");

		if (jwk.type != JSON_OBJECT ||
			(member_at(&answer, "expect/thumbprint").type == JSON_ABSENT &&
			 member_at(&answer, "expect/jkt").type == JSON_ABSENT))
			continue;
		check_known(&answer);
		count++;
	}
	is_int(count, 3, "thumbprints of RFC 7638, RFC 8037 and RFC 9449: %d", count);
	exact_free(bytes);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(algs); i++)
		check_round_trip(algs[i]);
	test_members();
	test_room();
	test_limits();
	test_interruption();
	test_known_answers();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
