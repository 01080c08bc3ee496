/*
 * Key sets: which are refused as a whole (rows Q92 to Q99), what is skipped (7517-02), limits, and
 * which key of a set is a token's.
 */
#include "jose/jwks.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/tap.h"

#define SECRET "{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"
#define UNKNOWN "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AAAA\"}"

static JoseStatus check(ByteView set)
{
	ByteView copy = exact_copy(set);
	size_t error_at = SIZE_MAX;
	JoseStatus status = jwks_check(copy, &error_at);

	exact_free(copy);
	return error_at <= set.len ? status : JOSE_STATUS_COUNT;
}

/* The set of these keys, those of no data left out; freed by exact_free. */
static ByteView set_of(const ByteView *keys, size_t count)
{
	ByteView list = exact_copy(BYTES_LITERAL("{\"keys\":["));
	ByteView set;
	bool first = true;

	for (size_t i = 0; i < count; i++)
	{
		ByteView longer;

		if (keys[i].data == NULL)
			continue;
		longer = joined(list, first ? bytes_of(NULL, 0) : BYTES_LITERAL(","), keys[i]);
		first = false;
		exact_free(list);
		list = longer;
	}
	set = joined(list, BYTES_LITERAL("]}"), bytes_of(NULL, 0));
	exact_free(list);
	return set;
}

static void check_set(ByteView a, ByteView b, JoseStatus expected, const char *what)
{
	const ByteView keys[] = {a, b};
	ByteView set = set_of(keys, 2);

	is_status(check(set), expected, "%s", what);
	exact_free(set);
}

/* The public key for an algorithm with a kid as raw JSON; freed by exact_free. */
static ByteView public_key(const char *alg, const char *kid)
{
	ByteView public = key_public(key_text(alg));
	ByteView named = with_member(public, "kid", kid);

	exact_free(public);
	return named;
}

static void test_no_set(void)
{
	static const ByteView texts[] = {
		TEXT(""),
		TEXT("null"),
		TEXT("[]"),
		TEXT("{}"),
		TEXT("{\"keys\":null}"),
		TEXT("{\"keys\":{}}"),
		TEXT("{\"keys\":{\"0\":" SECRET "}}"),
		TEXT("{\"keys\":\"\"}"),
		TEXT("{\"keys\":[1]}"),
		TEXT("{\"keys\":[null]}"),
		TEXT("{\"keys\":[[]]}"),
		TEXT("{\"keys\":[\"" UNKNOWN "\"]}"),
		TEXT("{\"keys\":[{}]}"),
		TEXT("{\"keys\":[{\"kty\":1}]}"),
		TEXT("{\"keys\":[" UNKNOWN ",2]}"),
		TEXT("{\"keys\":[" UNKNOWN "],\"keys\":[]}"),
		TEXT("{\"keys\":[],\"k\\u0065ys\":[]}"),
		TEXT("{\"keys\":[{\"kty\":\"AKP\",\"a\":1,\"a\":2}]}"),
		TEXT("{\"keys\":[" UNKNOWN ",]}"),
		TEXT("{\"keys\":[" UNKNOWN "]"),
		TEXT("{\"keys\":[" UNKNOWN "]}x"),
		TEXT("{\"Keys\":[" UNKNOWN "]}"),
		TEXT(UNKNOWN),
		TEXT(SECRET),
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		is_status(check(texts[i]), JOSE_KEY_MALFORMED, "%.*s", (int) texts[i].len,
				  (const char *) texts[i].data);
	is_status(check(bytes_of(NULL, 0)), JOSE_KEY_MALFORMED, "no text at all");
	is_status(check(BYTES_LITERAL("{\"keys\":[]}")), JOSE_OK, "a set of no keys");
	is_status(check(BYTES_LITERAL(" {\"next\":[1,{}],\"keys\" : [ ] } ")), JOSE_OK,
			  "with other members and blanks");
}

/* A mistake of its owner that matters: private or symmetric keys in a set that is public. */
static void test_private_members(void)
{
	static const char *const kinds[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};
	ByteView good = public_key("ES256", "\"good\"");

	check_set(BYTES_LITERAL(SECRET), good, JOSE_KEY_WRONG_USE, "a symmetric key in front");
	check_set(good, BYTES_LITERAL(SECRET), JOSE_KEY_WRONG_USE, "a symmetric key behind");
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		ByteView public = key_public(key_text(kinds[i]));

		check_set(good, public, JOSE_OK, "a public key");
		check_set(good, key_text(kinds[i]), JOSE_KEY_WRONG_USE, "the private one of it");
		check_set(key_text(kinds[i]), good, JOSE_KEY_WRONG_USE, "in front");
		exact_free(public);
	}
	exact_free(good);
}

