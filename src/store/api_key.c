/* Reading an API key from its tables; purpose: api_key.h. */
#include "postgres.h"

#include "store/api_key.h"

#include "utils/memutils.h"

#include "jose/b64url.h"
#include "jose/json_write.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/memory.h"
#include "store/key_cache.h"
#include "store/new_secret.h"
#include "store/scan.h"
#include "store/seal.h"

/* The columns of a secret: the row has them twice. */
typedef struct SecretColumns
{
	int id;
	int sealed;
	int retires_at; /* 0: it signs */
} SecretColumns;

static const SecretColumns secret_columns[API_KEY_MAX_SECRETS] = {
	{.id = API_KEY_CURRENT_SECRET_ID, .sealed = API_KEY_CURRENT_SEALED_SECRET},
	{.id = API_KEY_PREVIOUS_SECRET_ID,
	 .sealed = API_KEY_PREVIOUS_SEALED_SECRET,
	 .retires_at = API_KEY_PREVIOUS_RETIRES_AT},
};

static void close_secrets(void *object)
{
	ApiKey *key = object;

	for (int i = 0; i < key->secret_count; i++)
		hmac_key_close(&key->secrets[i].mac);
}

static void read_secrets(const ScanRow *row, ApiKey *key)
{
	key->secrets = palloc0(sizeof(ApiKeySecret) * API_KEY_MAX_SECRETS);
	for (int i = 0; i < API_KEY_MAX_SECRETS; i++)
	{
		const SecretColumns *columns = &secret_columns[i];
		ApiKeySecret *secret = &key->secrets[key->secret_count];

		if (scan_is_null(row, columns->id))
			continue;
		secret->id = scan_copy_text(row, columns->id);
		secret->sealed = scan_copy_text(row, columns->sealed);
		secret->retires_at = columns->retires_at == 0 ? JOSE_TIME_NEVER
													  : scan_time(row, columns->retires_at, 0);
		key->secret_count++;
	}
}

static bool visit_api_key(const ScanRow *row, void *context)
{
	ApiKey *key = context;

	key->id = scan_copy_text(row, API_KEY_ID);
	key->tenant_id = scan_copy_text(row, API_KEY_TENANT_ID);
	key->content_type = scan_copy_text(row, API_KEY_CONTENT_TYPE);
	key->is_public = bytes_equal(scan_text(row, API_KEY_KIND), BYTES_LITERAL("public"));
	key->alg = jose_alg_by_name(scan_text(row, API_KEY_ALGORITHM));
	key->token_lifetime = scan_integer(row, API_KEY_TOKEN_LIFETIME);
	key->max_token_lifetime = scan_integer(row, API_KEY_MAX_TOKEN_LIFETIME);
	key->expires_at = scan_time(row, API_KEY_EXPIRES_AT, JOSE_TIME_NEVER);
	key->disabled = !scan_is_null(row, API_KEY_DISABLED_AT);
	key->permissions = permissions_read(row, API_KEY_ALLOWED_SCOPES, API_KEY_ALLOWED_ROLES);
	key->cutoff = cutoff_read(row, API_KEY_TOKENS_REVOKED_AT, API_KEY_TOKENS_REVOKED_CAP);
	read_secrets(row, key);
	return false;
}

/* Reads the key that one of some indexes finds by the id. */
static void *load_by(const ScanIndex *indexes, int index_count, ByteView id, ScanSession *session)
{
	ApiKey *key = palloc0(sizeof(ApiKey));
	ScanLookup lookup = {.text = id, .visit = visit_api_key, .context = key};

	key->memory = CurrentMemoryContext;
	memory_on_reset(close_secrets, key);
	for (int i = 0; i < index_count && key->secret_count == 0; i++)
		scan_lookups(session, &indexes[i], &lookup, 1);
	return key->secret_count > 0 && key->alg != NULL && key->alg->key_type == JOSE_KEY_OCT ? key
																						   : NULL;
}

static void *load_by_id(ByteView id, ScanSession *session)
{
	static const ScanIndex indexes[] = {
		{.table = TABLE_API_KEY, .columns = {API_KEY_ID}, .method = SCAN_TEXT_BTREE},
	};

	return load_by(indexes, lengthof(indexes), id, session);
}

static void *load_by_secret_id(ByteView id, ScanSession *session)
{
	static const ScanIndex indexes[] = {
		{.table = TABLE_API_KEY, .columns = {API_KEY_CURRENT_SECRET_ID}, .method = SCAN_TEXT_HASH},
		{.table = TABLE_API_KEY, .columns = {API_KEY_PREVIOUS_SECRET_ID}, .method = SCAN_TEXT_HASH},
	};

	return load_by(indexes, lengthof(indexes), id, session);
}

