/*
 * Published signatures: Wycheproof's file of signatures whole and its file of keys, RFC 7515
 * appendix A, RFC 7520 section 4, RFC 8037 appendix A.4. Wycheproof is judged as
 * ../shared/STANDARDS.md says: some labels are wrong, four keys need their alg repaired. Where the
 * algorithm is deterministic the same bytes must come out again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "jose/b64url.h"
#include "jose/jwks.h"
#include "jose/jws.h"
#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/signed.h"
#include "support/tap.h"
#include "support/vectors.h"

#define SIGNATURES "wycheproof/json_web_signature_test.json"
#define SIGNATURE_TESTS 401
#define SIGNATURE_SUMS 4
#define REPAIRED 4
#define KEYS "wycheproof/json_web_key_test.json"
#define KEY_TESTS 26
#define KEY_SUMS 3

typedef struct Totals
{
	int run;
	int accepted;
	int refused;
	int repaired;
} Totals;

static int64_t integer_of(const JsonValue *number)
{
	int64_t value = 0;

	for (size_t i = 0; i < number->text.len; i++)
		value = value * 10 + (number->text.data[i] - '0');
	return value;
}

/* 346 and 350: the key says PS256, the token PS384; 347 and 351: ES521 is no algorithm. */
static const char *repaired_alg(int64_t id)
{
	if (id == 346 || id == 350)
		return "\"PS384\"";
	return id == 347 || id == 351 ? "\"ES512\"" : NULL;
}

/* 367 and 370 are byte for byte the valid 357; 372 and 373 contain a '?'; 17 is JSON. */
static bool must_accept(int64_t id, bool label)
{
	if (id == 367 || id == 370)
		return true;
	if (id == 372 || id == 373 || id == 17 || repaired_alg(id) != NULL)
		return false;
	return label;
}

static JoseStatus verify_under(ByteView key_text_of_group, ByteView token)
{
	TestKey key;
	JoseStatus status = key_read(key_text_of_group, &key);

	if (status == JOSE_OK)
		status = signed_verify(token, &key.jwk);
	key_close(&key);
	return status;
}

static void count(Totals *totals, JoseStatus status)
{
	totals->run++;
	*(status == JOSE_OK ? &totals->accepted : &totals->refused) += 1;
}

static bool is_valid(const JsonValue *test)
{
	JsonValue result = member_at(test, "result");

	return json_string_equals(&result, BYTES_LITERAL("valid"));
}

/* Runs one test of a Wycheproof file under its group's key. */
typedef void (*TestRunner)(const JsonValue *test, const JsonValue *key, Totals *totals);

/* Every test of every group; the public key where there is one, else the private one. */
static bool run_wycheproof(const char *path, int assertions, TestRunner run, Totals *totals)
{
	ByteView bytes;
	JsonValue file;
	JsonValue groups;
	JsonValue group;
	JsonCursor cursor;

	if (!vectors_read_json(path, assertions, &bytes, &file))
		return false;
	groups = member_at(&file, "testGroups");
	cursor = json_cursor(&groups);
	while (json_next_element(&cursor, &group))
	{
		JsonValue key = member_at(&group, "public");
		JsonValue tests = member_at(&group, "tests");
		JsonCursor each = json_cursor(&tests);
		JsonValue test;

		if (key.type != JSON_OBJECT)
			key = member_at(&group, "private");
		while (json_next_element(&each, &test))
			run(&test, &key, totals);
	}
	exact_free(bytes);
	return true;
}

static void run_signature(const JsonValue *test, const JsonValue *key_json, Totals *totals)
{
	ByteView key = key_json->text;
	JsonValue id_value = member_at(test, "tcId");
	JsonValue comment = member_at(test, "comment");
	JsonValue jws = member_at(test, "jws");
	int64_t id = integer_of(&id_value);
	ByteView token = string_bytes(&jws);
	JoseStatus status = verify_under(key, token);

	ok((status == JOSE_OK) == must_accept(id, is_valid(test)), "Wycheproof %d %.*s: %s", (int) id,
	   (int) comment.text.len, (const char *) comment.text.data, status_name(status));
	count(totals, status);
	if (repaired_alg(id) != NULL)
	{
		ByteView repaired = with_member(key, "alg", repaired_alg(id));

		status = verify_under(repaired, token);
		is_status(status, JOSE_OK, "Wycheproof %d with the key's alg repaired", (int) id);
		totals->repaired += status == JOSE_OK;
		exact_free(repaired);
	}
	exact_free(token);
}

