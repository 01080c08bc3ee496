/*
 * The algorithm table: its rows and no other, by exact name (RFC 7515 section 4.1.1; rows
 * H01-H19).
 */
#include "jose/alg.h"

#include "support/exact.h"
#include "support/tap.h"

/* What a row must say; no curve and no length of a signature where the key decides. */
typedef struct Row
{
	const char *name;
	JoseFamily family;
	JoseKeyType key_type;
	const char *digest;
	size_t hash_len;
	const char *curve;
	size_t signature_len;
} Row;

static const Row rows[] = {
	{"HS256", JOSE_FAMILY_HMAC, JOSE_KEY_OCT, "SHA2-256", 32, NULL, 32},
	{"HS384", JOSE_FAMILY_HMAC, JOSE_KEY_OCT, "SHA2-384", 48, NULL, 48},
	{"HS512", JOSE_FAMILY_HMAC, JOSE_KEY_OCT, "SHA2-512", 64, NULL, 64},
	{"RS256", JOSE_FAMILY_RSA_PKCS1, JOSE_KEY_RSA, "SHA2-256", 32, NULL, 0},
	{"RS384", JOSE_FAMILY_RSA_PKCS1, JOSE_KEY_RSA, "SHA2-384", 48, NULL, 0},
	{"RS512", JOSE_FAMILY_RSA_PKCS1, JOSE_KEY_RSA, "SHA2-512", 64, NULL, 0},
	{"PS256", JOSE_FAMILY_RSA_PSS, JOSE_KEY_RSA, "SHA2-256", 32, NULL, 0},
	{"PS384", JOSE_FAMILY_RSA_PSS, JOSE_KEY_RSA, "SHA2-384", 48, NULL, 0},
	{"PS512", JOSE_FAMILY_RSA_PSS, JOSE_KEY_RSA, "SHA2-512", 64, NULL, 0},
	{"ES256", JOSE_FAMILY_ECDSA, JOSE_KEY_EC, "SHA2-256", 32, "P-256", 64},
	{"ES384", JOSE_FAMILY_ECDSA, JOSE_KEY_EC, "SHA2-384", 48, "P-384", 96},
	{"ES512", JOSE_FAMILY_ECDSA, JOSE_KEY_EC, "SHA2-512", 64, "P-521", 132},
	{"EdDSA", JOSE_FAMILY_EDDSA, JOSE_KEY_OKP, NULL, 0, "Ed25519", 64},
};

/* Two names of tables, or none both times. */
static bool same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		const Row *row = &rows[i];
		const JoseAlg *alg = jose_alg_by_name(view_of(row->name));

		if (!ok(alg != NULL, "%s is a row", row->name))
			continue;
		is_bytes(view_of(alg->name), view_of(row->name), "%s bears its name", row->name);
		ok(alg->family == row->family, "%s is of its family", row->name);
		ok(alg->key_type == row->key_type, "%s has its type of key", row->name);
		ok(same_name(alg->digest, row->digest), "%s has its hash", row->name);
		ok(same_name(alg->curve, row->curve), "%s has its curve", row->name);
		is_int((int64_t) alg->hash_len, (int64_t) row->hash_len, "%s hashes to %zu bytes",
			   row->name, row->hash_len);
		is_int((int64_t) alg->signature_len, (int64_t) row->signature_len,
			   "%s signs with %zu bytes", row->name, row->signature_len);
		ok(alg->hash_len <= JOSE_MAX_HASH_LEN && alg->signature_len <= JOSE_MAX_SIGNATURE_LEN,
		   "%s fits the limits", row->name);
	}
}

/* RFC 9864 names the curve; it is the same algorithm, hence the same row. */
static void test_other_name(void)
{
	ok(jose_alg_by_name(BYTES_LITERAL("Ed25519")) == jose_alg_by_name(BYTES_LITERAL("EdDSA")),
	   "Ed25519 is another name of EdDSA");
}

static void test_foreign_names(void)
{
	static const ByteView names[] = {
		TEXT("none"),     TEXT("None"),    TEXT("NONE"),   TEXT("nOnE"),        TEXT("none "),
		TEXT(""),         TEXT("hs256"),   TEXT("Hs256"),  TEXT("HS256 "),      TEXT(" HS256"),
		TEXT("HS256\0"),  TEXT("HS25"),    TEXT("HS2566"), TEXT("HS"),          TEXT("HS224"),
		TEXT("HS128"),    TEXT("RS1"),     TEXT("RS224"),  TEXT("ES256K"),      TEXT("ES521"),
		TEXT("Ed448"),    TEXT("EDDSA"),   TEXT("eddsa"),  TEXT("ed25519"),     TEXT("X25519"),
		TEXT("RSA1_5"),   TEXT("RS256 "),  TEXT("rs256"),  TEXT("ps256"),       TEXT("es256"),
		TEXT("SHA2-256"), TEXT("A256GCM"), TEXT("dir"),    TEXT("HS\\u003256"),
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		ok(jose_alg_by_name(names[i]) == NULL, "\"%.*s\" (%zu bytes) is no algorithm",
		   (int) names[i].len, (const char *) names[i].data, names[i].len);
	ok(jose_alg_by_name(bytes_of(NULL, 0)) == NULL, "no name is no algorithm");
}

/* Whatever byte of a name is changed: no algorithm, or the one that is called so (RS256, PS256). */
static void test_one_byte_changed(void)
{
	int wrong = 0;
	int tried = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		for (size_t at = 0; at < 5; at++)
		{
			for (int value = 0; value < 256; value++)
			{
				char name[6];
				const JoseAlg *alg;

				memcpy(name, rows[i].name, sizeof(name));
				name[at] = (char) value;
				alg = jose_alg_by_name(bytes_of(name, 5));
				wrong += alg != NULL && memcmp(alg->name, name, 5) != 0;
				tried++;
			}
		}
	}
	is_int(wrong, 0, "a name with one byte changed is no algorithm or another's name (%d names)",
		   tried);
}

int main(void)
{
	test_rows();
	test_other_name();
	test_foreign_names();
	test_one_byte_changed();
	return done();
}
