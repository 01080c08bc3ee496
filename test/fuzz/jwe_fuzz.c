/*
 * JWE: a token is read within the room that is promised, and decrypts to no more than its
 * ciphertext; every failure under a fitting key is the one answer. The input is also encrypted and
 * had back. Keys are fixed, as the seeds are made for them.
 */
#include "jose/jwe.h"

#include <openssl/err.h>

#include "require.h"

static const char *const key_texts[] = {
	"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\"}",
	"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"}",
	"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}",
	"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\"}",
	"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1"
	"Njc4OTo7PD0-Pw\"}",
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","
	"\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\","
	"\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"}",
	"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\","
	"\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\"}",
};
#define KEY_COUNT (sizeof(key_texts) / sizeof(key_texts[0]))

static const Jwk *keys(void)
{
	static Jwk read[KEY_COUNT];
	static bool is_read = false;
	size_t error_at;

	for (size_t i = 0; i < KEY_COUNT && !is_read; i++)
		REQUIRE(jwk_read(bytes_of(key_texts[i], strlen(key_texts[i])), &read[i], &error_at) ==
				JOSE_OK);
	is_read = true;
	return read;
}

static void fuzz_decrypt(const Jwe *jwe)
{
	size_t capacity = jwe->cipher.len + JWE_MAX_PADDING;
	uint8_t *plain = exact_memory(capacity);

	for (size_t i = 0; i < KEY_COUNT; i++)
	{
		const Jwk *jwk = &keys()[i];
		bool fits = jwe_key_check(jwk, jwe->alg, jwe->enc, JWE_RECEIVER) == JOSE_OK;
		size_t len = SIZE_MAX;
		JoseStatus status;

		memset(plain, 0x5A, capacity);
		status = jwe_decrypt(jwe, jwk, plain, &len);
		REQUIRE(fits ? status == JOSE_OK || status == JOSE_DECRYPTION_FAILED
					 : status == JOSE_KEY_WRONG_USE);
		REQUIRE(len <= jwe->cipher.len && (status == JOSE_OK || len == 0));
		for (size_t at = 0; at < jwe->cipher.len && status == JOSE_DECRYPTION_FAILED; at++)
			REQUIRE(plain[at] == 0);
		REQUIRE(ERR_peek_error() == 0);
	}
	free(plain);
}

/* *room is the memory that the token's views point into, freed by free. */
static JoseStatus read_token(ByteView token, Jwe *jwe, uint8_t **room)
{
	size_t error_at = SIZE_MAX;
	JoseStatus status;

	*room = exact_memory(jwe_room(token.len));
	status = jwe_read(token, *room, jwe, &error_at);
	REQUIRE(error_at <= jwe_room(token.len));
	return status;
}

static void fuzz_read(ByteView token)
{
	uint8_t *room;
	Jwe jwe;
	JoseStatus status = read_token(token, &jwe, &room);

	if (status == JOSE_OK)
	{
		REQUIRE(jwe.alg != NULL && jwe.enc != NULL);
		REQUIRE(jwe.associated.data == token.data);
		REQUIRE(jwe.key_parts.encrypted_key_len <= JWE_MAX_ENCRYPTED_KEY_LEN);
		REQUIRE(json_is_string_or_absent(&jwe.kid));
		fuzz_decrypt(&jwe);
	}
	else
		REQUIRE(status == JOSE_NOT_COMPACT || status == JOSE_BAD_BASE64URL ||
				status == JOSE_HEADER_TOO_LARGE || status == JOSE_HEADER_MEMBER ||
				status == JOSE_CRITICAL_HEADER || status == JOSE_UNSUPPORTED_HEADER ||
				status == JOSE_UNSUPPORTED_ALG ||
				(status >= JOSE_JSON_SYNTAX && status <= JOSE_JSON_NOT_OBJECT));
	free(room);
}

/* The input as a plaintext, under a key and an enc that its first byte chooses. */
static void fuzz_encrypt(ByteView plain, uint8_t choice)
{
	static const char *const encs[] = {"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512",
									   "A128GCM",       "A192GCM",       "A256GCM"};
	static const char *const algs[] = {"A128KW", "A192KW", "A256GCMKW"};
	size_t key = choice % 3;
	const char *enc = encs[choice / 3 % 6];
	JweRequest request = {.jwk = &keys()[key],
						  .alg = jwe_alg_by_name(bytes_of(algs[key], strlen(algs[key]))),
						  .enc = jwe_enc_by_name(bytes_of(enc, strlen(enc))),
						  .plain = plain};
	JweText text = {.capacity = jwe_capacity(&request)};
	uint8_t *scratch = exact_memory(plain.len + JWE_MAX_PADDING);
	uint8_t *room;
	size_t len;
	Jwe jwe;

	text.chars = exact_memory(text.capacity);
	REQUIRE(jwe_encrypt(&request, scratch, &text) == JOSE_OK && text.len <= text.capacity);
	REQUIRE(read_token(bytes_of(text.chars, text.len), &jwe, &room) == JOSE_OK);
	REQUIRE(jwe.cipher.len <= plain.len + JWE_MAX_PADDING);
	scratch = realloc(scratch, jwe.cipher.len + JWE_MAX_PADDING);
	REQUIRE(scratch != NULL && jwe_decrypt(&jwe, request.jwk, scratch, &len) == JOSE_OK);
	REQUIRE(bytes_equal(bytes_of(scratch, len), plain));
	free(room);
	free(text.chars);
	free(scratch);
}

/* The input as the caller's header: refused, or a token that can be read. */
static void fuzz_header(ByteView header)
{
	JweRequest request = {.jwk = &keys()[0],
						  .alg = jwe_alg_by_name(BYTES_LITERAL("A128KW")),
						  .enc = jwe_enc_by_name(BYTES_LITERAL("A128GCM")),
						  .header = header,
						  .plain = BYTES_LITERAL("x")};
	JweText text = {.capacity = jwe_capacity(&request)};
	uint8_t scratch[1 + JWE_MAX_PADDING];
	JoseStatus status;

	text.chars = exact_memory(text.capacity);
	status = jwe_encrypt(&request, scratch, &text);
	REQUIRE(status == JOSE_OK || status == JOSE_HEADER_MEMBER || status == JOSE_HEADER_TOO_LARGE);
	if (status == JOSE_OK)
		fuzz_read(bytes_of(text.chars, text.len));
	free(text.chars);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ByteView input = bytes_of(data, size);

	fuzz_read(input);
	if (size > 0)
	{
		fuzz_encrypt(bytes_of(data + 1, size - 1), data[0]);
		fuzz_header(input);
	}
	return 0;
}