/* What is no key for us is not looked at further; a key that is one, but broken, is. */
static void test_skipped(void)
{
	static const ByteView skipped[] = {
		TEXT(UNKNOWN),
		TEXT("{\"kty\":\"rsa\"}"),
		TEXT("{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":1}"),
		TEXT("{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"AAAA\"}"),
	};
	static const struct
	{
		const char *name;
		const char *raw;
		JoseStatus expected;
	} rows[] = {
		{"use", "\"tls\"", JOSE_OK},
		{"use", "\"enc\"", JOSE_OK},
		{"alg", "\"ECDH-ES\"", JOSE_OK},
		{"alg", "\"ES521\"", JOSE_OK},
		{"alg", "\"ES384\"", JOSE_KEY_WRONG_USE},
		{"alg", "1", JOSE_KEY_MALFORMED},
		{"use", "1", JOSE_KEY_MALFORMED},
		{"key_ops", "[\"verify\",\"verify\"]", JOSE_KEY_MALFORMED},
		{"x", "\"AAAA\"", JOSE_KEY_MALFORMED},
		{"x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", JOSE_KEY_INCONSISTENT},
	};
	ByteView good = public_key("ES256", "\"good\"");

	for (size_t i = 0; i < COUNT_OF(skipped); i++)
	{
		check_set(skipped[i], good, JOSE_OK, (const char *) skipped[i].data);
		check_set(good, skipped[i], JOSE_OK, (const char *) skipped[i].data);
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		ByteView altered = with_member(good, rows[i].name, rows[i].raw);
		ByteView renamed = with_member(altered, "kid", "\"other\"");

		is_status(check(altered), JOSE_KEY_MALFORMED, "a key is no set");
		check_set(good, renamed, rows[i].expected, rows[i].raw);
		exact_free(renamed);
		exact_free(altered);
	}
	exact_free(good);
}

static void check_kids(const char *a, const char *b, JoseStatus expected)
{
	ByteView first = public_key("ES256", a);
	ByteView second = public_key("RS256", b);
	char what[120];

	snprintf(what, sizeof(what), "kid %.40s and kid %.40s", a != NULL ? a : "absent",
			 b != NULL ? b : "absent");
	check_set(first, second, expected, what);
	exact_free(second);
	exact_free(first);
}

static void test_kids(void)
{
	char longest[600];
	char other[600];

	check_kids("\"a\"", "\"b\"", JOSE_OK);
	check_kids("\"a\"", "\"A\"", JOSE_OK);
	check_kids("\"a\"", "\"a \"", JOSE_OK);
	check_kids("\"a\"", NULL, JOSE_OK);
	check_kids(NULL, NULL, JOSE_OK);
	check_kids("\"\"", NULL, JOSE_OK);
	check_kids("\"a\"", "\"a\"", JOSE_KEY_MALFORMED);
	check_kids("\"\"", "\"\"", JOSE_KEY_MALFORMED);
	check_kids("\"a\"", "\"\\u0061\"", JOSE_KEY_MALFORMED);
	check_kids("\"\\u0061\"", "\"a\"", JOSE_KEY_MALFORMED);
	check_kids("\"\\u0061b\"", "\"a\\u0062\"", JOSE_KEY_MALFORMED);
	check_kids("\"\\u0061b\"", "\"a\\u0063\"", JOSE_OK);
	check_kids("\"a\"", "1", JOSE_KEY_MALFORMED);

	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "\"\\u0061", 7);
	memcpy(longest + sizeof(longest) - 2, "\"", 2);
	memcpy(other, longest, sizeof(longest));
	check_kids(longest, other, JOSE_KEY_MALFORMED);
	other[1] = 'a';
	memmove(other + 2, other + 7, sizeof(other) - 7);
	check_kids(longest, other, JOSE_KEY_MALFORMED);
	check_kids(other, longest, JOSE_KEY_MALFORMED);

	/* The kid of a key that is skipped is still a kid. */
	check_set(BYTES_LITERAL("{\"kty\":\"AKP\",\"kid\":\"a\"}"),
			  BYTES_LITERAL("{\"kty\":\"AKP\",\"kid\":\"a\"}"), JOSE_KEY_MALFORMED,
			  "one kid for two unknown keys");
}

