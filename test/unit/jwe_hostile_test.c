/*
 * Hostile rows X of encrypted tokens. Form and names are told apart; from the key on, each failure
 * is JOSE_DECRYPTION_FAILED (RFC 7516 section 11.5).
 */
#include "jose/jwe.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/sealed.h"
#include "support/tap.h"

#define PLAIN "attack at dawn"

/* A key and a good token of it. */
typedef struct Sample
{
	ByteView text;
	TestKey key;
	ByteView token;
} Sample;

static Sample sample_of(const char *alg, const char *enc)
{
	Sample sample = {.text = sealed_key(alg, enc)};

	sample.key = key_of(sample.text);
	sample.token = sealed_token(&sample.key.jwk, alg, enc, BYTES_LITERAL(PLAIN));
	return sample;
}

static void sample_close(Sample *sample)
{
	exact_free(sample->token);
	key_close(&sample->key);
	exact_free(sample->text);
}

static void check_token(const Sample *sample, ByteView token, JoseStatus expected, const char *what)
{
	ByteView plain;

	is_status(sealed_open(token, &sample->key.jwk, &plain), expected, "%s", what);
	if (expected == JOSE_OK)
		is_bytes(plain, BYTES_LITERAL(PLAIN), "%s: the plaintext", what);
	exact_free(plain);
}

/* One segment replaced by the base64url of bytes, or by text as it stands. */
static void check_segment(const Sample *sample, int segment, ByteView bytes, JoseStatus expected,
						  const char *what)
{
	ByteView text = encoded(bytes);
	ByteView token = sealed_with(sample->token, segment, text);

	check_token(sample, token, expected, what);
	exact_free(token);
	exact_free(text);
}

static void check_text(const Sample *sample, int segment, const char *text, JoseStatus expected,
					   const char *what)
{
	ByteView token = sealed_with(sample->token, segment, view_of(text));

	check_token(sample, token, expected, what);
	exact_free(token);
}

/* X01 to X08: tags and IVs of every length but their one. */
static void check_lengths(const char *alg, const char *enc)
{
	Sample sample = sample_of(alg, enc);
	int wrong = 0;

	for (int segment = 2; segment < 5; segment += 2)
	{
		ByteView good = sealed_segment(sample.token, segment);
		ByteView longer = joined(good, good, good);

		for (size_t len = 1; len <= longer.len; len++)
		{
			ByteView text = encoded(bytes_of(longer.data, len));
			ByteView token = sealed_with(sample.token, segment, text);
			JoseStatus status = sealed_open(token, &sample.key.jwk, NULL);

			wrong += status != (len == good.len ? JOSE_OK : JOSE_DECRYPTION_FAILED);
			exact_free(token);
			exact_free(text);
		}
		exact_free(longer);
		exact_free(good);
	}
	is_int(wrong, 0, "%s with %s: tags and IVs of every other length fail alike", alg, enc);
	check_text(&sample, 4, "", JOSE_NOT_COMPACT, "an empty tag");
	check_text(&sample, 2, "", JOSE_NOT_COMPACT, "an empty IV");
	check_text(&sample, 3, "", JOSE_DECRYPTION_FAILED, "an empty ciphertext (X24)");
	sample_close(&sample);
}

/* X21 to X23, X15: the encrypted key missing, short, long, or there where none may be. */
static void test_encrypted_keys(void)
{
	for (size_t i = 0; i < COUNT_OF(sealed_algs); i++)
	{
		Sample sample = sample_of(sealed_algs[i], "A256GCM");
		ByteView good = sealed_segment(sample.token, 1);
		ByteView filler = bytes_of(exact_filled(1025, 7), 1025);
		ByteView longer = joined(good, filler, bytes_of(NULL, 0));
		int wrong = 0;
		int tried = 0;

		for (size_t len = 0; len <= good.len + 40; len += len > 60 && len + 9 < good.len ? 9 : 1)
		{
			ByteView text = encoded(bytes_of(longer.data, len));
			ByteView token = sealed_with(sample.token, 1, text);
			JoseStatus status = sealed_open(token, &sample.key.jwk, NULL);

			wrong += status != (len == good.len ? JOSE_OK : JOSE_DECRYPTION_FAILED);
			tried++;
			exact_free(token);
			exact_free(text);
		}
		is_int(wrong, 0, "%s: encrypted keys of %d other lengths fail alike", sealed_algs[i],
			   tried - 1);
		check_segment(&sample, 1, bytes_of(filler.data, 1024), JOSE_DECRYPTION_FAILED,
					  "a key of 1024 bytes");
		check_segment(&sample, 1, filler, JOSE_NOT_COMPACT, "a key of 1025 bytes");
		exact_free(longer);
		exact_free(filler);
		exact_free(good);
		sample_close(&sample);
	}
}

