/*
 * API keys with their secrets as the token layer sees them; kept by the key cache, by the key's id and by
 * the ids of its secrets.
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
#include "store/cutoff.h"
#include "store/permissions.h"

/* A rotation leaves two, the current and the previous one. */
#define API_KEY_MAX_SECRETS 2

/* HS256, HS384, HS512 (tables.sql). */
#define API_KEY_ALGORITHMS 3

/* Characters of an id of ours at most (tables.sql). */
#define API_KEY_MAX_ID_LEN 128

/* Characters of a content_type at most (tables.sql). */
#define API_KEY_MAX_CONTENT_TYPE_LEN 127

typedef struct ApiKeySecret
{
	ByteView id; /* goes out as kid */
	ByteView sealed;
	JoseTime retires_at; /* JOSE_TIME_NEVER for the one that signs */
	HmacKey mac;         /* opened at its first use by api_key_open_secret */
	ByteView header;     /* written at its first use by api_key_header */
} ApiKeySecret;

typedef struct ApiKey
{
	ByteView id;
	ByteView tenant_id;
	ByteView content_type;
	const JoseAlg *alg;
	bool is_public;
	bool disabled;
	Permissions permissions;
	Cutoff cutoff;
	int token_lifetime;     /* seconds, unless the caller says */
	int max_token_lifetime; /* seconds; the tenant may allow less */
	JoseTime expires_at;    /* JOSE_TIME_NEVER when it does not */
	ApiKeySecret *secrets;  /* first the one that signs */
	int secret_count;
	struct MemoryContextData *memory; /* of all of it */
} ApiKey;

/* The API key of that id, or NULL. */
const ApiKey *api_key_by_id(ByteView id);

/* The API key one of whose secrets has that id, and that secret; or NULL. */
const ApiKey *api_key_by_secret_id(ByteView secret_id, ApiKeySecret **secret);

/*
 * The keyed context of one of the key's secrets, opened if need be. Raises TK011 when its root key is
 * missing, TK010 when it does not open.
 */
const HmacKey *api_key_open_secret(const ApiKey *key, ApiKeySecret *secret);

/* base64url of the whole header of the tokens that one of the key's secrets signs. */
ByteView api_key_header(const ApiKey *key, ApiKeySecret *secret);

#endif
