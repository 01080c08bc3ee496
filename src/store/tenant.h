/* What of a tenant's row its tokens depend on; kept by the key cache. */
#ifndef ACCESS_TOKEN_STORE_TENANT_H
#define ACCESS_TOKEN_STORE_TENANT_H

#include "jose/bytes.h"

typedef struct Tenant
{
	ByteView id;
	bool disabled;
	int max_token_lifetime; /* seconds; no key of the tenant may give more */
} Tenant;

/* The tenant of that id, or NULL. Valid as key_cache_find says. */
const Tenant *tenant_by_id(ByteView id);

#endif
