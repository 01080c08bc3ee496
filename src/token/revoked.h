/*
 * Whether a token is revoked: by itself, or by a cut-off of its identity, its key or client, or its
 * tenant, before which it was made.
 */
#ifndef ACCESS_TOKEN_TOKEN_REVOKED_H
#define ACCESS_TOKEN_TOKEN_REVOKED_H

#include "store/revocation.h"
#include "token/check.h"

/* JOSE_REVOKED or JOSE_OK, by what the tables hold now. The check is complete but for this. */
JoseStatus revoked_status(const Check *check);

/* Under which kind and value the revocation of a tenant's token is kept; room holds the value. */
RevocationProbe revoked_probe_of(ByteView tenant_id, const DecodedToken *decoded,
								 char room[REVOCATION_MAX_VALUE_LEN]);

#endif
