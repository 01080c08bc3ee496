/* Reading signing keys; making new ones stands in new_signing_key.c. signing_key.h. */
#include "postgres.h"

#include "store/signing_key.h"

#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/memory.h"
#include "store/key_cache.h"
#include "store/scan.h"
#include "store/seal.h"

static SigningKeyState state_of(ByteView word)
{
	if (bytes_equal(word, BYTES_LITERAL("next")))
		return SIGNING_KEY_NEXT;
	if (bytes_equal(word, BYTES_LITERAL("current")))
		return SIGNING_KEY_CURRENT;
	return bytes_equal(word, BYTES_LITERAL("previous")) ? SIGNING_KEY_PREVIOUS
														: SIGNING_KEY_REVOKED;
}

static void open_verifier(SigningKey *key, ByteView public_jwk)
{
	Jwk jwk;
	size_t error_at;
	JoseStatus status = jwk_read(public_jwk, &jwk, &error_at);

	if (status == JOSE_OK)
		status = signature_key_open(&key->verifier, key->alg, jwk.pkey);
	jwk_close(&jwk);
	if (status != JOSE_OK)
		errors_refuse(JOSE_BAD_KEY);
}

static bool visit_signing_key(const ScanRow *row, void *context)
{
	SigningKey *key = context;

	key->alg = jose_alg_by_name(scan_text(row, SIGNING_KEY_ALGORITHM));
	if (key->alg == NULL || key->alg->key_type == JOSE_KEY_OCT)
		return false;
	key->kid = scan_copy_text(row, SIGNING_KEY_KID);
	key->tenant_id = scan_copy_text(row, SIGNING_KEY_TENANT_ID);
	key->state = state_of(scan_text(row, SIGNING_KEY_STATE));
	key->retired_at = scan_time(row, SIGNING_KEY_RETIRED_AT, JOSE_TIME_NEVER);
	key->sealed = scan_copy_text(row, SIGNING_KEY_SEALED);
	open_verifier(key, scan_text(row, SIGNING_KEY_PUBLIC_JWK));
	return false;
}

static void close_signatures(void *argument)
{
	SigningKey *key = argument;

	signature_key_close(&key->verifier);
	signature_key_close(&key->signer);
}

static void *load_signing_key(ByteView kid, ScanSession *session)
{
	SigningKey *key = palloc0(sizeof(SigningKey));

	memory_on_reset(close_signatures, key);
	scan_by_text(session, TABLE_SIGNING_KEY, SIGNING_KEY_KID, kid, visit_signing_key, key);
	return key->kid.len > 0 ? key : NULL;
}

/* The key itself never changes under its kid, which is its thumbprint. */
static void adopt_signatures(void *object, void *older_object)
{
	SigningKey *key = object;
	SigningKey *older = older_object;

	if (key->alg != older->alg || !bytes_equal(key->sealed, older->sealed) ||
		!bytes_equal(key->tenant_id, older->tenant_id))
		return;
	key->signer = older->signer;
	older->signer = (SignatureKey) {0};
}

static const CachedKind signing_key_kind = {.kind = KEY_KIND_SIGNING_KEY,
											.load = load_signing_key,
											.adopt = adopt_signatures};

SigningKey *signing_key_by_kid(ByteView kid)
{
	return key_cache_find(&signing_key_kind, kid);
}

SigningKey *signing_key_current(const Tenant *tenant, const JoseAlg *alg)
{
	if (alg == NULL && tenant->current_key_count != 1)
		return NULL;
	for (int i = 0; i < tenant->current_key_count; i++)
	{
		if (alg == NULL || tenant->current_keys[i].alg == alg)
			return signing_key_by_kid(tenant->current_keys[i].kid);
	}
	return NULL;
}

bool signing_key_verifies(const SigningKey *key, const Tenant *tenant, JoseTime now)
{
	JoseTime window = tenant->max_token_lifetime * JOSE_TIME_PER_SECOND;

	if (key->state == SIGNING_KEY_PREVIOUS)
		return key->retired_at != JOSE_TIME_NEVER && now - key->retired_at < window;
	return key->state != SIGNING_KEY_REVOKED;
}

SignatureKey *signing_key_open_signer(SigningKey *key)
{
	SealPlace place = {.column = SEAL_SIGNING_KEY, .row_id = key->kid, .owner_id = key->tenant_id};
	uint8_t plain[JWK_MAX_TEXT_LEN + SEAL_OVERHEAD];
	size_t error_at;
	size_t len;
	JoseStatus status;
	Jwk jwk;

	if (key->signer.pkey != NULL)
		return &key->signer;
	if (key->sealed.data == NULL || key->sealed.len > sizeof(plain))
		errors_refuse(JOSE_BAD_KEY);
	len = seal_open(&place, key->sealed, plain);
	status = jwk_read(bytes_of(plain, len), &jwk, &error_at);
	if (status == JOSE_OK)
		status = signature_key_open(&key->signer, key->alg, jwk.pkey);
	jwk_close(&jwk);
	secure_wipe(plain, len);
	if (status != JOSE_OK)
		errors_refuse(JOSE_BAD_KEY);
	return &key->signer;
}
