/* Compact JWE, put together and taken apart; purpose: jwe.h. */
#include "jose/jwe.h"

#include <openssl/rand.h>

#include "jose/b64url.h"
#include "jose/json_write.h"
#include "jose/jws.h"
#include "jose/secure.h"

enum
{
	ALG,
	ENC,
	KID,
	TYP,
	CTY,
	EPK,
	APU,
	APV,
	IV,
	TAG,
	ZIP,
	CRIT,
	MEMBER_COUNT
};

static const ByteView member_names[MEMBER_COUNT] = {
	[ALG] = BYTES_INIT("alg"), [ENC] = BYTES_INIT("enc"), [KID] = BYTES_INIT("kid"),
	[TYP] = BYTES_INIT("typ"), [CTY] = BYTES_INIT("cty"), [EPK] = BYTES_INIT("epk"),
	[APU] = BYTES_INIT("apu"), [APV] = BYTES_INIT("apv"), [IV] = BYTES_INIT("iv"),
	[TAG] = BYTES_INIT("tag"), [ZIP] = BYTES_INIT("zip"), [CRIT] = BYTES_INIT("crit"),
};

/* Segments: header, encrypted key, IV, ciphertext, tag. */
#define SEGMENT_COUNT 5

/* Splits at exactly four dots; header, IV, ciphertext and tag are not empty, the key may be. */
static JoseStatus split(ByteView token, ByteView segments[SEGMENT_COUNT])
{
	for (int i = 0; i < SEGMENT_COUNT; i++)
	{
		const uint8_t *dot = token.len > 0 ? memchr(token.data, '.', token.len) : NULL;

		if ((dot == NULL) != (i == SEGMENT_COUNT - 1))
			return JOSE_NOT_COMPACT;
		segments[i] = bytes_of(token.data, dot == NULL ? token.len : (size_t) (dot - token.data));
		if (segments[i].len == 0 && i != 1 && i != 3)
			return JOSE_NOT_COMPACT;
		if (dot != NULL)
			token = bytes_of(dot + 1, token.len - segments[i].len - 1);
	}
	return segments[0].len > JWS_MAX_HEADER_CHARS ? JOSE_HEADER_TOO_LARGE : JOSE_OK;
}

static JoseStatus decode(ByteView segment, uint8_t **room, ByteView *out)
{
	size_t len;
	JoseStatus status = b64url_decode(segment, *room, b64url_decoded_size(segment.len), &len);

	*out = bytes_of(*room, len);
	*room += len;
	return status;
}

/* A base64url header member of exactly len bytes. */
static bool read_exactly(const JsonValue *member, uint8_t *out, size_t expected)
{
	size_t len = 0;

	return member->type == JSON_STRING && !member->escaped &&
		   b64url_decode(member->text, out, expected, &len) == JOSE_OK && len == expected;
}

/* apu and apv: base64url where present (RFC 7518 sections 4.6.1.2, 4.6.1.3). */
static bool read_party(const JsonValue *member, uint8_t **room, ByteView *out)
{
	*out = bytes_of(NULL, 0);
	if (member->type == JSON_ABSENT)
		return true;
	return member->type == JSON_STRING && !member->escaped &&
		   member->text.len <= JWE_MAX_PARTY_LEN && decode(member->text, room, out) == JOSE_OK;
}

/* The members that belong to the algorithm's family, and no others of them. */
static bool read_key_members(const JsonValue members[MEMBER_COUNT], const JweAlg *alg,
							 uint8_t **room, JweKeyParts *parts)
{
	if (alg->family == JWE_AES_GCM_KW)
		return read_exactly(&members[IV], parts->iv, sizeof(parts->iv)) &&
			   read_exactly(&members[TAG], parts->tag, sizeof(parts->tag));
	if (alg->family != JWE_ECDH_ES)
		return true;
	parts->epk = members[EPK].text;
	return members[EPK].type == JSON_OBJECT && read_party(&members[APU], room, &parts->apu) &&
		   read_party(&members[APV], room, &parts->apv);
}

