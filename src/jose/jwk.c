/* What all JWKs have in common; purpose: jwk.h. */
#include "jose/jwk.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "jose/b64url.h"
#include "jose/jwk_parts.h"
#include "jose/secure.h"

static const ByteView member_names[JWK_MEMBER_COUNT] = {
	[JWK_KTY] = BYTES_INIT("kty"),
	[JWK_USE] = BYTES_INIT("use"),
	[JWK_KEY_OPS] = BYTES_INIT("key_ops"),
	[JWK_ALG] = BYTES_INIT("alg"),
	[JWK_KID] = BYTES_INIT("kid"),
	[JWK_K] = BYTES_INIT("k"),
	[JWK_CRV] = BYTES_INIT("crv"),
	[JWK_X] = BYTES_INIT("x"),
	[JWK_Y] = BYTES_INIT("y"),
	[JWK_N] = BYTES_INIT("n"),
	[JWK_E] = BYTES_INIT("e"),
	[JWK_D] = BYTES_INIT("d"),
	[JWK_P] = BYTES_INIT("p"),
	[JWK_Q] = BYTES_INIT("q"),
	[JWK_DP] = BYTES_INIT("dp"),
	[JWK_DQ] = BYTES_INIT("dq"),
	[JWK_QI] = BYTES_INIT("qi"),
	[JWK_OTH] = BYTES_INIT("oth"),
};

JoseStatus jwk_decode_member(const JsonValue *member, uint8_t *out, size_t capacity, size_t *len)
{
	if (member->type != JSON_STRING || member->escaped || member->text.len == 0 ||
		b64url_decode(member->text, out, capacity, len) != JOSE_OK)
		return JOSE_KEY_MALFORMED;
	return JOSE_OK;
}

EVP_PKEY *jwk_pkey_from(const char *type, bool is_private, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
						  params) != 1)
	{
		EVP_PKEY_free(pkey);
		pkey = NULL;
		ERR_clear_error();
	}
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* The registered operations; others are ignored (RFC 7517 section 4.3). */
typedef struct KeyOperation
{
	ByteView name;
	JwkOperation operation;
} KeyOperation;

static const KeyOperation key_operations[] = {
	{BYTES_INIT("sign"), JWK_OP_SIGN},
	{BYTES_INIT("verify"), JWK_OP_VERIFY},
	{BYTES_INIT("encrypt"), JWK_OP_ENCRYPT},
	{BYTES_INIT("decrypt"), JWK_OP_DECRYPT},
	{BYTES_INIT("wrapKey"), JWK_OP_WRAP_KEY},
	{BYTES_INIT("unwrapKey"), JWK_OP_UNWRAP_KEY},
	{BYTES_INIT("deriveKey"), JWK_OP_DERIVE_KEY},
	{BYTES_INIT("deriveBits"), JWK_OP_DERIVE_BITS},
};
#define KEY_OPERATION_COUNT (sizeof(key_operations) / sizeof(key_operations[0]))

/* Index of a registered operation, or KEY_OPERATION_COUNT. */
static size_t operation_index(const JsonValue *name)
{
	size_t i = 0;

	while (i < KEY_OPERATION_COUNT && !json_string_equals(name, key_operations[i].name))
		i++;
	return i;
}

static JoseStatus read_key_ops(const JsonValue *key_ops, unsigned *operations)
{
	bool seen[KEY_OPERATION_COUNT + 1] = {false};
	JsonCursor cursor;
	JsonValue name;

	if (key_ops->type == JSON_ABSENT)
		return JOSE_OK;
	if (key_ops->type != JSON_ARRAY)
		return JOSE_KEY_MALFORMED;
	*operations = 0;
	cursor = json_cursor(key_ops);
	while (json_next_element(&cursor, &name))
	{
		size_t i = operation_index(&name);

		if (name.type != JSON_STRING || (i < KEY_OPERATION_COUNT && seen[i]))
			return JOSE_KEY_MALFORMED;
		seen[i] = true;
		if (i < KEY_OPERATION_COUNT)
			*operations |= key_operations[i].operation;
	}
	return JOSE_OK;
}