/* X09: the CEK that was wrapped is not as long as enc wants. */
static void test_cek_lengths(void)
{
	ByteView text = sealed_key("A256KW", "A256GCM");
	Sample sample = {.text = text, .key = key_of(text)};
	const JweAlg *alg = jwe_alg_by_name(BYTES_LITERAL("A256KW"));

	for (size_t i = 0; i < COUNT_OF(sealed_encs); i++)
	{
		const JweEnc *wrapped = jwe_enc_by_name(view_of(sealed_encs[i]));

		for (size_t j = 0; j < COUNT_OF(sealed_encs); j++)
		{
			const JweEnc *enc = jwe_enc_by_name(view_of(sealed_encs[j]));
			JweKeyParts parts = {0};
			uint8_t cek[JWE_MAX_CEK_LEN] = {0};
			char header[64];
			ByteView token;

			if (jwe_key_wrap(&sample.key.jwk, alg, wrapped, &parts, cek) != JOSE_OK)
				abort();
			snprintf(header, sizeof(header), "{\"alg\":\"A256KW\",\"enc\":\"%s\"}", enc->name);
			token = sealed_raw(view_of(header),
							   bytes_of(parts.encrypted_key, parts.encrypted_key_len), enc,
							   bytes_of(cek, enc->cek_len), BYTES_LITERAL(PLAIN));
			check_token(&sample, token,
						wrapped->cek_len == enc->cek_len ? JOSE_OK : JOSE_DECRYPTION_FAILED,
						header);
			exact_free(token);
		}
	}
	key_close(&sample.key);
	exact_free(text);
}

/* Content that is rightly encrypted for dir, under a header that is the only fault. */
static void check_header(const char *header, JoseStatus expected)
{
	ByteView text = sealed_key("dir", "A128GCM");
	Sample sample = {.text = text, .key = key_of(text)};
	ByteView secret = bytes_of(sample.key.jwk.secret, sample.key.jwk.secret_len);
	ByteView token = sealed_raw(view_of(header), bytes_of(NULL, 0),
								jwe_enc_by_name(BYTES_LITERAL("A128GCM")), secret,
								BYTES_LITERAL(PLAIN));

	check_token(&sample, token, expected, header);
	exact_free(token);
	key_close(&sample.key);
	exact_free(text);
}

#define DIR "\"alg\":\"dir\",\"enc\":\"A128GCM\""

