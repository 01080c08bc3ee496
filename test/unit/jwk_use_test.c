/*
 * What a key may be used for: use, key_ops and alg (RFC 7517 sections 4.2 to 4.4; rows Q31 to Q33,
 * Q64, Q80 to Q85), and kid.
 */
#include "jose/jwk.h"

#include "support/exact.h"
#include "support/keys.h"
#include "support/tap.h"

#define SIGN JWK_OP_SIGN
#define VERIFY JWK_OP_VERIFY
#define SIGNATURE JWK_OPS_SIGNATURE
#define ENCRYPTION JWK_OPS_ENCRYPTION

/* use and key_ops as raw JSON, NULL where absent, and what they leave. */
typedef struct UseRow
{
	const char *use;
	const char *key_ops;
	JoseStatus expected;
	unsigned operations;
} UseRow;

static const UseRow use_rows[] = {
	{NULL, NULL, JOSE_OK, JWK_OPS_ALL},
	{"\"sig\"", NULL, JOSE_OK, SIGNATURE},
	{"\"enc\"", NULL, JOSE_OK, ENCRYPTION},
	{"\"s\\u0069g\"", NULL, JOSE_OK, SIGNATURE},
	{"\"Sig\"", NULL, JOSE_OK, 0},
	{"\"\"", NULL, JOSE_OK, 0},
	{"\"tls\"", NULL, JOSE_OK, 0},
	{"1", NULL, JOSE_KEY_MALFORMED, 0},
	{"null", NULL, JOSE_KEY_MALFORMED, 0},
	{"[\"sig\"]", NULL, JOSE_KEY_MALFORMED, 0},
	{NULL, "[\"sign\"]", JOSE_OK, SIGN},
	{NULL, "[\"verify\"]", JOSE_OK, VERIFY},
	{NULL, "[\"sign\",\"verify\"]", JOSE_OK, SIGNATURE},
	{NULL, "[\"v\\u0065rify\"]", JOSE_OK, VERIFY},
	{NULL, "[\"encrypt\"]", JOSE_OK, JWK_OP_ENCRYPT},
	{NULL, "[\"decrypt\"]", JOSE_OK, JWK_OP_DECRYPT},
	{NULL, "[\"wrapKey\"]", JOSE_OK, JWK_OP_WRAP_KEY},
	{NULL, "[\"unwrapKey\"]", JOSE_OK, JWK_OP_UNWRAP_KEY},
	{NULL, "[\"deriveKey\"]", JOSE_OK, JWK_OP_DERIVE_KEY},
	{NULL, "[\"deriveBits\"]", JOSE_OK, JWK_OP_DERIVE_BITS},
	{NULL, "[\"verify\",\"encrypt\"]", JOSE_OK, VERIFY | JWK_OP_ENCRYPT},
	{NULL, "[\"verify\",\"something\"]", JOSE_OK, VERIFY},
	{NULL, "[\"something\"]", JOSE_OK, 0},
	{NULL, "[\"Sign\"]", JOSE_OK, 0},
	{NULL, "[\"sign, verify\"]", JOSE_OK, 0},
	{NULL, "[]", JOSE_OK, 0},
	{NULL, "[\"verify\",\"verify\"]", JOSE_KEY_MALFORMED, 0},
	{NULL, "[\"verify\",\"sign\",\"v\\u0065rify\"]", JOSE_KEY_MALFORMED, 0},
	{NULL, "[1]", JOSE_KEY_MALFORMED, 0},
	{NULL, "[\"verify\",null]", JOSE_KEY_MALFORMED, 0},
	{NULL, "\"verify\"", JOSE_KEY_MALFORMED, 0},
	{NULL, "{\"verify\":true}", JOSE_KEY_MALFORMED, 0},
	{NULL, "null", JOSE_KEY_MALFORMED, 0},
	{"\"sig\"", "[\"verify\"]", JOSE_OK, VERIFY},
	{"\"sig\"", "[\"something\"]", JOSE_OK, 0},
	{"\"enc\"", "[\"wrapKey\"]", JOSE_OK, JWK_OP_WRAP_KEY},
	{"\"sig\"", "[\"encrypt\"]", JOSE_KEY_WRONG_USE, 0},
	{"\"sig\"", "[\"verify\",\"decrypt\"]", JOSE_KEY_WRONG_USE, 0},
	{"\"enc\"", "[\"sign\"]", JOSE_KEY_WRONG_USE, 0},
	{"\"tls\"", "[\"sign\"]", JOSE_KEY_WRONG_USE, 0},
};

static const char *shown(const char *raw)
{
	return raw != NULL ? raw : "absent";
}

static void check_use_row(const char *alg_name, const UseRow *row)
{
	const JoseAlg *alg = jose_alg_by_name(view_of(alg_name));
	ByteView with_use = with_member(key_text(alg_name), "use", row->use);
	ByteView text = with_member(with_use, "key_ops", row->key_ops);
	TestKey key;
	JoseStatus status = key_read(text, &key);

	is_status(status, row->expected, "%s: use %s, key_ops %s", alg_name, shown(row->use),
			  shown(row->key_ops));
	if (status == JOSE_OK)
	{
		is_int(key.jwk.operations, row->operations, "%s: what is left of it", alg_name);
		is_status(jwk_check_alg(&key.jwk, alg, SIGN),
				  (row->operations & SIGN) != 0 ? JOSE_OK : JOSE_KEY_WRONG_USE, "%s: may it sign",
				  alg_name);
		is_status(jwk_check_alg(&key.jwk, alg, VERIFY),
				  (row->operations & VERIFY) != 0 ? JOSE_OK : JOSE_KEY_WRONG_USE,
				  "%s: may it verify", alg_name);
	}
	key_close(&key);
	exact_free(text);
	exact_free(with_use);
}