static JoseStatus read_header(Jwe *jwe, uint8_t **room, size_t *error_at)
{
	JsonValue members[MEMBER_COUNT];
	JoseStatus status = json_read_object(jwe->header_json, member_names, members, MEMBER_COUNT,
										 error_at);

	if (status != JOSE_OK)
		return status;
	if (members[ALG].type != JSON_STRING || members[ENC].type != JSON_STRING ||
		!json_is_string_or_absent(&members[KID]) || !json_is_string_or_absent(&members[TYP]) ||
		!json_is_string_or_absent(&members[CTY]))
		return JOSE_HEADER_MEMBER;
	if (members[CRIT].type != JSON_ABSENT)
		return JOSE_CRITICAL_HEADER;
	if (members[ZIP].type != JSON_ABSENT)
		return JOSE_UNSUPPORTED_HEADER;
	jwe->alg = members[ALG].escaped ? NULL : jwe_alg_by_name(members[ALG].text);
	jwe->enc = members[ENC].escaped ? NULL : jwe_enc_by_name(members[ENC].text);
	if (jwe->alg == NULL || jwe->enc == NULL)
		return JOSE_UNSUPPORTED_ALG;
	jwe->kid = members[KID];
	jwe->typ = members[TYP];
	jwe->cty = members[CTY];
	return read_key_members(members, jwe->alg, room, &jwe->key_parts) ? JOSE_OK
																	  : JOSE_HEADER_MEMBER;
}

JoseStatus jwe_read(ByteView token, uint8_t *room, Jwe *jwe, size_t *error_at)
{
	ByteView segments[SEGMENT_COUNT];
	ByteView encrypted_key = {NULL, 0};
	JoseStatus status = split(token, segments);

	*jwe = (Jwe) {0};
	*error_at = 0;
	if (status != JOSE_OK)
		return status;
	jwe->associated = segments[0];
	if (decode(segments[0], &room, &jwe->header_json) != JOSE_OK ||
		decode(segments[1], &room, &encrypted_key) != JOSE_OK ||
		decode(segments[2], &room, &jwe->iv) != JOSE_OK ||
		decode(segments[3], &room, &jwe->cipher) != JOSE_OK ||
		decode(segments[4], &room, &jwe->tag) != JOSE_OK)
		return JOSE_BAD_BASE64URL;
	if (encrypted_key.len > sizeof(jwe->key_parts.encrypted_key))
		return JOSE_NOT_COMPACT;
	if (encrypted_key.len > 0)
		memcpy(jwe->key_parts.encrypted_key, encrypted_key.data, encrypted_key.len);
	jwe->key_parts.encrypted_key_len = encrypted_key.len;
	return read_header(jwe, &room, error_at);
}

JoseStatus jwe_decrypt(const Jwe *jwe, const Jwk *jwk, uint8_t *plain, size_t *plain_len)
{
	uint8_t cek[JWE_MAX_CEK_LEN];
	JweContent content = {.cek = bytes_of(cek, jwe->enc->cek_len),
						  .iv = jwe->iv,
						  .associated = jwe->associated};
	JoseStatus status = jwe_key_check(jwk, jwe->alg, jwe->enc, JWE_RECEIVER);

	*plain_len = 0;
	if (status != JOSE_OK || !jwk->is_private)
		return JOSE_KEY_WRONG_USE;
	status = jwe_key_unwrap(jwk, jwe->alg, jwe->enc, &jwe->key_parts, cek);
	if (status == JOSE_OK)
		status = jwe_content_decrypt(jwe->enc, &content, jwe->cipher, jwe->tag, plain, plain_len);
	secure_wipe(cek, sizeof(cek));
	return status;
}

size_t jwe_capacity(const JweRequest *request)
{
	/* alg, enc, iv, tag and epk with its coordinates fit into 1024. */
	size_t header_len = 1024 + request->header.len;

	return b64url_encoded_size(header_len) + b64url_encoded_size(JWE_MAX_ENCRYPTED_KEY_LEN) +
		   b64url_encoded_size(JWE_MAX_IV_LEN) +
		   b64url_encoded_size(request->plain.len + JWE_MAX_PADDING) +
		   b64url_encoded_size(JWE_MAX_TAG_LEN) + SEGMENT_COUNT - 1;
}

/* The caller's members must leave alone what this module writes; apu and apv become parts. */
static JoseStatus read_own_header(const JweRequest *request, uint8_t room[2 * JWE_MAX_PARTY_LEN],
								  JweKeyParts *parts)
{
	static const int ours[] = {ALG, ENC, EPK, IV, TAG, ZIP, CRIT};
	JsonValue members[MEMBER_COUNT];
	size_t error_at;

	if (request->header.data == NULL)
		return JOSE_OK;
	if (json_read_object(request->header, member_names, members, MEMBER_COUNT, &error_at) !=
		JOSE_OK)
		return JOSE_HEADER_MEMBER;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
	{
		if (members[ours[i]].type != JSON_ABSENT)
			return JOSE_HEADER_MEMBER;
	}
	return json_is_string_or_absent(&members[KID]) && json_is_string_or_absent(&members[TYP]) &&
				   json_is_string_or_absent(&members[CTY]) &&
				   read_party(&members[APU], &room, &parts->apu) &&
				   read_party(&members[APV], &room, &parts->apv)
			   ? JOSE_OK
			   : JOSE_HEADER_MEMBER;
}