/* X11 to X18, X25 to X30. */
static void test_headers(void)
{
	check_header("{" DIR "}", JOSE_OK);
	check_header("{" DIR ",\"kid\":\"a\",\"cty\":\"JWT\",\"x\":{\"zip\":\"DEF\"}}", JOSE_OK);
	check_header("{" DIR ",\"zip\":\"DEF\"}", JOSE_UNSUPPORTED_HEADER);
	check_header("{" DIR ",\"zip\":\"GZ\"}", JOSE_UNSUPPORTED_HEADER);
	check_header("{" DIR ",\"zip\":null}", JOSE_UNSUPPORTED_HEADER);
	check_header("{" DIR ",\"crit\":[\"exp\"],\"exp\":1}", JOSE_CRITICAL_HEADER);
	check_header("{" DIR ",\"crit\":[]}", JOSE_CRITICAL_HEADER);
	check_header("{\"alg\":\"dir\"}", JOSE_HEADER_MEMBER);
	check_header("{\"enc\":\"A128GCM\"}", JOSE_HEADER_MEMBER);
	check_header("{}", JOSE_HEADER_MEMBER);
	check_header("[]", JOSE_JSON_NOT_OBJECT);
	check_header("", JOSE_NOT_COMPACT);
	check_header("null", JOSE_JSON_NOT_OBJECT);
	check_header("{" DIR "} x", JOSE_JSON_SYNTAX);
	check_header("{" DIR ",\"enc\":\"A128GCM\"}", JOSE_JSON_DUPLICATE);
	check_header("{" DIR ",\"\\u0065nc\":\"A256GCM\"}", JOSE_JSON_DUPLICATE);
	check_header("{" DIR ",\"alg\":\"none\"}", JOSE_JSON_DUPLICATE);
	check_header("{\"alg\":1,\"enc\":\"A128GCM\"}", JOSE_HEADER_MEMBER);
	check_header("{\"alg\":\"dir\",\"enc\":[\"A128GCM\"]}", JOSE_HEADER_MEMBER);
	check_header("{" DIR ",\"kid\":1}", JOSE_HEADER_MEMBER);
	check_header("{" DIR ",\"typ\":null}", JOSE_HEADER_MEMBER);
	check_header("{" DIR ",\"cty\":[]}", JOSE_HEADER_MEMBER);
	check_header("{\"alg\":\"none\",\"enc\":\"A128GCM\"}", JOSE_UNSUPPORTED_ALG);
	check_header("{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"}", JOSE_UNSUPPORTED_ALG);
	check_header("{\"alg\":\"DIR\",\"enc\":\"A128GCM\"}", JOSE_UNSUPPORTED_ALG);
	check_header("{\"alg\":\"HS256\",\"enc\":\"A128GCM\"}", JOSE_UNSUPPORTED_ALG);
	check_header("{\"alg\":\"dir\",\"enc\":\"a128gcm\"}", JOSE_UNSUPPORTED_ALG);
	check_header("{\"alg\":\"dir\",\"enc\":\"none\"}", JOSE_UNSUPPORTED_ALG);
	check_header("{\"alg\":\"dir\",\"enc\":\"dir\"}", JOSE_UNSUPPORTED_ALG);
	for (size_t i = 0; i < 6; i++)
	{
		static const char *const counts[] = {"2000000000", "0", "-1", "1.5", "\"4096\"", "1e400"};
		char header[160];

		snprintf(header, sizeof(header),
				 "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2s\":\"AAAAAAAAAAA\","
				 "\"p2c\":%s}",
				 counts[i]);
		check_header(header, i == 5 ? JOSE_JSON_LIMIT : JOSE_UNSUPPORTED_ALG);
	}
}

/* X19, X20: a JWS, and any number of segments but five. */
static void test_segments(void)
{
	Sample sample = sample_of("dir", "A128GCM");
	static const char *const texts[] = {"",      ".",     "..",         "...",         "....",
										"a",     "a.a.a", "a.a.a.a",    "a.a.a.a.a.a", ".a.a.a.a",
										"a....", "a...a", "a.a..a.a",   "a.a.a.a.",    "a.a.a.a.a.",
										"....a", ".....", "a.a.a.a..a", "\xE3\x80\x82"};
	ByteView six = joined(sample.token, BYTES_LITERAL(".YQ"), bytes_of(NULL, 0));
	ByteView dots = bytes_of(exact_filled(1000000, '.'), 1000000);
	ByteView letters = bytes_of(exact_filled(1 << 24, 'A'), 1 << 24);
	ByteView long_header = sealed_with(sample.token, 0, bytes_of(letters.data, 8193));

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		check_token(&sample, view_of(texts[i]), JOSE_NOT_COMPACT, texts[i]);
	check_token(&sample, bytes_of(NULL, 0), JOSE_NOT_COMPACT, "no data at all");
	check_token(&sample, BYTES_LITERAL("eyJhbGciOiJIUzI1NiJ9.YQ.YWJj"), JOSE_NOT_COMPACT, "a JWS");
	check_token(&sample, six, JOSE_NOT_COMPACT, "six segments");
	check_token(&sample, dots, JOSE_NOT_COMPACT, "a million dots");
	check_token(&sample, letters, JOSE_NOT_COMPACT, "16 MiB of A");
	check_token(&sample, long_header, JOSE_HEADER_TOO_LARGE, "a header of 8193 characters");
	check_token(&sample, BYTES_LITERAL("a.a.a.a.a"), JOSE_BAD_BASE64URL, "one letter each");
	for (int segment = 0; segment < 5; segment++)
	{
		check_text(&sample, segment, "YQ==", JOSE_BAD_BASE64URL, "padding");
		check_text(&sample, segment, "YR", JOSE_BAD_BASE64URL, "spare bits");
		check_text(&sample, segment, "Y Q", JOSE_BAD_BASE64URL, "a blank");
		check_text(&sample, segment, "Pz8/", JOSE_BAD_BASE64URL, "the alphabet of base64");
	}
	exact_free(long_header);
	exact_free(letters);
	exact_free(dots);
	exact_free(six);
	sample_close(&sample);
}

