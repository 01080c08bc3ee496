/* Reading an API key from its tables; purpose: api_key.h. */
#include "postgres.h"

#include "store/api_key.h"

#include "utils/memutils.h"

#include "jose/b64url.h"
#include "jose/json_write.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/memory.h"
#include "pg/text.h"
#include "store/key_cache.h"
#include "store/new_secret.h"
#include "store/scan.h"
#include "store/seal.h"

/* A list of scopes as it is written: first its length, then its bytes. */
typedef struct ScopeList
{
	size_t len;
	uint8_t *bytes; /* NULL while lengths are added up */
} ScopeList;

static void append_scope(ByteView scope, void *context)
{
	ScopeList *list = context;

	if (list->bytes != NULL)
	{
		memcpy(list->bytes + list->len, scope.data, scope.len);
		list->bytes[list->len + scope.len] = ' ';
	}
	list->len += scope.len + 1;
}

/* Each scope with a space behind it, but none at the end. */
static ByteView read_scopes(const ScanRow *row)
{
	ScopeList list = {.len = 0};

	scan_text_array(row, API_KEY_ALLOWED_SCOPES, append_scope, &list);
	if (list.len == 0)
		return bytes_of("", 0);
	list.bytes = palloc(list.len);
	list.len = 0;
	scan_text_array(row, API_KEY_ALLOWED_SCOPES, append_scope, &list);
	return bytes_of(list.bytes, list.len - 1);
}

static void append_role(ByteView role, void *context)
{
	ApiKey *key = context;
	size_t size = sizeof(ByteView) * (size_t) (key->allowed_role_count + 1);

	key->allowed_roles = key->allowed_roles == NULL ? palloc(size)
													: repalloc(key->allowed_roles, size);
	key->allowed_roles[key->allowed_role_count++] = memory_copy(
		text_to_utf8(role, "allowed_roles"));
}

static bool visit_api_key(const ScanRow *row, void *context)
{
	ApiKey *key = context;

	key->id = memory_copy(scan_text(row, API_KEY_ID));
	key->tenant_id = memory_copy(scan_text(row, API_KEY_TENANT_ID));
	key->content_type = memory_copy(scan_text(row, API_KEY_CONTENT_TYPE));
	key->is_public = bytes_equal(scan_text(row, API_KEY_KIND), BYTES_LITERAL("public"));
	key->alg = jose_alg_by_name(scan_text(row, API_KEY_ALGORITHM));
	key->token_lifetime = scan_integer(row, API_KEY_TOKEN_LIFETIME);
	key->max_token_lifetime = scan_integer(row, API_KEY_MAX_TOKEN_LIFETIME);
	key->expires_at = scan_time(row, API_KEY_EXPIRES_AT, TIME_NEVER);
	key->disabled = !scan_is_null(row, API_KEY_DISABLED_AT);
	key->has_allowed_scopes = !scan_is_null(row, API_KEY_ALLOWED_SCOPES);
	key->allowed_scopes = read_scopes(row);
	scan_text_array(row, API_KEY_ALLOWED_ROLES, append_role, key);
	return false;
}

static void *load_api_key(ByteView id, ScanSession *session)
{
	ApiKey *key = palloc0(sizeof(ApiKey));

	scan_by_text(session, TABLE_API_KEY, API_KEY_ID, id, visit_api_key, key);
	return key->id.len > 0 && key->alg != NULL && key->alg->key_type == JOSE_KEY_OCT ? key : NULL;
}

static const CachedKind api_key_kind = {.kind = KEY_KIND_API_KEY, .load = load_api_key};

const ApiKey *api_key_by_id(ByteView id)
{
	return key_cache_find(&api_key_kind, id);
}

static void read_secret(const ScanRow *row, ApiKeySecret *secret)
{
	secret->id = memory_copy(scan_text(row, SECRET_ID));
	secret->api_key_id = memory_copy(scan_text(row, SECRET_API_KEY_ID));
	secret->sealed = memory_copy(scan_text(row, SECRET_SEALED));
	secret->retires_at = scan_time(row, SECRET_RETIRES_AT, TIME_NEVER);
	secret->memory = CurrentMemoryContext;
}

/* A memory context's end ends OpenSSL's objects, too. */
static void close_secret(void *secret)
{
	hmac_key_close(&((ApiKeySecret *) secret)->mac);
}

/* Takes over the context of an older reading whose sealed bytes and place are still the same. */
static void adopt_mac(ApiKeySecret *secret, ApiKeySecret *older)
{
	if (!bytes_equal(secret->id, older->id) || !bytes_equal(secret->sealed, older->sealed) ||
		!bytes_equal(secret->api_key_id, older->api_key_id))
		return;
	secret->mac = older->mac;
	older->mac = (HmacKey) {0};
}

static bool visit_secret(const ScanRow *row, void *context)
{
	read_secret(row, context);
	return false;
}

static void *load_secret(ByteView id, ScanSession *session)
{
	ApiKeySecret *secret = palloc0(sizeof(ApiKeySecret));

	memory_on_reset(close_secret, secret);
	scan_by_text(session, TABLE_API_KEY_SECRET, SECRET_ID, id, visit_secret, secret);
	return secret->id.len > 0 ? secret : NULL;
}

