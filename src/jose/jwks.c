/* Key sets; rules: jwks.h. */
#include "jose/jwks.h"

#include "jose/secure.h"

static const ByteView keys_name = BYTES_INIT("keys");

static JoseStatus read_keys(ByteView json, JsonValue *keys, size_t *error_at)
{
	if (json_read_object(json, &keys_name, keys, 1, error_at) != JOSE_OK ||
		keys->type != JSON_ARRAY)
		return JOSE_KEY_MALFORMED;
	return JOSE_OK;
}

bool jwks_is_likely(ByteView json)
{
	JsonValue keys;
	size_t error_at;

	return json_read_object(json, &keys_name, &keys, 1, &error_at) == JOSE_OK &&
		   keys.type != JSON_ABSENT;
}

static JsonValue kid_of(const JsonValue *key)
{
	static const ByteView kid_name = BYTES_INIT("kid");
	JsonValue kid = {0};
	size_t error_at;

	json_read_object(key->text, &kid_name, &kid, 1, &error_at);
	return kid;
}

/* JOSE_KEY_MALFORMED for too many: counted before anything is compared, which takes the square of it. */
static JoseStatus check_count(const JsonValue *keys)
{
	JsonCursor cursor = json_cursor(keys);
	JsonValue key;
	size_t count = 0;

	while (count <= JWKS_MAX_KEYS && json_next_element(&cursor, &key))
		count++;
	return count <= JWKS_MAX_KEYS ? JOSE_OK : JOSE_KEY_MALFORMED;
}

/* Whether a later key of the set has the same kid. */
static bool kid_repeats(JsonCursor rest, const JsonValue *key)
{
	JsonValue kid = kid_of(key);
	JsonValue other;

	while (json_next_element(&rest, &other))
	{
		JsonValue other_kid = kid_of(&other);

		if (json_same_string(&kid, &other_kid))
			return true;
	}
	return false;
}

static JoseStatus check_key(const JsonValue *key)
{
	Jwk jwk;
	size_t error_at;
	JoseStatus status;
	bool is_private;

	if (key->type != JSON_OBJECT)
		return JOSE_KEY_MALFORMED;
	status = jwk_read(key->text, &jwk, &error_at);
	is_private = jwk.is_private;
	jwk_close(&jwk);
	if (status == JOSE_KEY_UNSUPPORTED)
		return JOSE_OK; /* not for us (RFC 7517 section 5) */
	return status == JOSE_OK && is_private ? JOSE_KEY_WRONG_USE : status;
}

JoseStatus jwks_check(ByteView json, size_t *error_at)
{
	JsonValue keys;
	JsonValue key;
	JsonCursor cursor;
	JoseStatus status = read_keys(json, &keys, error_at);

	if (status == JOSE_OK)
		status = check_count(&keys);
	if (status != JOSE_OK)
		return status;
	cursor = json_cursor(&keys);
	while (status == JOSE_OK && json_next_element(&cursor, &key))
	{
		status = check_key(&key);
		if (status == JOSE_OK && kid_repeats(cursor, &key))
			status = JOSE_KEY_MALFORMED;
	}
	return status;
}

/* Reads a key of the set if it is the one for kid and alg. */
static bool read_candidate(const JsonValue *key, const JsonValue *kid, const JoseAlg *alg, Jwk *jwk)
{
	JsonValue key_kid = kid_of(key);
	size_t error_at;

	/* The kid first: reading a key with all its checks takes a thousand times longer. */
	if (kid->type != JSON_ABSENT && !json_same_string(kid, &key_kid))
		return false;
	if (jwk_read(key->text, jwk, &error_at) != JOSE_OK)
		return false;
	if (jwk_check_alg(jwk, alg, JWK_OP_VERIFY) == JOSE_OK)
		return true;
	jwk_close(jwk);
	return false;
}

JoseStatus jwks_select(ByteView json, const JsonValue *kid, const JoseAlg *alg, Jwk *jwk)
{
	JsonValue keys;
	JsonValue key;
	JsonCursor cursor;
	size_t error_at;
	size_t found = 0;
	Jwk candidate;

	*jwk = (Jwk) {0};
	if (read_keys(json, &keys, &error_at) != JOSE_OK)
		return JOSE_BAD_SIGNATURE;
	cursor = json_cursor(&keys);
	while (json_next_element(&cursor, &key))
	{
		if (!read_candidate(&key, kid, alg, &candidate))
			continue;
		jwk_close(jwk);
		*jwk = candidate;
		found++;
	}
	secure_wipe(&candidate, sizeof(candidate));
	if (found == 1)
		return JOSE_OK;
	jwk_close(jwk);
	return JOSE_BAD_SIGNATURE;
}