/*
 * A token to the receiver from an ephemeral key of ours, under a header with the epk given: what is
 * agreed is computed from our side, so content and key are right whatever epk says.
 */
static void check_epk(const Sample *receiver, ByteView ephemeral_text, const char *epk,
					  JoseStatus expected, const char *what)
{
	const JweAlg *alg = jwe_alg_by_name(BYTES_LITERAL("ECDH-ES"));
	const JweEnc *enc = jwe_enc_by_name(BYTES_LITERAL("A256GCM"));
	TestKey ephemeral = key_of(ephemeral_text);
	ByteView public = key_public(receiver->key.text);
	JweKeyParts parts = {.epk = public};
	uint8_t cek[JWE_MAX_CEK_LEN];
	ByteView header = joined(BYTES_LITERAL("{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\""),
							 view_of(epk), BYTES_LITERAL("}"));
	ByteView token;

	if (jwe_key_unwrap(&ephemeral.jwk, alg, enc, &parts, cek) != JOSE_OK)
		abort();
	token = sealed_raw(header, bytes_of(NULL, 0), enc, bytes_of(cek, enc->cek_len),
					   BYTES_LITERAL(PLAIN));
	check_token(receiver, token, expected, what);
	exact_free(token);
	exact_free(header);
	exact_free(public);
	key_close(&ephemeral);
}

/* The same with epk made of the ephemeral key, one member changed. */
static void check_epk_member(const Sample *receiver, ByteView ephemeral, const char *name,
							 const char *raw, JoseStatus expected, const char *what)
{
	ByteView public = key_public(ephemeral);
	ByteView altered = with_member(public, name, raw);
	ByteView member = joined(BYTES_LITERAL(",\"epk\":"), altered, BYTES_LITERAL("\0"));

	check_epk(receiver, ephemeral, (const char *) member.data, expected, what);
	exact_free(member);
	exact_free(altered);
	exact_free(public);
}

static void check_epk_whole(const Sample *receiver, ByteView ephemeral, ByteView epk,
							JoseStatus expected, const char *what)
{
	ByteView member = joined(BYTES_LITERAL(",\"epk\":"), epk, BYTES_LITERAL("\0"));

	check_epk(receiver, ephemeral, (const char *) member.data, expected, what);
	exact_free(member);
}

#define ZEROS "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""

