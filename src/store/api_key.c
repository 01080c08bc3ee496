/* Reading an API key from its tables; purpose: api_key.h. */
#include "postgres.h"

#include "store/api_key.h"

#include "utils/memutils.h"

#include "jose/b64url.h"
#include "jose/json_write.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "store/new_secret.h"
#include "store/scan.h"
#include "store/seal.h"

static ByteView copy_bytes(ByteView bytes)
{
	uint8_t *copy;

	if (bytes.len == 0)
		return bytes_of("", 0);
	copy = palloc(bytes.len);
	memcpy(copy, bytes.data, bytes.len);
	return bytes_of(copy, bytes.len);
}

static void append_scope(ByteView scope, void *context)
{
	ApiKey *key = context;
	size_t old_len = key->allowed_scopes.len;
	size_t space = old_len > 0 ? 1 : 0;
	uint8_t *list = palloc(old_len + space + scope.len);

	if (old_len > 0)
	{
		memcpy(list, key->allowed_scopes.data, old_len);
		list[old_len] = ' ';
	}
	memcpy(list + old_len + space, scope.data, scope.len);
	key->allowed_scopes = bytes_of(list, old_len + space + scope.len);
}

static void append_role(ByteView role, void *context)
{
	ApiKey *key = context;
	size_t size = sizeof(ByteView) * (size_t) (key->allowed_role_count + 1);

	key->allowed_roles = key->allowed_roles == NULL ? palloc(size)
													: repalloc(key->allowed_roles, size);
	key->allowed_roles[key->allowed_role_count++] = copy_bytes(text_to_utf8(role, "allowed_roles"));
}

static bool visit_api_key(const ScanRow *row, void *context)
{
	ApiKey *key = context;

	key->id = copy_bytes(scan_text(row, API_KEY_ID));
	key->tenant_id = copy_bytes(scan_text(row, API_KEY_TENANT_ID));
	key->content_type = copy_bytes(scan_text(row, API_KEY_CONTENT_TYPE));
	key->is_public = bytes_equal(scan_text(row, API_KEY_KIND), BYTES_LITERAL("public"));
	key->alg = jose_alg_by_name(scan_text(row, API_KEY_ALGORITHM));
	key->token_lifetime = scan_integer(row, API_KEY_TOKEN_LIFETIME);
	key->max_token_lifetime = scan_integer(row, API_KEY_MAX_TOKEN_LIFETIME);
	key->expires_at = scan_time(row, API_KEY_EXPIRES_AT, TIME_NEVER);
	key->disabled = !scan_is_null(row, API_KEY_DISABLED_AT);
	key->has_allowed_scopes = !scan_is_null(row, API_KEY_ALLOWED_SCOPES);
	scan_text_array(row, API_KEY_ALLOWED_SCOPES, append_scope, key);
	scan_text_array(row, API_KEY_ALLOWED_ROLES, append_role, key);
	return false;
}

static bool visit_tenant(const ScanRow *row, void *context)
{
	ApiKey *key = context;

	key->tenant_disabled = !scan_is_null(row, TENANT_DISABLED_AT);
	key->max_token_lifetime = Min(key->max_token_lifetime,
								  scan_integer(row, TENANT_MAX_TOKEN_LIFETIME));
	return false;
}

/* {"alg":"HS256","typ":"JWT","cty":"...","kid":"..."} in base64url, once for all tokens. */
static ByteView encode_header(const ApiKey *key, ByteView secret_id)
{
	size_t capacity = 64 + json_string_capacity(key->content_type.len) +
					  json_string_capacity(secret_id.len);
	uint8_t *json = palloc(capacity);
	JsonWriter writer = json_writer(json, capacity);
	ByteView written;
	char *encoded;

	json_put_raw(&writer, BYTES_LITERAL("{\"alg\":"));
	json_put_string(&writer, bytes_of(key->alg->name, strlen(key->alg->name)));
	json_put_raw(&writer, BYTES_LITERAL(",\"typ\":\"JWT\",\"cty\":"));
	json_put_string(&writer, key->content_type);
	json_put_raw(&writer, BYTES_LITERAL(",\"kid\":"));
	json_put_string(&writer, secret_id);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	written = json_written(&writer);
	encoded = palloc(b64url_encoded_size(written.len));
	return bytes_of(encoded, b64url_encode(written, encoded, b64url_encoded_size(written.len)));
}

