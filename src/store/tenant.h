/* What of a tenant's row its tokens depend on; kept by the key cache. */
#ifndef ACCESS_TOKEN_STORE_TENANT_H
#define ACCESS_TOKEN_STORE_TENANT_H

#include "jose/alg.h"
#include "jose/bytes.h"
#include "jose/json_read.h"
#include "store/cutoff.h"

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
	Cutoff cutoff;
	int max_token_lifetime; /* seconds; no key of the tenant may give more */
	int current_key_count;
	TenantKey current_keys[TENANT_MAX_CURRENT_KEYS]; /* the signing key of each algorithm */
} Tenant;

/* The tenant of that id, or NULL. Valid as key_cache_find says. */
const Tenant *tenant_by_id(ByteView id);

/* Whether iss, a string, is the tenant's issuer or its default one. */
bool tenant_has_issuer(const Tenant *tenant, const JsonValue *iss);

#endif