static void put_name(JsonWriter *writer, const char *name, const char *value)
{
	json_put_raw(writer, bytes_of_string(name));
	json_put_string(writer, bytes_of_string(value));
}

static void put_base64url(JsonWriter *writer, const char *name, ByteView bytes)
{
	char encoded[32];

	json_put_raw(writer, bytes_of_string(name));
	json_put_string(writer, bytes_of(encoded, b64url_encode(bytes, encoded, sizeof(encoded))));
}

/* The caller's members; they have been checked. */
static void put_members(JsonWriter *writer, ByteView object)
{
	JsonValue value;
	size_t error_at;

	if (object.data != NULL && json_read_value(object, &value, &error_at) == JOSE_OK)
		json_put_members(writer, &value);
}

static ByteView write_header(const JweRequest *request, const JweKeyParts *parts, uint8_t *out,
							 size_t capacity)
{
	JsonWriter writer = json_writer(out, capacity);

	put_name(&writer, "{\"alg\":", request->alg->name);
	put_name(&writer, ",\"enc\":", request->enc->name);
	if (request->alg->family == JWE_AES_GCM_KW)
	{
		put_base64url(&writer, ",\"iv\":", bytes_of(parts->iv, sizeof(parts->iv)));
		put_base64url(&writer, ",\"tag\":", bytes_of(parts->tag, sizeof(parts->tag)));
	}
	if (request->alg->family == JWE_ECDH_ES)
	{
		json_put_raw(&writer, BYTES_LITERAL(",\"epk\":"));
		json_put_raw(&writer, parts->epk);
	}
	put_members(&writer, request->header);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	return json_written(&writer);
}

/* Appends a dot and a segment; false when the room does not suffice. */
static bool append(JweText *token, ByteView bytes)
{
	size_t needed = b64url_encoded_size(bytes.len);

	if (token->capacity - token->len < needed + 1)
		return false;
	token->chars[token->len++] = '.';
	token->len += b64url_encode(bytes, token->chars + token->len, token->capacity - token->len);
	return true;
}

/* The header is encoded first: as it stands there it is the associated data. */
static JoseStatus finish(const JweRequest *request, const JweKeyParts *parts, const uint8_t *cek,
						 uint8_t *scratch, JweText *token)
{
	uint8_t header[JWS_MAX_HEADER_LEN];
	uint8_t iv[JWE_MAX_IV_LEN];
	uint8_t tag[JWE_MAX_TAG_LEN];
	size_t cipher_len = 0;
	ByteView json = write_header(request, parts, header, sizeof(header));
	JweContent content = {.cek = bytes_of(cek, request->enc->cek_len),
						  .iv = bytes_of(iv, request->enc->iv_len)};
	JoseStatus status;

	if (json.data == NULL)
		return JOSE_HEADER_TOO_LARGE;
	if (RAND_bytes(iv, sizeof(iv)) != 1)
		return JOSE_CRYPTO_FAILURE;
	token->len = b64url_encode(json, token->chars, token->capacity);
	content.associated = bytes_of(token->chars, token->len);
	status = jwe_content_encrypt(request->enc, &content, request->plain, scratch, &cipher_len, tag);
	if (status != JOSE_OK)
		return status;
	return token->len > 0 &&
				   append(token, bytes_of(parts->encrypted_key, parts->encrypted_key_len)) &&
				   append(token, content.iv) && append(token, bytes_of(scratch, cipher_len)) &&
				   append(token, bytes_of(tag, request->enc->tag_len))
			   ? JOSE_OK
			   : JOSE_HEADER_TOO_LARGE;
}

JoseStatus jwe_encrypt(const JweRequest *request, uint8_t *scratch, JweText *token)
{
	uint8_t party_room[2 * JWE_MAX_PARTY_LEN];
	uint8_t cek[JWE_MAX_CEK_LEN];
	JweKeyParts parts = {0};
	JoseStatus status = jwe_key_check(request->jwk, request->alg, request->enc, JWE_SENDER);

	token->len = 0;
	if (status == JOSE_OK)
		status = read_own_header(request, party_room, &parts);
	if (status == JOSE_OK)
		status = jwe_key_wrap(request->jwk, request->alg, request->enc, &parts, cek);
	if (status == JOSE_OK)
		status = finish(request, &parts, cek, scratch, token);
	secure_wipe(cek, sizeof(cek));
	return status;
}