static void adopt_secret(void *secret, void *older)
{
	adopt_mac(secret, older);
}

static const CachedKind secret_kind = {.kind = KEY_KIND_SECRET,
									   .load = load_secret,
									   .adopt = adopt_secret};

ApiKeySecret *api_key_secret_by_id(ByteView secret_id)
{
	return key_cache_find(&secret_kind, secret_id);
}

static bool visit_secret_of_key(const ScanRow *row, void *context)
{
	ApiKeySecrets *secrets = context;

	read_secret(row, &secrets->secrets[secrets->count++]);
	return secrets->count < API_KEY_MAX_SECRETS;
}

static void *load_secrets(ByteView api_key_id, ScanSession *session)
{
	ApiKeySecrets *secrets = palloc0(sizeof(ApiKeySecrets));

	for (int i = 0; i < API_KEY_MAX_SECRETS; i++)
		memory_on_reset(close_secret, &secrets->secrets[i]);
	scan_by_text(session, TABLE_API_KEY_SECRET, SECRET_API_KEY_ID, api_key_id, visit_secret_of_key,
				 secrets);
	return secrets->count > 0 ? secrets : NULL;
}

static void adopt_secrets(void *object, void *older_object)
{
	ApiKeySecrets *secrets = object;
	ApiKeySecrets *older = older_object;

	for (int i = 0; i < secrets->count; i++)
	{
		for (int j = 0; j < older->count; j++)
			adopt_mac(&secrets->secrets[i], &older->secrets[j]);
	}
}

static const CachedKind secrets_kind = {.kind = KEY_KIND_SECRETS_OF_KEY,
										.load = load_secrets,
										.adopt = adopt_secrets};

ApiKeySecrets *api_key_secrets(const ApiKey *key)
{
	return key_cache_find(&secrets_kind, key->id);
}

ApiKeySecret *api_key_current_secret(const ApiKey *key)
{
	ApiKeySecrets *secrets = api_key_secrets(key);

	for (int i = 0; secrets != NULL && i < secrets->count; i++)
	{
		if (secrets->secrets[i].retires_at == TIME_NEVER)
			return &secrets->secrets[i];
	}
	return NULL;
}

const HmacKey *api_key_open_secret(const ApiKey *key, ApiKeySecret *secret)
{
	SealPlace place = {.column = SEAL_API_KEY_SECRET,
					   .row_id = secret->id,
					   .owner_id = secret->api_key_id};
	uint8_t plain[NEW_SECRET_MAX_LEN + SEAL_OVERHEAD];
	JoseStatus status;
	size_t len;

	/* Key and secret are read apart: a context for an older row of the key must not outlive it. */
	if (secret->mac.ctx != NULL && secret->mac.mac_len == key->alg->hash_len)
		return &secret->mac;
	if (secret->sealed.len > sizeof(plain))
		errors_refuse(JOSE_BAD_KEY);
	hmac_key_close(&secret->mac);
	len = seal_open(&place, secret->sealed, plain);
	status = hmac_key_open(&secret->mac, key->alg, bytes_of(plain, len));
	secure_wipe(plain, len);
	errors_raise_status(status);
	return &secret->mac;
}

/* {"alg":"HS256","typ":"JWT","cty":"...","kid":"..."} */
static ByteView write_header(const ApiKey *key, ByteView kid, JsonWriter writer)
{
	json_put_raw(&writer, BYTES_LITERAL("{\"alg\":"));
	json_put_string(&writer, bytes_of(key->alg->name, strlen(key->alg->name)));
	json_put_raw(&writer, BYTES_LITERAL(",\"typ\":\"JWT\",\"cty\":"));
	json_put_string(&writer, key->content_type);
	json_put_raw(&writer, BYTES_LITERAL(",\"kid\":"));
	json_put_string(&writer, kid);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	return json_written(&writer);
}

/* As for the context: the header is the secret's, but what it says is the key's. */
static bool header_fits(const ApiKey *key, const ApiKeySecret *secret)
{
	return secret->header.data != NULL && secret->header_alg == key->alg &&
		   bytes_equal(secret->header_content_type, key->content_type);
}

ByteView api_key_header(const ApiKey *key, ApiKeySecret *secret)
{
	uint8_t json[64 + 6 * (API_KEY_MAX_ID_LEN + API_KEY_MAX_CONTENT_TYPE_LEN)];
	char encoded[B64URL_ENCODED_SIZE(sizeof(json))];
	MemoryContext caller;
	ByteView written;

	if (header_fits(key, secret))
		return secret->header;
	written = write_header(key, secret->id, json_writer(json, sizeof(json)));
	if (written.data == NULL)
		errors_refuse(JOSE_BAD_KEY);
	written = bytes_of(encoded, b64url_encode(written, encoded, sizeof(encoded)));
	caller = MemoryContextSwitchTo(secret->memory);
	secret->header_content_type = memory_copy(key->content_type);
	secret->header = memory_copy(written);
	secret->header_alg = key->alg;
	MemoryContextSwitchTo(caller);
	return secret->header;
}
