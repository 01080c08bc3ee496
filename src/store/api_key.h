/*
 * API keys and their secrets as the token layer sees them; kept by the key cache, each by its own id,
 * so that a token costs no more look-ups than it needs.
 *
 * Only timeless facts are here. Whether a key has expired or a secret has retired depends on now, and
 * is decided at each use. All results are valid as key_cache_find says.
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

/* Characters of a content_type at most (tables.sql). */
#define API_KEY_MAX_CONTENT_TYPE_LEN 127

/* A JoseTime that never comes. */
#define TIME_NEVER INT64_MAX

typedef struct ApiKey
{
	ByteView id;
	ByteView tenant_id;
	ByteView content_type;
	const JoseAlg *alg;
	bool is_public;
	bool disabled;
	bool has_allowed_scopes;
	ByteView allowed_scopes; /* separated by spaces; every scope but the reserved when not set */
	ByteView *allowed_roles; /* UTF-8 */
	int allowed_role_count;
	int token_lifetime;     /* seconds, unless the caller says */
	int max_token_lifetime; /* seconds; the tenant may allow less */
	JoseTime expires_at;    /* TIME_NEVER when it does not */
} ApiKey;

typedef struct ApiKeySecret
{
	ByteView id; /* goes out as kid */
	ByteView api_key_id;
	ByteView sealed;
	JoseTime retires_at; /* TIME_NEVER for the one that signs */
	HmacKey mac;         /* opened at its first use by api_key_open_secret */
	ByteView header;     /* made by api_key_header, for the two below */
	const JoseAlg *header_alg;
	ByteView header_content_type;
	struct MemoryContextData *memory;
} ApiKeySecret;

typedef struct ApiKeySecrets
{
	int count;
	ApiKeySecret secrets[API_KEY_MAX_SECRETS];
} ApiKeySecrets;

/* The API key of that id, or NULL. */
const ApiKey *api_key_by_id(ByteView id);

/* The secret of that id, or NULL. */
ApiKeySecret *api_key_secret_by_id(ByteView secret_id);

/* The secrets of an API key; NULL when it has none. */
ApiKeySecrets *api_key_secrets(const ApiKey *key);

/* The one that signs: without a date of retirement. NULL when there is none. */
ApiKeySecret *api_key_current_secret(const ApiKey *key);

/*
 * The secret's keyed context, opened if need be. Raises TK011 when its root key is missing, TK010
 * when it does not open.
 */
const HmacKey *api_key_open_secret(const ApiKey *key, ApiKeySecret *secret);

/* base64url of the whole header of the tokens that a secret signs. */
ByteView api_key_header(const ApiKey *key, ApiKeySecret *secret);

#endif
