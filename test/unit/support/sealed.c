/* Encrypting and decrypting for tests; terms: sealed.h. */
#include "support/sealed.h"

#include <stdlib.h>

#include "jose/b64url.h"
#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"

const char *const sealed_algs[13] = {"dir",           "A128KW",         "A192KW",
									 "A256KW",        "A128GCMKW",      "A192GCMKW",
									 "A256GCMKW",     "RSA-OAEP",       "RSA-OAEP-256",
									 "ECDH-ES",       "ECDH-ES+A128KW", "ECDH-ES+A192KW",
									 "ECDH-ES+A256KW"};

const char *const sealed_encs[6] = {"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512",
									"A128GCM",       "A192GCM",       "A256GCM"};

ByteView sealed_key(const char *alg, const char *enc)
{
	const JweAlg *row = jwe_alg_by_name(view_of(alg));
	uint8_t secret[JWE_MAX_CEK_LEN];

	memset(secret, 'k', sizeof(secret));
	if (row->family == JWE_RSA_OAEP)
		return exact_copy(key_text("RS256"));
	if (row->family == JWE_ECDH_ES)
		return exact_copy(key_text("ES256"));
	return with_bytes(BYTES_LITERAL("{\"kty\":\"oct\"}"), "k",
					  bytes_of(secret, row->family == JWE_DIR
										   ? jwe_enc_by_name(view_of(enc))->cek_len
										   : row->kek_len));
}

ByteView sealed_by(const Jwk *jwk, const char *alg, const char *enc, const char *header,
				   ByteView plain, JoseStatus *status)
{
	ByteView copy = exact_copy(plain);
	const JweRequest request = {.jwk = jwk,
								.alg = jwe_alg_by_name(view_of(alg)),
								.enc = jwe_enc_by_name(view_of(enc)),
								.header = header != NULL ? view_of(header) : bytes_of(NULL, 0),
								.plain = copy};
	uint8_t *scratch = exact_filled(plain.len + JWE_MAX_PADDING, 0);
	JweText text = {.capacity = jwe_capacity(&request)};
	ByteView token = {NULL, 0};

	text.chars = (char *) exact_filled(text.capacity, 0);
	*status = jwe_encrypt(&request, scratch, &text);
	if (*status == JOSE_OK)
		token = exact_copy(bytes_of(text.chars, text.len));
	free(text.chars);
	free(scratch);
	exact_free(copy);
	return token;
}

ByteView sealed_token(const Jwk *jwk, const char *alg, const char *enc, ByteView plain)
{
	JoseStatus status;
	ByteView token = sealed_by(jwk, alg, enc, NULL, plain, &status);

	if (status != JOSE_OK)
		abort();
	return token;
}

JoseStatus sealed_open(ByteView token, const Jwk *jwk, ByteView *plain)
{
	ByteView copy = exact_copy(token);
	uint8_t *room = exact_filled(jwe_room(token.len), 0);
	uint8_t *out = NULL;
	size_t error_at = SIZE_MAX;
	size_t len = 0;
	Jwe jwe;
	JoseStatus status = jwe_read(copy, room, &jwe, &error_at);

	if (status == JOSE_OK)
	{
		size_t out_len = jwe.cipher.len + JWE_MAX_PADDING;

		out = exact_filled(out_len, 0x5A);
		status = jwe_decrypt(&jwe, jwk, out, &len);
		/* After a failure no byte of what may have been the plaintext is left. */
		if (status == JOSE_DECRYPTION_FAILED && !all_bytes_are(out, jwe.cipher.len, 0))
			abort();
	}
	if (status != JOSE_OK && len != 0)
		abort();
	if (plain != NULL)
		*plain = exact_copy(bytes_of(out, len));
	free(out);
	free(room);
	exact_free(copy);
	return status;
}

/* Where a segment begins, and how long it is. */
static ByteView segment_of(ByteView token, int segment)
{
	const uint8_t *dot;

	for (; segment > 0; segment--)
	{
		dot = memchr(token.data, '.', token.len);
		if (dot == NULL)
			abort();
		token = bytes_of(dot + 1, token.len - (size_t) (dot + 1 - token.data));
	}
	dot = memchr(token.data, '.', token.len);
	return bytes_of(token.data, dot != NULL ? (size_t) (dot - token.data) : token.len);
}

ByteView sealed_with(ByteView token, int segment, ByteView text)
{
	ByteView old = segment_of(token, segment);
	size_t before = (size_t) (old.data - token.data);

	return joined(bytes_of(token.data, before), text,
				  bytes_of(old.data + old.len, token.len - before - old.len));
}

ByteView sealed_segment(ByteView token, int segment)
{
	ByteView text = segment_of(token, segment);
	size_t size = b64url_decoded_size(text.len);
	uint8_t *bytes = exact_filled(size, 0);
	size_t len;

	if (b64url_decode(text, bytes, size, &len) != JOSE_OK)
		abort();
	return bytes_of(bytes, len);
}

static ByteView with_dot(ByteView token, ByteView bytes)
{
	ByteView segment = encoded(bytes);
	ByteView longer = joined(token, BYTES_LITERAL("."), segment);

	exact_free(segment);
	exact_free(token);
	return longer;
}

ByteView sealed_raw(ByteView header, ByteView encrypted_key, const JweEnc *enc, ByteView cek,
					ByteView plain)
{
	static const uint8_t iv[JWE_MAX_IV_LEN] = {1, 2, 3};
	ByteView token = encoded(header);
	const JweContent content = {.cek = cek, .iv = bytes_of(iv, enc->iv_len), .associated = token};
	uint8_t *cipher = exact_filled(plain.len + JWE_MAX_PADDING, 0);
	uint8_t tag[JWE_MAX_TAG_LEN];
	size_t len = 0;

	if (jwe_content_encrypt(enc, &content, plain, cipher, &len, tag) != JOSE_OK)
		abort();
	token = with_dot(token, encrypted_key);
	token = with_dot(token, content.iv);
	token = with_dot(token, bytes_of(cipher, len));
	token = with_dot(token, bytes_of(tag, enc->tag_len));
	free(cipher);
	return token;
}
