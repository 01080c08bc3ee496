/* Reading tenants; purpose: tenant.h. */
#include "postgres.h"

#include "store/tenant.h"

#include "pg/memory.h"
#include "store/key_cache.h"
#include "store/scan.h"

static bool visit_tenant(const ScanRow *row, void *context)
{
	Tenant *tenant = context;

	tenant->id = memory_copy(scan_text(row, TENANT_ID));
	tenant->max_token_lifetime = scan_integer(row, TENANT_MAX_TOKEN_LIFETIME);
	tenant->disabled = !scan_is_null(row, TENANT_DISABLED_AT);
	return false;
}

static void *load_tenant(ByteView id, ScanSession *session)
{
	Tenant *tenant = palloc0(sizeof(Tenant));

	scan_by_text(session, TABLE_TENANT, TENANT_ID, id, visit_tenant, tenant);
	return tenant->id.len > 0 ? tenant : NULL;
}

static const CachedKind tenant_kind = {.kind = KEY_KIND_TENANT, .load = load_tenant};

const Tenant *tenant_by_id(ByteView id)
{
	return key_cache_find(&tenant_kind, id);
}