/* X31 to X37 and Wycheproof's invalid curves. */
static void test_epk(void)
{
	ByteView text = exact_copy(key_text("ES256"));
	Sample receiver = {.text = text, .key = key_of(text)};
	ByteView own = key_other_text("ES256");
	ByteView p384 = key_public(key_text("ES384"));
	ByteView rsa = key_public(key_text("RS256"));
	ByteView okp = key_public(key_text("EdDSA"));
	const JoseStatus failed = JOSE_DECRYPTION_FAILED;

	check_epk_member(&receiver, own, "kid", NULL, JOSE_OK, "a good epk");
	check_epk_member(&receiver, own, "x-unknown", "[1]", JOSE_OK, "an epk with another member");
	check_epk(&receiver, own, "", JOSE_HEADER_MEMBER, "epk missing");
	check_epk(&receiver, own, ",\"epk\":\"x\"", JOSE_HEADER_MEMBER, "epk a string");
	check_epk(&receiver, own, ",\"epk\":null", JOSE_HEADER_MEMBER, "epk null");
	check_epk(&receiver, own, ",\"epk\":[]", JOSE_HEADER_MEMBER, "epk an array");
	check_epk(&receiver, own, ",\"epk\":{}", failed, "epk empty");
	check_epk(&receiver, own, ",\"epk\":{\"kty\":\"oct\",\"k\":" ZEROS "}", failed, "epk oct");
	check_epk_whole(&receiver, own, p384, failed, "epk on another curve");
	check_epk_whole(&receiver, own, rsa, failed, "epk RSA");
	check_epk_whole(&receiver, own, okp, failed, "epk OKP");
	check_epk_whole(&receiver, own, own, failed, "epk with its private part");
	check_epk_whole(&receiver, own, receiver.text, failed, "epk the receiver's own, private");
	check_epk_member(&receiver, own, "x", ZEROS, failed, "epk off the curve");
	check_epk_member(&receiver, own, "y", ZEROS, failed, "epk off the curve by y");
	check_epk_member(&receiver, own, "y", NULL, failed, "epk without y");
	check_epk_member(&receiver, own, "x", "\"AAAA\"", failed, "epk with a short x");
	check_epk_member(&receiver, own, "crv", "\"P-384\"", failed, "epk that names another curve");
	check_epk_member(&receiver, own, "kty", "\"ec\"", failed, "epk of an unknown type");
	check_epk(&receiver, own,
			  ",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":" ZEROS ",\"y\":" ZEROS "}", failed,
			  "epk 0, 0");
	check_epk(&receiver, own, ",\"apu\":\"A\",\"epk\":{}", JOSE_HEADER_MEMBER, "apu no base64url");
	check_epk(&receiver, own, ",\"apv\":1,\"epk\":{}", JOSE_HEADER_MEMBER, "apv a number");
	exact_free(okp);
	exact_free(rsa);
	exact_free(p384);
	key_close(&receiver.key);
	exact_free(text);
}

/* epk on X25519 whose product is zero whatever the receiver's key (RFC 7748 section 6.1). */
static void test_x25519_small_order(void)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	static const JwkLabels no_labels = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	uint8_t room[JWK_MAX_TEXT_LEN];
	ByteView text = jwk_write(pkey, true, &no_labels, room, sizeof(room));
	TestKey key = key_of(text);
	const JweAlg *alg = jwe_alg_by_name(BYTES_LITERAL("ECDH-ES"));
	const JweEnc *enc = jwe_enc_by_name(BYTES_LITERAL("A128GCM"));

	for (size_t i = 0; i < COUNT_OF(points); i++)
	{
		ByteView point = exact_from_hex(points[i]);
		ByteView epk = with_bytes(BYTES_LITERAL("{\"kty\":\"OKP\",\"crv\":\"X25519\"}"), "x",
								  point);
		JweKeyParts parts = {.epk = epk};
		uint8_t first[JWE_MAX_CEK_LEN];
		uint8_t second[JWE_MAX_CEK_LEN];

		/* Where nothing is agreed the CEK is random, so it differs each time. */
		is_status(jwe_key_unwrap(&key.jwk, alg, enc, &parts, first), JOSE_OK, "a CEK, and another");
		is_status(jwe_key_unwrap(&key.jwk, alg, enc, &parts, second), JOSE_OK, "one");
		ok(memcmp(first, second, enc->cek_len) != 0, "%s agrees on nothing", points[i]);
		exact_free(epk);
		exact_free(point);
	}
	key_close(&key);
	EVP_PKEY_free(pkey);
}

/* M09: keys that were encrypted as RSA1_5, with another hash, or not at all. */
static void check_rsa_key(const Sample *sample, int padding, const char *digest, const char *what)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, sample->key.jwk.pkey, NULL);
	uint8_t cek[32] = {0};
	uint8_t block[256] = {0};
	uint8_t out[256];
	size_t len = sizeof(out);
	bool is_raw = padding == RSA_NO_PADDING;

	if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1 ||
		(digest != NULL && EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, digest, NULL) != 1) ||
		EVP_PKEY_encrypt(ctx, out, &len, is_raw ? block : cek,
						 is_raw ? sizeof(block) : sizeof(cek)) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
	check_segment(sample, 1, bytes_of(out, len), JOSE_DECRYPTION_FAILED, what);
}