/* Whether a context for the one also serves the other: same key, same place, same bytes. */
static bool same_secret(const ApiKey *key, const ApiKeySecret *secret, const ApiKey *older,
						const ApiKeySecret *older_secret)
{
	return key->alg == older->alg && bytes_equal(key->id, older->id) &&
		   bytes_equal(secret->id, older_secret->id) &&
		   bytes_equal(secret->sealed, older_secret->sealed);
}

static void adopt_contexts(void *object, void *older_object)
{
	ApiKey *key = object;
	ApiKey *older = older_object;

	for (int i = 0; i < key->secret_count; i++)
	{
		for (int j = 0; j < older->secret_count; j++)
		{
			if (!same_secret(key, &key->secrets[i], older, &older->secrets[j]))
				continue;
			key->secrets[i].mac = older->secrets[j].mac;
			older->secrets[j].mac = (HmacKey) {0};
		}
	}
}

static const CachedKind by_id = {.kind = KEY_KIND_API_KEY,
								 .load = load_by_id,
								 .adopt = adopt_contexts};

static const CachedKind by_secret_id = {.kind = KEY_KIND_API_KEY_OF_SECRET,
										.load = load_by_secret_id,
										.adopt = adopt_contexts};

const ApiKey *api_key_by_id(ByteView id)
{
	return key_cache_find(&by_id, id);
}

const ApiKey *api_key_by_secret_id(ByteView secret_id, ApiKeySecret **secret)
{
	const ApiKey *key = key_cache_find(&by_secret_id, secret_id);

	for (int i = 0; key != NULL && i < key->secret_count; i++)
	{
		*secret = &key->secrets[i];
		if (bytes_equal((*secret)->id, secret_id))
			return key;
	}
	return NULL;
}

/*
 * A pattern for each algorithm that a key of this session has had. They last as long as the session, and
 * hold nothing secret.
 */
static const HmacKey *pattern_of(const JoseAlg *alg)
{
	static struct
	{
		const JoseAlg *alg;
		HmacKey pattern;
	} known[API_KEY_ALGORITHMS];

	for (int i = 0; i < API_KEY_ALGORITHMS; i++)
	{
		if (known[i].alg == NULL)
		{
			errors_raise_status(hmac_pattern_open(&known[i].pattern, alg));
			known[i].alg = alg;
		}
		if (known[i].alg == alg)
			return &known[i].pattern;
	}
	elog(ERROR, "more algorithms than an API key can have");
}

const HmacKey *api_key_open_secret(const ApiKey *key, ApiKeySecret *secret)
{
	SealPlace place = {.column = SEAL_API_KEY_SECRET, .row_id = secret->id, .owner_id = key->id};
	uint8_t plain[NEW_SECRET_MAX_LEN + SEAL_OVERHEAD];
	const HmacKey *pattern;
	JoseStatus status;
	size_t len;

	if (secret->mac.ctx != NULL)
		return &secret->mac;
	if (secret->sealed.len > sizeof(plain))
		errors_refuse(JOSE_BAD_KEY);
	pattern = pattern_of(key->alg); /* it may raise, so before the secret is plain */
	len = seal_open(&place, secret->sealed, plain);
	status = hmac_key_open_like(&secret->mac, pattern, bytes_of(plain, len));
	secure_wipe(plain, len);
	errors_raise_status(status);
	return &secret->mac;
}

/* {"alg":"HS256","typ":"JWT","cty":"...","kid":"..."} */
static ByteView write_header(const ApiKey *key, ByteView kid, JsonWriter writer)
{
	json_put_raw(&writer, BYTES_LITERAL("{\"alg\":"));
	json_put_string(&writer, bytes_of_string(key->alg->name));
	json_put_raw(&writer, BYTES_LITERAL(",\"typ\":\"JWT\",\"cty\":"));
	json_put_string(&writer, key->content_type);
	json_put_raw(&writer, BYTES_LITERAL(",\"kid\":"));
	json_put_string(&writer, kid);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	return json_written(&writer);
}

ByteView api_key_header(const ApiKey *key, ApiKeySecret *secret)
{
	uint8_t json[64 + 6 * (API_KEY_MAX_ID_LEN + API_KEY_MAX_CONTENT_TYPE_LEN)];
	char encoded[B64URL_ENCODED_SIZE(sizeof(json))];
	MemoryContext caller;
	ByteView written;

	if (secret->header.data != NULL)
		return secret->header;
	written = write_header(key, secret->id, json_writer(json, sizeof(json)));
	if (written.data == NULL)
		errors_refuse(JOSE_BAD_KEY);
	written = bytes_of(encoded, b64url_encode(written, encoded, sizeof(encoded)));
	caller = MemoryContextSwitchTo(key->memory);
	secret->header = memory_copy(written);
	MemoryContextSwitchTo(caller);
	return secret->header;
}