static void test_wycheproof_signatures(void)
{
	Totals totals = {0};

	if (!run_wycheproof(SIGNATURES, SIGNATURE_TESTS + REPAIRED + SIGNATURE_SUMS, run_signature,
						&totals))
		return;
	is_int(totals.run, SIGNATURE_TESTS, "Wycheproof signatures: all were run");
	is_int(totals.accepted, 42, "Wycheproof signatures: accepted");
	is_int(totals.refused, 359, "Wycheproof signatures: refused");
	is_int(totals.repaired, REPAIRED, "Wycheproof signatures: accepted after repair");
	note("Wycheproof signatures: %d run, %d accepted and %d after repair, %d refused", totals.run,
		 totals.accepted, totals.repaired, totals.refused);
}

static bool is_oct(const JsonValue *key)
{
	JsonValue kty = member_at(key, "kty");

	return json_string_equals(&kty, BYTES_LITERAL("oct"));
}

/* Whether a set consists of secrets alone, each with a kid of its own. */
static bool is_secret_set(const JsonValue *set)
{
	JsonValue keys = member_at(set, "keys");
	JsonCursor cursor = json_cursor(&keys);
	JsonValue key;

	while (json_next_element(&cursor, &key))
	{
		JsonValue kid = member_at(&key, "kid");
		JsonCursor rest = cursor;
		JsonValue other;

		if (!is_oct(&key))
			return false;
		while (json_next_element(&rest, &other))
		{
			JsonValue other_kid = member_at(&other, "kid");

			if (json_string_equals(&other_kid, kid.text))
				return false;
		}
	}
	return true;
}

/*
 * A set for a verifier must be public. Some of this file's are secrets that both sides hold: of
 * such a set, with no other kind of key in it, the caller takes the key of the token's kid.
 */
static JoseStatus select_key(const JsonValue *set, ByteView token, Jwk *jwk)
{
	uint8_t json[JWS_MAX_HEADER_LEN];
	JwsHeader header;
	JwsParts parts;
	size_t len;
	size_t error_at;
	JoseStatus status = jwks_check(set->text, &error_at);

	*jwk = (Jwk) {0};
	if (status != JOSE_OK && !is_secret_set(set))
		return status;
	if (jws_split(token, &parts) != JOSE_OK ||
		b64url_decode(parts.header, json, sizeof(json), &len) != JOSE_OK ||
		jws_read_header(bytes_of(json, len), &header, &error_at) != JOSE_OK)
		return JOSE_NOT_COMPACT;
	if (jose_alg_by_name(header.alg.text) == NULL)
		return JOSE_UNSUPPORTED_ALG;
	return jwks_select(set->text, &header.kid, jose_alg_by_name(header.alg.text), jwk);
}

static void run_key(const JsonValue *test, const JsonValue *set, Totals *totals)
{
	JsonValue id = member_at(test, "tcId");
	JsonValue comment = member_at(test, "comment");
	JsonValue jws = member_at(test, "jws");
	ByteView token = string_bytes(&jws);
	Jwk jwk;
	JoseStatus status = select_key(set, token, &jwk);

	if (status == JOSE_OK)
		status = signed_verify(token, &jwk);
	ok((status == JOSE_OK) == is_valid(test), "Wycheproof key %.*s %.*s: %s", (int) id.text.len,
	   (const char *) id.text.data, (int) comment.text.len, (const char *) comment.text.data,
	   status_name(status));
	count(totals, status);
	jwk_close(&jwk);
	exact_free(token);
}

static void test_wycheproof_keys(void)
{
	Totals totals = {0};

	if (!run_wycheproof(KEYS, KEY_TESTS + KEY_SUMS, run_key, &totals))
		return;
	is_int(totals.run, KEY_TESTS, "Wycheproof keys: all were run");
	is_int(totals.accepted, 5, "Wycheproof keys: accepted");
	is_int(totals.refused, 21, "Wycheproof keys: refused");
	note("Wycheproof keys: %d run, %d accepted, %d refused", totals.run, totals.accepted,
		 totals.refused);
}

/* The key of CVE-2017-15361 in that file is refused for its modulus, not for another reason. */
static void test_roca(void)
{
	ByteView bytes;
	JsonValue file;
	JsonValue groups;
	JsonValue group;
	JsonCursor cursor;
	int found = 0;

	if (!vectors_read_json(KEYS, 2, &bytes, &file))
		return;
	groups = member_at(&file, "testGroups");
	cursor = json_cursor(&groups);
	while (json_next_element(&cursor, &group))
	{
		JsonValue comment = member_at(&group, "comment");
		JsonValue keys = member_at(&group, "public/keys");
		JsonCursor each;
		JsonValue key;

		if (!json_string_equals(&comment, BYTES_LITERAL("jws_rsa_roca_key")))
			continue;
		each = json_cursor(&keys);
		while (json_next_element(&each, &key))
			is_status(key_status(key.text), JOSE_KEY_WEAK, "the ROCA key %d", ++found);
	}
	is_int(found, 1, "one ROCA key");
	exact_free(bytes);
}

