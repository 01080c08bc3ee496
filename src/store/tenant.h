/* What of a tenant's row its tokens depend on; kept by the key cache. */
#ifndef ACCESS_TOKEN_STORE_TENANT_H
#define ACCESS_TOKEN_STORE_TENANT_H

#include "jose/alg.h"
#include "jose/bytes.h"

/* More than there are algorithms. */
#define TENANT_MAX_CURRENT_KEYS 16

typedef struct TenantKey
{
	const JoseAlg *alg;
	ByteView kid;
} TenantKey;

typedef struct Tenant
{
	ByteView id;
	ByteView issuer;         /* no data where it has none */
	ByteView default_issuer; /* no data where it has none */
	bool disabled;
	int max_token_lifetime; /* seconds; no key of the tenant may give more */
	int current_key_count;
	TenantKey current_keys[TENANT_MAX_CURRENT_KEYS]; /* the signing key of each algorithm */
} Tenant;

/* The tenant of that id, or NULL. Valid as key_cache_find says. */
const Tenant *tenant_by_id(ByteView id);

#endif