/* A set of so many unknown keys, each of them short. */
static ByteView many(size_t count)
{
	ByteView key = BYTES_LITERAL("{\"kty\":\"AKP\"}");
	ByteView *keys = calloc(count, sizeof(ByteView));
	ByteView set;

	if (keys == NULL)
		abort();
	for (size_t i = 0; i < count; i++)
		keys[i] = key;
	set = set_of(keys, count);
	free(keys);
	return set;
}

/* M06: a limit, not a long wait. */
static void test_limits(void)
{
	ByteView most = many(JWKS_MAX_KEYS);
	ByteView more = many(JWKS_MAX_KEYS + 1);
	ByteView filler = bytes_of(exact_filled(1 << 20, 'A'), 1 << 20);
	ByteView member = joined(BYTES_LITERAL("{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""), filler,
							 BYTES_LITERAL("\"}"));
	ByteView head = BYTES_LITERAL("{\"keys\":[");
	ByteView list = bytes_of(exact_filled(14 * 100000, ' '), 14 * 100000);
	ByteView hundred_thousand;
	ByteView rest = bytes_of(more.data + head.len, more.len - head.len);
	ByteView symmetric_first = joined(head, BYTES_LITERAL(SECRET ","), rest);

	is_status(check(most), JOSE_OK, "256 keys");
	is_status(check(more), JOSE_KEY_MALFORMED, "257 keys");
	is_status(check(symmetric_first), JOSE_KEY_MALFORMED,
			  "258 keys, counted before the first is looked at");
	check_set(member, bytes_of(NULL, 0), JOSE_KEY_MALFORMED, "a modulus of 1 MiB");
	for (size_t i = 0; i < list.len; i += 14)
		memcpy((uint8_t *) (uintptr_t) list.data + i, "{\"kty\":\"AKP\"},", 14);
	hundred_thousand = joined(head, bytes_of(list.data, list.len - 1), BYTES_LITERAL("]}"));
	is_status(check(hundred_thousand), JOSE_KEY_MALFORMED, "100000 keys");
	exact_free(hundred_thousand);
	exact_free(symmetric_first);
	exact_free(list);
	exact_free(member);
	exact_free(filler);
	exact_free(more);
	exact_free(most);
}

/* Selects for a kid as raw JSON, NULL for a token without one; which key it is, by its thumbprint. */
static void check_select(ByteView set, const char *kid, const char *alg, const char *expected,
						 const char *what)
{
	JsonValue value = {0};
	char thumbprint[JWK_THUMBPRINT_LEN] = {0};
	char wanted[JWK_THUMBPRINT_LEN] = {0};
	size_t error_at;
	Jwk jwk;
	JoseStatus status;

	if (kid != NULL && json_read_value(view_of(kid), &value, &error_at) != JOSE_OK)
		abort();
	status = jwks_select(set, &value, jose_alg_by_name(view_of(alg)), &jwk);
	is_status(status, expected != NULL ? JOSE_OK : JOSE_BAD_SIGNATURE, "%s for %s", what, alg);
	if (status == JOSE_OK && expected != NULL)
	{
		TestKey key = key_of(key_text(expected));

		jwk_thumbprint(&key.jwk, wanted);
		jwk_thumbprint(&jwk, thumbprint);
		is_bytes(bytes_of(thumbprint, sizeof(thumbprint)), bytes_of(wanted, sizeof(wanted)),
				 "the key for %s", expected);
		key_close(&key);
	}
	ok(status == JOSE_OK || jwk.pkey == NULL, "nothing stays open");
	jwk_close(&jwk);
}

static void test_select(void)
{
	ByteView with_kid = public_key("RS256", "\"rsa\"");
	const ByteView keys[] = {public_key("ES256", "\"p\\u00321\""), public_key("ES384", "\"384\""),
							 with_member(with_kid, "alg", "\"PS256\""), public_key("EdDSA", NULL),
							 BYTES_LITERAL(UNKNOWN)};
	ByteView set = set_of(keys, COUNT_OF(keys));
	char unknown[300];

	is_status(check(set), JOSE_OK, "a set of four keys and an unknown one");
	check_select(set, "\"p21\"", "ES256", "ES256", "its kid");
	check_select(set, "\"p\\u00321\"", "ES256", "ES256", "its kid with an escape");
	check_select(set, NULL, "ES256", "ES256", "no kid");
	check_select(set, NULL, "ES384", "ES384", "no kid");
	check_select(set, "\"rsa\"", "PS256", "RS256", "its kid");
	check_select(set, NULL, "PS256", "RS256", "no kid");
	check_select(set, NULL, "EdDSA", "EdDSA", "no kid");
	check_select(set, NULL, "RS256", NULL, "a key with another alg");
	check_select(set, "\"rsa\"", "RS256", NULL, "a key with another alg");
	check_select(set, "\"rsa\"", "ES256", NULL, "the kid of another type");
	check_select(set, "\"384\"", "ES256", NULL, "the kid of another curve");
	check_select(set, NULL, "ES512", NULL, "no such curve");
	check_select(set, NULL, "HS256", NULL, "no symmetric key");
	check_select(set, "\"P21\"", "ES256", NULL, "the kid in other letters");
	check_select(set, "\"p21 \"", "ES256", NULL, "the kid with a blank");
	check_select(set, "\"\"", "ES256", NULL, "an empty kid");
	check_select(set, "\"p2\"", "ES256", NULL, "a beginning of the kid");
	check_select(set, "\"any\"", "EdDSA", NULL, "a kid where the key has none");

	/* However long an unknown kid is, and however it is written, it is nobody's. */
	memset(unknown, 'x', sizeof(unknown));
	unknown[0] = '"';
	memcpy(unknown + sizeof(unknown) - 2, "\"", 2);
	check_select(set, unknown, "ES256", NULL, "an unknown kid of 297 characters");
	memcpy(unknown + 1, "\\u0061", 6);
	check_select(set, unknown, "ES256", NULL, "an unknown kid of 297 characters, one escaped");

	check_select(BYTES_LITERAL("{\"keys\":[]}"), NULL, "ES256", NULL, "an empty set");
	check_select(BYTES_LITERAL("{\"keys\":1}"), NULL, "ES256", NULL, "no set");
	check_select(BYTES_LITERAL("x"), NULL, "ES256", NULL, "no JSON");
	exact_free(set);
	exact_free(with_kid);
	for (size_t i = 0; i + 1 < COUNT_OF(keys); i++)
		exact_free(keys[i]);
}

/* Two keys that fit: without a kid it is not known whose the token is. */
static void test_ambiguous(void)
{
	ByteView other = key_public(key_other_text("ES256"));
	const ByteView keys[] = {public_key("ES256", "\"a\""), with_member(other, "kid", "\"b\"")};
	ByteView set = set_of(keys, COUNT_OF(keys));

	is_status(check(set), JOSE_OK, "two keys for one algorithm");
	check_select(set, NULL, "ES256", NULL, "no kid is ambiguous");
	check_select(set, "\"a\"", "ES256", "ES256", "its kid");
	check_select(set, "\"c\"", "ES256", NULL, "no key's kid");
	exact_free(set);
	exact_free(keys[1]);
	exact_free(keys[0]);
	exact_free(other);
}

static void test_likely(void)
{
	ok(jwks_is_likely(BYTES_LITERAL("{\"keys\":[]}")), "an object with keys is a set");
	ok(jwks_is_likely(BYTES_LITERAL("{\"keys\":1}")), "also when it is a wrong one");
	ok(!jwks_is_likely(BYTES_LITERAL(SECRET)), "a key is none");
	ok(!jwks_is_likely(BYTES_LITERAL("{\"x\":{\"keys\":[]}}")), "nor is keys further down");
	ok(!jwks_is_likely(BYTES_LITERAL("{\"keys\":[]")), "nor is what is no JSON");
	ok(!jwks_is_likely(bytes_of(NULL, 0)), "nor is nothing");
}

int main(void)
{
	test_no_set();
	test_private_members();
	test_skipped();
	test_kids();
	test_limits();
	test_select();
	test_ambiguous();
	test_likely();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