/* A good token of a key; made again with identical bytes where that can be. */
static void check_token(ByteView key_json, ByteView token, bool reproducible, const char *what)
{
	TestKey key;
	ByteView again;
	JwsParts parts;
	uint8_t header[JWS_MAX_HEADER_LEN];
	uint8_t bytes[JOSE_MAX_SIGNATURE_LEN];
	JwsHeader read;
	size_t len;
	size_t error_at;

	if (!is_status(key_read(key_json, &key), JOSE_OK, "%s: the key", what))
	{
		key_close(&key);
		return;
	}
	is_status(signed_verify(token, &key.jwk), JOSE_OK, "%s: verifies", what);
	if (jws_split(token, &parts) != JOSE_OK ||
		b64url_decode(parts.header, header, sizeof(header), &len) != JOSE_OK ||
		jws_read_header(bytes_of(header, len), &read, &error_at) != JOSE_OK)
		abort();
	signed_bytes(parts.signing_input, &key.jwk, jose_alg_by_name(read.alg.text), bytes, &len);
	again = signed_with(token, bytes_of(bytes, len));
	if (reproducible)
		is_bytes(again, token, "%s: made again with identical bytes", what);
	else
	{
		is_status(signed_verify(again, &key.jwk), JOSE_OK, "%s: made again, verifies", what);
		ok(!bytes_equal(again, token), "%s: with other bytes, as it must", what);
	}
	exact_free(again);
	key_close(&key);
}

static void test_rfc7515(void)
{
	static const struct
	{
		const char *name;
		bool reproducible;
	} rows[] = {{"rfc7515_A.1", true},
				{"rfc7515_A.2", true},
				{"rfc7515_A.3", false},
				{"rfc7515_A.4", false}};
	int found = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		char path[96];
		ByteView key = {NULL, 0};
		ByteView token = {NULL, 0};

		snprintf(path, sizeof(path), "latchset-jose/tests/vectors/%s.jwk", rows[i].name);
		if (!vectors_read(path, &key))
		{
			vectors_skip(path, rows[i].reproducible ? 3 : 4);
			continue;
		}
		snprintf(path, sizeof(path), "latchset-jose/tests/vectors/%s.jwsc", rows[i].name);
		if (ok(vectors_read(path, &token), "%s: its token", rows[i].name))
			check_token(key, token, rows[i].reproducible, rows[i].name);
		found++;
		exact_free(token);
		exact_free(key);
	}
	note("RFC 7515 appendix A: %d of %zu tokens", found, COUNT_OF(rows));
}

/* A.5 is unsecured: refused under every key. */
static void test_rfc7515_none(void)
{
	static const char *const kinds[] = {"HS256", "RS256", "ES256", "EdDSA"};
	ByteView token;

	if (!vectors_read("latchset-jose/tests/vectors/rfc7515_A.5.jwsc", &token))
	{
		vectors_skip("latchset-jose/tests/vectors/rfc7515_A.5.jwsc", COUNT_OF(kinds));
		return;
	}
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		ok(verify_under(key_text(kinds[i]), token) != JOSE_OK, "RFC 7515 A.5 under a key for %s",
		   kinds[i]);
	exact_free(token);
}

/* One for each case of the cookbook that was there, so that the total is seen. */
static int cookbook_cases = 0;

static void run_cookbook(const char *path, const char *what)
{
	ByteView bytes;
	JsonValue file;
	JsonValue key;
	JsonValue compact;
	JsonValue reproducible;
	ByteView token;

	if (!vectors_read_json(path, 3, &bytes, &file))
		return;
	cookbook_cases++;
	key = member_at(&file, "input/key");
	compact = member_at(&file, "output/compact");
	reproducible = member_at(&file, "reproducible");
	token = string_bytes(&compact);
	check_token(key.text, token, reproducible.type == JSON_TRUE, what);
	exact_free(token);
	exact_free(bytes);
}

