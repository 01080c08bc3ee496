/* Reading clients; purpose: client.h. */
#include "postgres.h"

#include "store/client.h"

#include "store/key_cache.h"
#include "store/scan.h"

static bool visit_client(const ScanRow *row, void *context)
{
	Client *client = context;

	client->id = scan_copy_text(row, CLIENT_ID);
	client->tenant_id = scan_copy_text(row, CLIENT_TENANT_ID);
	client->audience = scan_copy_text_array(row, CLIENT_AUDIENCE, "audience",
											&client->audience_count);
	client->alg = jose_alg_by_name(scan_text(row, CLIENT_ALGORITHM));
	client->token_lifetime = scan_integer(row, CLIENT_TOKEN_LIFETIME);
	client->created_at = scan_time(row, CLIENT_CREATED_AT, 0);
	client->disabled = !scan_is_null(row, CLIENT_DISABLED_AT);
	client->permissions = permissions_read(row, CLIENT_ALLOWED_SCOPES, CLIENT_ALLOWED_ROLES);
	client->cutoff = cutoff_read(row, CLIENT_TOKENS_REVOKED_AT, CLIENT_TOKENS_REVOKED_CAP);
	return false;
}

static void *load_client(ByteView id, ScanSession *session)
{
	Client *client = palloc0(sizeof(Client));

	scan_by_text(session, TABLE_CLIENT, CLIENT_ID, id, visit_client, client);
	return client->id.len > 0 && client->alg != NULL ? client : NULL;
}

static const CachedKind client_kind = {.kind = KEY_KIND_CLIENT, .load = load_client};

const Client *client_by_id(ByteView id)
{
	return key_cache_find(&client_kind, id);
}
