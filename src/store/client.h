/* Clients of tenants as the token layer sees them; kept by the key cache. */
#ifndef ACCESS_TOKEN_STORE_CLIENT_H
#define ACCESS_TOKEN_STORE_CLIENT_H

#include "jose/alg.h"
#include "jose/bytes.h"
#include "store/cutoff.h"
#include "store/permissions.h"

typedef struct Client
{
	ByteView id;
	ByteView tenant_id;
	ByteView *audience; /* UTF-8 */
	int audience_count;
	const JoseAlg *alg; /* of the signing key that signs its tokens */
	int token_lifetime; /* seconds, unless the caller says */
	JoseTime created_at;
	bool disabled;
	Permissions permissions;
	Cutoff cutoff;
} Client;

/* The client of that id, or NULL. Valid as key_cache_find says. */
const Client *client_by_id(ByteView id);

#endif
