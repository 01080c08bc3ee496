/* HMAC with SHA-2: RFC 4231, key lengths (RFC 7518 section 3.2), and every wrong MAC. */
#include "jose/hmac.h"

#include <stdlib.h>

#include <openssl/err.h>

#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

static const char *const names[] = {"HS256", "HS384", "HS512"};

static const JoseAlg *alg_of(size_t i)
{
	return jose_alg_by_name(view_of(names[i]));
}

/* A test case of RFC 4231; MACs in hexadecimal, of case 5 the first 16 bytes only. */
typedef struct KnownMac
{
	const char *key;
	const char *message;
	const char *macs[3];
} KnownMac;

#define TWENTY_AA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_131 TWENTY_AA TWENTY_AA TWENTY_AA TWENTY_AA TWENTY_AA TWENTY_AA "aaaaaaaaaaaaaaaaaaaaaa"
#define TEN_DD "dddddddddddddddddddd"
#define TEN_CD "cdcdcdcdcdcdcdcdcdcd"

static const KnownMac known_macs[] = {
	{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	 "4869205468657265",
	 {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	  "faea9ea9076ede7f4af152e8b2fa9cb6",
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"}},
	{"4a656665",
	 "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	 {"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"}},
	{TWENTY_AA,
	 TEN_DD TEN_DD TEN_DD TEN_DD TEN_DD,
	 {"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
	  "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
	  "2a5ab39dc13814b94e3ab6e101a34f27",
	  "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
	  "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"}},
	{"0102030405060708090a0b0c0d0e0f10111213141516171819",
	 TEN_CD TEN_CD TEN_CD TEN_CD TEN_CD,
	 {"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
	  "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
	  "6801dd23c4a7d679ccf8a386c674cffb",
	  "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
	  "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"}},
	{"0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
	 "546573742057697468205472756e636174696f6e",
	 {"a3b6167473100ee06e0c796c2955552b", "3abf34c3503b2a23a46efc619baef897",
	  "415fad6271580a531d4179bc891d87a6"}},
	{KEY_131,
	 "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
	 "65204b6579202d2048617368204b6579204669727374",
	 {"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	  "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
	  "0c2ef6ab4030fe8296248df163f44952",
	  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"}},
	{KEY_131,
	 "5468697320697320612074657374207573696e672061206c6172676572207468"
	 "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
	 "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
	 "647320746f20626520686173686564206265666f7265206265696e6720757365"
	 "642062792074686520484d414320616c676f726974686d2e",
	 {"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
	  "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
	  "a678cc31e799176d3860e6110c46523e",
	  "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
	  "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"}},
};

/*
 * The keys of cases 1 to 5 are shorter than the hash and refused as they stand. HMAC fills a key
 * with zeros up to the block (RFC 2104 section 2), so with zeros behind it it gives the same MAC.
 */
static void check_known_mac(size_t number, size_t i)
{
	const JoseAlg *alg = alg_of(i);
	ByteView key = exact_from_hex(known_macs[number].key);
	ByteView message = exact_from_hex(known_macs[number].message);
	ByteView expected = exact_from_hex(known_macs[number].macs[i]);
	uint8_t secret[131] = {0};
	uint8_t mac[JOSE_MAX_HASH_LEN];
	HmacKey hmac;

	if (key.len < alg->hash_len)
		is_status(hmac_key_open(&hmac, alg, key), JOSE_BAD_KEY, "RFC 4231 %zu, %s: key too short",
				  number + 1, alg->name);
	memcpy(secret, key.data, key.len);
	if (is_status(hmac_key_open(&hmac, alg,
								bytes_of(secret,
										 key.len < alg->hash_len ? alg->hash_len : key.len)),
				  JOSE_OK, "RFC 4231 case %zu, %s: key", number + 1, alg->name))
	{
		is_status(hmac_sign(&hmac, message, mac), JOSE_OK, "RFC 4231 %zu: signs", number + 1);
		is_bytes(bytes_of(mac, expected.len), expected, "RFC 4231 case %zu, %s: MAC", number + 1,
				 alg->name);
		is_status(hmac_verify(&hmac, message, bytes_of(mac, alg->hash_len)), JOSE_OK,
				  "RFC 4231 %zu: verifies", number + 1);
		hmac_key_close(&hmac);
	}
	exact_free(key);
	exact_free(message);
	exact_free(expected);
}

/* W01 to W03: every length below the hash is refused, the hash's own and longer ones are taken. */
static void test_key_lengths(void)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		const JoseAlg *alg = alg_of(i);
		int wrong = 0;

		for (size_t len = 0; len <= 200; len++)
		{
			uint8_t *secret = exact_filled(len, 'k');
			HmacKey key = {.mac_len = 99};
			JoseStatus status = hmac_key_open(&key, alg, bytes_of(secret, len));

			if (len < alg->hash_len)
				wrong += status != JOSE_BAD_KEY || key.ctx != NULL || key.mac_len != 0;
			else
				wrong += status != JOSE_OK || key.ctx == NULL || key.mac_len != alg->hash_len;
			hmac_key_close(&key);
			free(secret);
		}
		is_int(wrong, 0, "%s: keys of 0 to 200 bytes, refused below %zu", names[i], alg->hash_len);
	}
}

/* H21 to H24 and more: for one message, every MAC that is not exactly the one. */
static void test_wrong_macs(const JoseAlg *alg)
{
	uint8_t mac[JOSE_MAX_HASH_LEN + 1] = {0};
	ByteView message = BYTES_LITERAL("header.payload");
	HmacKey key;
	int accepted = 0;

	hmac_key_open(&key, alg,
				  BYTES_LITERAL("0123456789abcdef0123456789abcdef"
								"0123456789abcdef0123456789abcdef"));
	is_status(hmac_sign(&key, message, mac), JOSE_OK, "%s: signs", alg->name);
	for (size_t len = 0; len <= alg->hash_len + 1; len++)
	{
		ByteView copy = exact_copy(bytes_of(mac, len));
		JoseStatus status = hmac_verify(&key, message, copy);

		accepted += status == JOSE_OK ? 1 : 0;
		if (len == alg->hash_len)
			is_status(status, JOSE_OK, "%s: the whole MAC is accepted", alg->name);
		exact_free(copy);
	}
	is_int(accepted, 1, "%s: no prefix of it, not the empty one, and nothing longer", alg->name);
	accepted = 0;
	for (size_t bit = 0; bit < 8 * alg->hash_len; bit++)
	{
		mac[bit / 8] ^= (uint8_t) (1 << bit % 8);
		accepted += hmac_verify(&key, message, bytes_of(mac, alg->hash_len)) == JOSE_OK ? 1 : 0;
		mac[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	is_int(accepted, 0, "%s: no MAC with one bit changed", alg->name);
	is_status(hmac_verify(&key, BYTES_LITERAL("header.payloae"), bytes_of(mac, alg->hash_len)),
			  JOSE_BAD_SIGNATURE, "%s: not for another message", alg->name);
	is_status(hmac_verify(&key, bytes_of(NULL, 0), bytes_of(mac, alg->hash_len)),
			  JOSE_BAD_SIGNATURE, "%s: not for no message", alg->name);
	is_status(hmac_verify(&key, message, bytes_of(NULL, 0)), JOSE_BAD_SIGNATURE,
			  "%s: no MAC at all", alg->name);
	hmac_key_close(&key);
}

/* A MAC of one algorithm is none of another, and one of another key neither. */
static void test_between_keys(void)
{
	static const uint8_t secret[65] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	int accepted = 0;

	for (size_t signer = 0; signer < COUNT_OF(names); signer++)
	{
		for (size_t verifier = 0; verifier < COUNT_OF(names); verifier++)
		{
			for (size_t offset = 0; offset <= 1; offset++)
			{
				uint8_t mac[JOSE_MAX_HASH_LEN];
				HmacKey keys[2];

				hmac_key_open(&keys[0], alg_of(signer), bytes_of(secret, 64));
				hmac_key_open(&keys[1], alg_of(verifier), bytes_of(secret + offset, 64));
				hmac_sign(&keys[0], BYTES_LITERAL("m"), mac);
				if (hmac_verify(&keys[1], BYTES_LITERAL("m"), bytes_of(mac, keys[0].mac_len)) ==
					JOSE_OK)
					accepted++;
				hmac_key_close(&keys[0]);
				hmac_key_close(&keys[1]);
			}
		}
	}
	is_int(accepted, 3, "of 9 pairs of algorithms and 2 of secrets only the 3 equal ones agree");
}

/*
 * One context serves many messages, good and bad in any order, and does not need the secret again.
 */
static void test_reuse(void)
{
	uint8_t secret[64];
	uint8_t first[JOSE_MAX_HASH_LEN];
	uint8_t mac[JOSE_MAX_HASH_LEN];
	Random random = {.state = 7};
	HmacKey key;
	int wrong = 0;

	random_fill(&random, secret, sizeof(secret));
	hmac_key_open(&key, alg_of(0), bytes_of(secret, sizeof(secret)));
	memset(secret, 0, sizeof(secret));
	hmac_sign(&key, BYTES_LITERAL("first"), first);
	for (int i = 0; i < 1000; i++)
	{
		wrong += hmac_verify(&key, BYTES_LITERAL("other"), bytes_of(first, 32)) == JOSE_OK;
		wrong += hmac_sign(&key, BYTES_LITERAL("first"), mac) != JOSE_OK;
		wrong += memcmp(mac, first, 32) != 0;
		wrong += hmac_verify(&key, BYTES_LITERAL("first"), bytes_of(first, 32)) != JOSE_OK;
	}
	is_int(wrong, 0, "a thousand messages under one context, its secret long overwritten");
	hmac_key_close(&key);
	hmac_key_close(&key);
	ok(key.ctx == NULL && key.mac_len == 0, "closing twice is harmless");
}

/* A key that is made like a pattern signs as one made by name, and the pattern stays without a key. */
static void test_pattern(size_t i)
{
	const JoseAlg *alg = alg_of(i);
	uint8_t secret[2][JOSE_MAX_HASH_LEN];
	uint8_t mac[JOSE_MAX_HASH_LEN];
	HmacKey pattern;
	HmacKey like;
	HmacKey by_name;

	is_status(hmac_pattern_open(&pattern, alg), JOSE_OK, "%s: a pattern", names[i]);
	is_status(hmac_sign(&pattern, BYTES_LITERAL("m"), mac), JOSE_CRYPTO_FAILURE, "%s: has no key",
			  names[i]);
	for (int round = 0; round < 2; round++)
	{
		memset(secret[round], 'a' + round, sizeof(secret[round]));
		is_status(hmac_key_open_like(&like, &pattern, bytes_of(secret[round], alg->hash_len)),
				  JOSE_OK, "%s: a key like it", names[i]);
		is_status(hmac_key_open(&by_name, alg, bytes_of(secret[round], alg->hash_len)), JOSE_OK,
				  "%s: a key by name", names[i]);
		ok(hmac_sign(&by_name, BYTES_LITERAL("m"), mac) == JOSE_OK &&
			   hmac_verify(&like, BYTES_LITERAL("m"), bytes_of(mac, alg->hash_len)) == JOSE_OK,
		   "%s: both make the same MAC", names[i]);
		hmac_key_close(&like);
		hmac_key_close(&by_name);
	}
	is_status(hmac_key_open_like(&like, &pattern, bytes_of(secret[0], alg->hash_len - 1)),
			  JOSE_BAD_KEY, "%s: too short a secret", names[i]);
	ok(like.ctx == NULL && like.mac_len == 0, "%s: leaves the key closed", names[i]);
	is_status(hmac_sign(&pattern, BYTES_LITERAL("m"), mac), JOSE_CRYPTO_FAILURE,
			  "%s: the pattern still has no key", names[i]);
	hmac_key_close(&pattern);
	ok(ERR_peek_error() == 0, "%s: and no error stays behind", names[i]);
}

/* What OpenSSL refuses: a hash that it does not know, and one of another length than the row's. */
static void test_openssl_refuses(void)
{
	const JoseAlg unknown = {.name = "X", .digest = "NO-SUCH-HASH", .hash_len = 32};
	const JoseAlg wrong_len = {.name = "X", .digest = "SHA2-256", .hash_len = 31};
	ByteView secret = BYTES_LITERAL("0123456789abcdef0123456789abcdef");
	uint8_t mac[JOSE_MAX_HASH_LEN];
	HmacKey key;

	is_status(hmac_pattern_open(&key, &unknown), JOSE_CRYPTO_FAILURE,
			  "no pattern of an unknown hash");
	ok(key.ctx == NULL && key.mac_len == 0, "is left closed");
	is_status(hmac_key_open(&key, &unknown, secret), JOSE_CRYPTO_FAILURE, "an unknown hash");
	ok(key.ctx == NULL && key.mac_len == 0, "leaves the key closed");
	ok(ERR_peek_error() == 0, "and no error in OpenSSL's queue");
	is_status(hmac_key_open(&key, &wrong_len, secret), JOSE_OK, "a row with a wrong length");
	memset(mac, 0x5A, sizeof(mac));
	is_status(hmac_sign(&key, BYTES_LITERAL("m"), mac), JOSE_CRYPTO_FAILURE, "does not sign");
	ok(all_bytes_are(mac, sizeof(mac), 0), "its output is wiped");
	is_status(hmac_verify(&key, BYTES_LITERAL("m"), bytes_of(mac, 31)), JOSE_CRYPTO_FAILURE,
			  "nor verify");
	ok(ERR_peek_error() == 0, "and no error stays behind");
	hmac_key_close(&key);
}

int main(void)
{
	for (size_t number = 0; number < COUNT_OF(known_macs); number++)
	{
		for (size_t i = 0; i < COUNT_OF(names); i++)
			check_known_mac(number, i);
	}
	test_key_lengths();
	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		test_wrong_macs(alg_of(i));
		test_pattern(i);
	}
	test_between_keys();
	test_reuse();
	test_openssl_refuses();
	return done();
}