/* What "use" and "key_ops" leave; they must not contradict each other (RFC 7517 section 4.3). */
static JoseStatus read_operations(const JsonValue members[JWK_MEMBER_COUNT], unsigned *operations)
{
	const JsonValue *use = &members[JWK_USE];
	unsigned by_ops = JWK_OPS_ALL;
	unsigned by_use = by_ops;
	JoseStatus status = read_key_ops(&members[JWK_KEY_OPS], &by_ops);

	if (status != JOSE_OK)
		return status;
	if (!json_is_string_or_absent(use))
		return JOSE_KEY_MALFORMED;
	if (json_string_equals(use, BYTES_LITERAL("sig")))
		by_use = JWK_OPS_SIGNATURE;
	else if (json_string_equals(use, BYTES_LITERAL("enc")))
		by_use = JWK_OPS_ENCRYPTION;
	else if (use->type == JSON_STRING)
		by_use = 0;
	if (members[JWK_KEY_OPS].type != JSON_ABSENT && (by_ops & ~by_use) != 0)
		return JOSE_KEY_WRONG_USE;
	*operations = by_ops & by_use;
	return JOSE_OK;
}

static JoseStatus read_oct(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk)
{
	jwk->is_private = true;
	return jwk_decode_member(&members[JWK_K], jwk->secret, sizeof(jwk->secret), &jwk->secret_len);
}

typedef JoseStatus (*TypeReader)(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk);

typedef struct KeyTypeName
{
	ByteView name;
	JoseKeyType type;
	TypeReader read;
} KeyTypeName;

static const KeyTypeName key_types[] = {
	{BYTES_INIT("oct"), JOSE_KEY_OCT, read_oct},
	{BYTES_INIT("RSA"), JOSE_KEY_RSA, jwk_read_rsa},
	{BYTES_INIT("EC"), JOSE_KEY_EC, jwk_read_ec},
	{BYTES_INIT("OKP"), JOSE_KEY_OKP, jwk_read_okp},
};

static JoseStatus read_key(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk)
{
	const JsonValue *kty = &members[JWK_KTY];

	if (kty->type != JSON_STRING)
		return JOSE_KEY_MALFORMED;
	for (size_t i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++)
	{
		if (json_string_equals(kty, key_types[i].name))
		{
			jwk->type = key_types[i].type;
			return key_types[i].read(members, jwk);
		}
	}
	return JOSE_KEY_UNSUPPORTED;
}

/* A signature algorithm in "alg" must be one of the key's own type and curve. */
static JoseStatus check_own_alg(const Jwk *jwk)
{
	const JoseAlg *alg = jwk->alg.type == JSON_STRING ? jose_alg_by_name(jwk->alg.text) : NULL;

	return alg == NULL ? JOSE_OK : jwk_check_alg(jwk, alg, JWK_OPS_SIGNATURE);
}

JoseStatus jwk_read(ByteView json, Jwk *jwk, size_t *error_at)
{
	JsonValue members[JWK_MEMBER_COUNT];
	JoseStatus status;

	*jwk = (Jwk) {0};
	*error_at = 0;
	if (json_read_object(json, member_names, members, JWK_MEMBER_COUNT, error_at) != JOSE_OK)
		return JOSE_KEY_MALFORMED;
	if (!json_is_string_or_absent(&members[JWK_ALG]) ||
		!json_is_string_or_absent(&members[JWK_KID]))
		return JOSE_KEY_MALFORMED;
	jwk->alg = members[JWK_ALG];
	jwk->kid = members[JWK_KID];
	status = read_operations(members, &jwk->operations);
	if (status == JOSE_OK)
		status = read_key(members, jwk);
	if (status == JOSE_OK)
		status = check_own_alg(jwk);
	if (status != JOSE_OK)
		jwk_close(jwk);
	return status;
}

void jwk_close(Jwk *jwk)
{
	EVP_PKEY_free(jwk->pkey);
	secure_wipe(jwk, sizeof(*jwk));
}

JoseStatus jwk_check_alg(const Jwk *jwk, const JoseAlg *alg, unsigned operations)
{
	if (jwk->type != alg->key_type || (jwk->operations & operations) == 0)
		return JOSE_KEY_WRONG_USE;
	if (alg->curve != NULL && strcmp(alg->curve, jwk->curve) != 0)
		return JOSE_KEY_WRONG_USE;
	if (jwk->alg.type == JSON_STRING && jose_alg_by_name(jwk->alg.text) != alg)
		return JOSE_KEY_WRONG_USE;
	return JOSE_OK;
}