static void test_rsa_keys(void)
{
	Sample sample = sample_of("RSA-OAEP-256", "A256GCM");
	ByteView n = member_bytes(sample.key.text, "n");

	check_token(&sample, sample.token, JOSE_OK, "a good RSA-OAEP-256 token");
	check_rsa_key(&sample, RSA_PKCS1_PADDING, NULL, "a key in PKCS.1 v1.5 padding");
	check_rsa_key(&sample, RSA_PKCS1_OAEP_PADDING, "SHA1", "a key for RSA-OAEP");
	check_rsa_key(&sample, RSA_PKCS1_OAEP_PADDING, "SHA256", "a key of other bytes");
	check_rsa_key(&sample, RSA_NO_PADDING, NULL, "0 as a key");
	check_segment(&sample, 1, n, JOSE_DECRYPTION_FAILED, "n as a key");
	exact_free(n);
	sample_close(&sample);
}

/* The header's iv and tag of AES-GCM key wrapping have their one length. */
static void test_gcm_key_members(void)
{
	Sample sample = sample_of("A128GCMKW", "A128GCM");
	ByteView json = sealed_segment(sample.token, 0);
	ByteView iv = member_bytes(json, "iv");
	ByteView tag = member_bytes(json, "tag");
	static const char *const names[] = {"iv", "tag"};
	int wrong = 0;

	is_int((int64_t) iv.len, 12, "an IV of 12 bytes");
	is_int((int64_t) tag.len, 16, "and a tag of 16");
	for (size_t i = 0; i < 2; i++)
	{
		ByteView good = i == 0 ? iv : tag;
		ByteView longer = joined(good, good, bytes_of(NULL, 0));
		static const char *const raws[] = {"1", "null", "\"\"", "\"AA==\""};

		for (size_t len = 0; len <= longer.len; len++)
		{
			ByteView header = with_bytes(json, names[i], bytes_of(longer.data, len));
			ByteView text = encoded(header);
			ByteView token = sealed_with(sample.token, 0, text);
			JoseStatus status = sealed_open(token, &sample.key.jwk, NULL);

			wrong += status != (len == good.len ? JOSE_OK : JOSE_HEADER_MEMBER);
			exact_free(token);
			exact_free(text);
			exact_free(header);
		}
		for (size_t j = 0; j < COUNT_OF(raws); j++)
		{
			ByteView header = with_member(json, names[i], raws[j]);

			check_segment(&sample, 0, header, JOSE_HEADER_MEMBER, raws[j]);
			exact_free(header);
		}
		exact_free(longer);
	}
	is_int(wrong, 0, "iv and tag of every other length are refused");
	exact_free(tag);
	exact_free(iv);
	exact_free(json);
	sample_close(&sample);
}

/* Another key of the right kind, and for each alg the token of every other. */
static void test_other_keys(void)
{
	for (size_t i = 0; i < COUNT_OF(sealed_algs); i++)
	{
		Sample sample = sample_of(sealed_algs[i], "A128CBC-HS256");
		const JweAlg *alg = jwe_alg_by_name(view_of(sealed_algs[i]));
		uint8_t secret[32] = {0};
		ByteView oct = with_bytes(BYTES_LITERAL("{\"kty\":\"oct\"}"), "k",
								  bytes_of(secret, alg->family == JWE_DIR ? 32 : alg->kek_len));
		TestKey other = key_of(alg->family == JWE_RSA_OAEP  ? key_other_text("RS256")
							   : alg->family == JWE_ECDH_ES ? key_other_text("ES256")
															: oct);

		is_status(sealed_open(sample.token, &other.jwk, NULL), JOSE_DECRYPTION_FAILED,
				  "%s: another key", sealed_algs[i]);
		check_token(&sample, sample.token, JOSE_OK, sealed_algs[i]);
		key_close(&other);
		exact_free(oct);
		sample_close(&sample);
	}
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(sealed_encs); i++)
		check_lengths("dir", sealed_encs[i]);
	check_lengths("RSA-OAEP", "A128GCM");
	check_lengths("ECDH-ES+A256KW", "A192CBC-HS384");
	test_encrypted_keys();
	test_cek_lengths();
	test_headers();
	test_segments();
	test_epk();
	test_x25519_small_order();
	test_rsa_keys();
	test_gcm_key_members();
	test_other_keys();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