/* What is signed, as the case spells it, gives the same signature again. */
static void check_input(const char *path, const char *what)
{
	ByteView bytes;
	JsonValue file;

	if (!vectors_read_json(path, 1, &bytes, &file))
		return;
	cookbook_cases++;

	JsonValue key_json = member_at(&file, "input/key");
	JsonValue name = member_at(&file, "input/alg");
	JsonValue input = member_at(&file, "signing/sig-input");
	JsonValue signature = member_at(&file, "signing/sig");
	ByteView expected = string_decoded(&signature);
	TestKey key = key_of(key_json.text);
	uint8_t made[JOSE_MAX_SIGNATURE_LEN];
	size_t len;

	signed_bytes(input.text, &key.jwk, jose_alg_by_name(name.text), made, &len);
	is_bytes(bytes_of(made, len), expected, "%s: the signature of its input", what);
	key_close(&key);
	exact_free(expected);
	exact_free(bytes);
}

/* 4.5 leaves the payload out of its compact form, which is no token then. */
static void test_detached(void)
{
	const char *path = "rfc7520/jws/4_5.signature_with_detached_content.json";
	ByteView bytes;
	JsonValue file;
	JsonValue key;
	JsonValue compact;

	if (!vectors_read_json(path, 1, &bytes, &file))
		return;
	key = member_at(&file, "input/key");
	compact = member_at(&file, "output/compact");
	is_status(verify_under(key.text, compact.text), JOSE_BAD_SIGNATURE,
			  "RFC 7520 4.5: a detached payload is refused");
	exact_free(bytes);
}

/* 4.6 to 4.8 have only JSON serializations; of those that are reproducible the input is signed. */
static void test_rfc7520(void)
{
	run_cookbook("rfc7520/jws/4_1.rsa_v15_signature.json", "RFC 7520 4.1");
	run_cookbook("rfc7520/jws/4_2.rsa-pss_signature.json", "RFC 7520 4.2");
	run_cookbook("rfc7520/jws/4_3.ecdsa_signature.json", "RFC 7520 4.3");
	run_cookbook("rfc7520/jws/4_4.hmac-sha2_integrity_protection.json", "RFC 7520 4.4");
	run_cookbook("rfc7520/curve25519/jws.json", "the cookbook's Ed25519");
	check_input("rfc7520/jws/4_5.signature_with_detached_content.json", "RFC 7520 4.5");
	check_input("rfc7520/jws/4_6.protecting_specific_header_fields.json", "RFC 7520 4.6");
	check_input("rfc7520/jws/4_7.protecting_content_only.json", "RFC 7520 4.7");
	test_detached();
	note("RFC 7520 section 4: %d of 8 cases, all that are reproducible with identical bytes",
		 cookbook_cases);
}

/* The example proof of RFC 9449 under the key in its own header, as a DPoP verifier would. */
static bool check_dpop_proof(const JsonValue *answer)
{
	JsonValue proof = member_at(answer, "input/dpop");
	JsonValue header;
	JsonValue jwk;
	JwsParts parts;
	uint8_t bytes[512];
	size_t len;
	size_t error_at;

	if (proof.type != JSON_STRING)
		return false;
	if (jws_split(proof.text, &parts) != JOSE_OK ||
		b64url_decode(parts.header, bytes, sizeof(bytes), &len) != JOSE_OK ||
		json_read_value(bytes_of(bytes, len), &header, &error_at) != JOSE_OK)
		abort();
	jwk = member_at(&header, "jwk");
	is_status(verify_under(jwk.text, proof.text), JOSE_OK, "RFC 9449 4.1: the proof verifies");
	return true;
}

/* Thumbprints among the known answers are in generate_test; PKCE and at_hash are not for this core. */
static void test_known_answers(void)
{
	ByteView bytes;
	JsonValue file;
	JsonValue answer;
	JsonCursor cursor;
	int found = 0;

	if (!vectors_read_json("known_answers.json", 5, &bytes, &file))
		return;
	cursor = json_cursor(&file);
	while (json_next_element(&cursor, &answer))
	{
		JsonValue id = member_at(&answer, "id");
		JsonValue jwk = member_at(&answer, "input/jwk");
		JsonValue jws = member_at(&answer, "expect/jws");

		found += check_dpop_proof(&answer);
		if (!json_string_equals(&id, BYTES_LITERAL("rfc8037-A.4")))
			continue;
		found++;
		check_token(jwk.text, jws.text, true, "RFC 8037 A.4");
	}
	is_int(found, 2, "the tokens among the known answers: RFC 8037 A.4 and RFC 9449 4.1");
	exact_free(bytes);
}

int main(void)
{
	test_wycheproof_signatures();
	test_wycheproof_keys();
	test_roca();
	test_rfc7515();
	test_rfc7515_none();
	test_rfc7520();
	test_known_answers();
	return done();
}
