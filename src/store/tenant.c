/* Reading tenants; purpose: tenant.h. */
#include "postgres.h"

#include "store/tenant.h"

#include "store/key_cache.h"
#include "store/scan.h"

static bool visit_tenant(const ScanRow *row, void *context)
{
	Tenant *tenant = context;

	tenant->id = scan_copy_text(row, TENANT_ID);
	tenant->issuer = scan_copy_text(row, TENANT_ISSUER);
	tenant->default_issuer = scan_copy_text(row, TENANT_DEFAULT_ISSUER);
	tenant->max_token_lifetime = scan_integer(row, TENANT_MAX_TOKEN_LIFETIME);
	tenant->disabled = !scan_is_null(row, TENANT_DISABLED_AT);
	tenant->cutoff = cutoff_read(row, TENANT_TOKENS_REVOKED_AT, TENANT_TOKENS_REVOKED_CAP);
	return false;
}

static bool visit_current_key(const ScanRow *row, void *context)
{
	Tenant *tenant = context;
	const JoseAlg *alg = jose_alg_by_name(scan_text(row, SIGNING_KEY_ALGORITHM));

	if (alg != NULL && bytes_equal(scan_text(row, SIGNING_KEY_STATE), BYTES_LITERAL("current")))
	{
		TenantKey *key = &tenant->current_keys[tenant->current_key_count++];

		key->alg = alg;
		key->kid = scan_copy_text(row, SIGNING_KEY_KID);
	}
	return tenant->current_key_count < TENANT_MAX_CURRENT_KEYS;
}

static void *load_tenant(ByteView id, ScanSession *session)
{
	Tenant *tenant = palloc0(sizeof(Tenant));

	scan_by_text(session, TABLE_TENANT, TENANT_ID, id, visit_tenant, tenant);
	if (tenant->id.len == 0)
		return NULL;
	scan_by_text(session, TABLE_SIGNING_KEY, SIGNING_KEY_TENANT_ID, id, visit_current_key, tenant);
	return tenant;
}

static const CachedKind tenant_kind = {.kind = KEY_KIND_TENANT, .load = load_tenant};

const Tenant *tenant_by_id(ByteView id)
{
	return key_cache_find(&tenant_kind, id);
}

bool tenant_has_issuer(const Tenant *tenant, const JsonValue *iss)
{
	return (tenant->issuer.data != NULL && json_string_equals(iss, tenant->issuer)) ||
		   (tenant->default_issuer.data != NULL && json_string_equals(iss, tenant->default_issuer));
}