static void test_uses(void)
{
	for (size_t i = 0; i < COUNT_OF(use_rows); i++)
	{
		check_use_row("HS256", &use_rows[i]);
		check_use_row("ES256", &use_rows[i]);
	}
}

/* Algorithms, the key type that each needs, and for EC the curve. */
static const char *const algs[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
								   "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"};

/* One key of each kind: HS256 stands for all secrets, RS256 for all of RSA. */
static const char *const kinds[] = {"HS256", "RS256", "ES256", "ES384", "ES512", "EdDSA"};

static bool is_kind_of(const char *kind, const char *alg)
{
	const JoseAlg *a = jose_alg_by_name(view_of(kind));
	const JoseAlg *b = jose_alg_by_name(view_of(alg));

	return a->key_type == b->key_type && (a->curve == NULL || strcmp(a->curve, b->curve) == 0);
}

/* The key with alg: accepted where the type has that algorithm, and then for that one alone. */
static void check_own_alg(const char *kind, const char *own)
{
	char raw[32];
	ByteView text;
	TestKey key;
	JoseStatus status;
	int wrong = 0;

	raw[0] = '"';
	memcpy(raw + 1, own, strlen(own));
	memcpy(raw + 1 + strlen(own), "\"", 2);
	text = with_member(key_text(kind), "alg", raw);
	status = key_read(text, &key);
	is_status(status, is_kind_of(kind, own) ? JOSE_OK : JOSE_KEY_WRONG_USE,
			  "the key for %s with alg %s", kind, own);
	for (size_t i = 0; status == JOSE_OK && i < COUNT_OF(algs); i++)
	{
		const JoseAlg *alg = jose_alg_by_name(view_of(algs[i]));
		bool fits = alg == jose_alg_by_name(view_of(own));

		wrong += (jwk_check_alg(&key.jwk, alg, VERIFY) == JOSE_OK) != fits;
	}
	if (status == JOSE_OK)
		is_int(wrong, 0, "is for no other algorithm");
	key_close(&key);
	exact_free(text);
}

static void test_algs(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		TestKey key = key_of(key_text(kinds[i]));
		int wrong = 0;

		for (size_t j = 0; j < COUNT_OF(algs); j++)
		{
			JoseStatus status = jwk_check_alg(&key.jwk, jose_alg_by_name(view_of(algs[j])), SIGN);

			wrong += (status == JOSE_OK) != is_kind_of(kinds[i], algs[j]);
			check_own_alg(kinds[i], algs[j]);
		}
		is_int(wrong, 0, "without alg, the key for %s is for its type and curve", kinds[i]);
		key_close(&key);
	}
}

/* An alg that is none of ours is kept, and is no algorithm's key (7517-02, 7517-04). */
static void test_foreign_alg(void)
{
	static const char *const raws[] = {"\"ES521\"",  "\"none\"",       "\"RSA1_5\"", "\"A256KW\"",
									   "\"ES256 \"", "\"es256\"",      "\"\"",       "\"RSA-OAEP\"",
									   "\"ES256K\"", "\"E\\u0053256\""};

	for (size_t i = 0; i < COUNT_OF(raws); i++)
	{
		ByteView text = with_member(key_text("ES256"), "alg", raws[i]);
		TestKey key;

		is_status(key_read(text, &key), JOSE_OK, "alg %s is read", raws[i]);
		is_status(jwk_check_alg(&key.jwk, jose_alg_by_name(BYTES_LITERAL("ES256")), SIGN),
				  JOSE_KEY_WRONG_USE, "alg %s does not sign as ES256", raws[i]);
		key_close(&key);
		exact_free(text);
	}
}

static void test_label_types(void)
{
	static const char *const raws[] = {"1", "null", "[]", "{}", "true", "[\"ES256\"]"};
	ByteView text = with_member(key_text("ES256"), "kid", "\"k\\u0069d\"");
	TestKey key = key_of(text);

	ok(json_string_equals(&key.jwk.kid, BYTES_LITERAL("kid")), "kid is had back, unescaped");
	key_close(&key);
	exact_free(text);
	for (size_t i = 0; i < COUNT_OF(raws); i++)
	{
		text = with_member(key_text("ES256"), "kid", raws[i]);
		is_status(key_status(text), JOSE_KEY_MALFORMED, "kid %s", raws[i]);
		exact_free(text);
		text = with_member(key_text("ES256"), "alg", raws[i]);
		is_status(key_status(text), JOSE_KEY_MALFORMED, "alg %s", raws[i]);
		exact_free(text);
	}
}

int main(void)
{
	test_uses();
	test_algs();
	test_foreign_alg();
	test_label_types();
	return done();
}