static bool visit_secret(const ScanRow *row, void *context)
{
	ApiKey *key = context;
	ApiKeySecret *secret;

	if (key->secret_count == API_KEY_MAX_SECRETS)
		return false;
	secret = &key->secrets[key->secret_count++];
	secret->id = copy_bytes(scan_text(row, SECRET_ID));
	secret->sealed = copy_bytes(scan_text(row, SECRET_SEALED));
	secret->retires_at = scan_time(row, SECRET_RETIRES_AT, TIME_NEVER);
	secret->header = encode_header(key, secret->id);
	return true;
}

/* A memory context's end ends OpenSSL's objects, too. */
static void close_contexts(void *argument)
{
	ApiKey *key = argument;

	for (int i = 0; i < API_KEY_MAX_SECRETS; i++)
		hmac_key_close(&key->secrets[i].mac);
}

static ApiKey *new_api_key(void)
{
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));
	ApiKey *key = palloc0(sizeof(ApiKey));

	callback->func = close_contexts;
	callback->arg = key;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	return key;
}

ApiKey *api_key_load(ByteView id)
{
	ApiKey *key = new_api_key();

	key->cacheable = scan_by_text(TABLE_API_KEY, API_KEY_ID, id, visit_api_key, key);
	if (key->id.len == 0 || key->alg == NULL)
		return NULL;
	key->tenant_disabled = true; /* until its row says otherwise: no row, no tokens */
	key->cacheable &= scan_by_text(TABLE_TENANT, TENANT_ID, key->tenant_id, visit_tenant, key);
	key->cacheable &= scan_by_text(TABLE_API_KEY_SECRET, SECRET_API_KEY_ID, key->id, visit_secret,
								   key);
	return key;
}

static bool visit_secret_owner(const ScanRow *row, void *context)
{
	*(ByteView *) context = copy_bytes(scan_text(row, SECRET_API_KEY_ID));
	return false;
}

ByteView api_key_id_of_secret(ByteView secret_id)
{
	ByteView id = bytes_of(NULL, 0);

	scan_by_text(TABLE_API_KEY_SECRET, SECRET_ID, secret_id, visit_secret_owner, &id);
	return id;
}

const HmacKey *api_key_open_secret(ApiKey *key, ApiKeySecret *secret)
{
	SealPlace place = {.secret_id = secret->id, .api_key_id = key->id};
	uint8_t plain[NEW_SECRET_MAX_LEN + SEAL_OVERHEAD];
	JoseStatus status;
	size_t len;

	if (secret->mac.ctx != NULL)
		return &secret->mac;
	if (secret->sealed.len > sizeof(plain))
		errors_raise_status(JOSE_BAD_KEY);
	len = seal_open(&place, secret->sealed, plain);
	status = hmac_key_open(&secret->mac, key->alg, bytes_of(plain, len));
	secure_wipe(plain, len);
	errors_raise_status(status);
	return &secret->mac;
}

void api_key_adopt_contexts(ApiKey *key, ApiKey *older)
{
	for (int i = 0; i < key->secret_count; i++)
	{
		ApiKeySecret *secret = &key->secrets[i];
		ApiKeySecret *same = api_key_secret_by_id(older, secret->id);

		if (same == NULL || key->alg != older->alg || !bytes_equal(same->sealed, secret->sealed))
			continue;
		secret->mac = same->mac;
		same->mac = (HmacKey) {0};
	}
}

ApiKeySecret *api_key_secret_by_id(ApiKey *key, ByteView secret_id)
{
	for (int i = 0; i < key->secret_count; i++)
	{
		if (bytes_equal(key->secrets[i].id, secret_id))
			return &key->secrets[i];
	}
	return NULL;
}

ApiKeySecret *api_key_current_secret(ApiKey *key)
{
	for (int i = 0; i < key->secret_count; i++)
	{
		if (key->secrets[i].retires_at == TIME_NEVER)
			return &key->secrets[i];
	}
	return NULL;
}
