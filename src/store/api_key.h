/*
 * An API key as the token layer sees it: its own row, what of its tenant's row counts, and the one or
 * two secrets that are live. Built by api_key_load, kept by the key cache.
 *
 * Only timeless facts are here. Whether a key has expired or a secret has retired depends on now, and
 * is decided at each use.
 */
#ifndef ACCESS_TOKEN_STORE_API_KEY_H
#define ACCESS_TOKEN_STORE_API_KEY_H

#include "jose/alg.h"
#include "jose/bytes.h"
#include "jose/claims.h"
#include "jose/hmac.h"

/* A rotation leaves two; a third retires the oldest at once. */
#define API_KEY_MAX_SECRETS 2

/* Characters of an id of ours at most (tables.sql). */
#define API_KEY_MAX_ID_LEN 128

/* A JoseTime that never comes. */
#define TIME_NEVER INT64_MAX

typedef struct ApiKeySecret
{
	ByteView id; /* goes out as kid */
	ByteView sealed;
	JoseTime retires_at; /* TIME_NEVER for the one that signs */
	ByteView header;     /* base64url of the whole header of the tokens it signs */
	HmacKey mac;         /* opened at its first use by api_key_open_secret */
} ApiKeySecret;

typedef struct ApiKey
{
	ByteView id;
	ByteView tenant_id;
	ByteView content_type;
	const JoseAlg *alg;
	bool is_public;
	bool disabled;
	bool tenant_disabled;
	bool has_allowed_scopes;
	ByteView allowed_scopes; /* separated by spaces; every scope but the reserved when not set */
	ByteView *allowed_roles; /* UTF-8 */
	int allowed_role_count;
	int token_lifetime;     /* seconds, unless the caller says */
	int max_token_lifetime; /* seconds; the smaller one of key and tenant */
	JoseTime expires_at;    /* TIME_NEVER when it does not */
	int secret_count;
	ApiKeySecret secrets[API_KEY_MAX_SECRETS];

	bool cacheable; /* whether changes of what was read will be announced */
} ApiKey;

/*
 * Reads a key by its id into the current memory context; NULL when there is none. The contexts of its
 * secrets are freed with that memory context.
 */
ApiKey *api_key_load(ByteView id);

/* The id of the API key that a secret belongs to, in the current memory context; no data if none. */
ByteView api_key_id_of_secret(ByteView secret_id);

/*
 * The secret's keyed context, opened if need be. Raises TK011 when its root key is missing, TK010
 * when it does not open.
 */
const HmacKey *api_key_open_secret(ApiKey *key, ApiKeySecret *secret);

/* Takes over from an older reading the contexts of secrets whose sealed bytes are still the same. */
void api_key_adopt_contexts(ApiKey *key, ApiKey *older);

/* The secret of that id, or NULL. */
ApiKeySecret *api_key_secret_by_id(ApiKey *key, ByteView secret_id);

/* The secret that signs: the one without a date of retirement. NULL when there is none. */
ApiKeySecret *api_key_current_secret(ApiKey *key);

#endif
