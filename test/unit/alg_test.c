/*
 * The algorithm table: its rows and no other, by exact name (RFC 7515 section 4.1.1; rows
 * H01-H19).
 */
#include "jose/alg.h"

#include "support/exact.h"
#include "support/tap.h"

static void test_rows(void)
{
	static const struct
	{
		const char *name;
		const char *digest;
		size_t hash_len;
	} rows[] = {
		{"HS256", "SHA2-256", 32},
		{"HS384", "SHA2-384", 48},
		{"HS512", "SHA2-512", 64},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		const JoseAlg *alg = jose_alg_by_name(view_of(rows[i].name));

		if (!ok(alg != NULL, "%s is a row", rows[i].name))
			continue;
		is_bytes(view_of(alg->name), view_of(rows[i].name), "%s bears its name", rows[i].name);
		is_bytes(view_of(alg->digest), view_of(rows[i].digest), "%s hashes with %s", rows[i].name,
				 rows[i].digest);
		is_int((int64_t) alg->hash_len, (int64_t) rows[i].hash_len, "%s has %zu bytes",
			   rows[i].name, rows[i].hash_len);
		ok(alg->hash_len <= JOSE_MAX_HASH_LEN, "%s fits JOSE_MAX_HASH_LEN", rows[i].name);
	}
}

static void test_foreign_names(void)
{
	static const ByteView names[] = {
		TEXT("none"),     TEXT("None"),    TEXT("NONE"),   TEXT("nOnE"),        TEXT("none "),
		TEXT(""),         TEXT("hs256"),   TEXT("Hs256"),  TEXT("HS256 "),      TEXT(" HS256"),
		TEXT("HS256\0"),  TEXT("HS25"),    TEXT("HS2566"), TEXT("HS"),          TEXT("HS224"),
		TEXT("HS128"),    TEXT("RS256"),   TEXT("ES256"),  TEXT("PS256"),       TEXT("EdDSA"),
		TEXT("SHA2-256"), TEXT("A256GCM"), TEXT("dir"),    TEXT("HS\\u003256"),
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		ok(jose_alg_by_name(names[i]) == NULL, "\"%.*s\" (%zu bytes) is no algorithm",
		   (int) names[i].len, (const char *) names[i].data, names[i].len);
	ok(jose_alg_by_name(bytes_of(NULL, 0)) == NULL, "no name is no algorithm");
}

/* Whatever byte of a name is changed, into whatever other byte. */
static void test_one_byte_changed(void)
{
	static const char *const names[] = {"HS256", "HS384", "HS512"};
	int found = 0;

	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		for (size_t at = 0; at < 5; at++)
		{
			for (int value = 0; value < 256; value++)
			{
				char name[6];

				memcpy(name, names[i], sizeof(name));
				name[at] = (char) value;
				if (name[at] != names[i][at] && jose_alg_by_name(bytes_of(name, 5)) != NULL)
					found++;
			}
		}
	}
	is_int(found, 0, "a name with one byte changed is no algorithm (3825 names)");
}

int main(void)
{
	test_rows();
	test_foreign_names();
	test_one_byte_changed();
	return done();
}
