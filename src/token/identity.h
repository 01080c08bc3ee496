/*
 * Who is asking: the subject and the claims of a verified token, bound to the transaction, and read by
 * the policies of row-level security.
 *
 * The readers return values that are ready, because a policy calls them for every row. In a transaction
 * block they stay valid until it ends, also where another token is bound or a savepoint is rolled back
 * while a statement holds them; outside of one, where a procedure may end the transaction and go on, they
 * are copies that belong to the caller. All of them mean the same thing by "nothing bound": NULL.
 */
#ifndef ACCESS_TOKEN_TOKEN_IDENTITY_H
#define ACCESS_TOKEN_TOKEN_IDENTITY_H

#include "token/verify.h"

struct varlena;

/* What can be read of the bound token; NULL where it has no such thing. */
typedef enum IdentityPart
{
	IDENTITY_TENANT, /* text */
	IDENTITY_CLIENT, /* text */
	IDENTITY_USER,   /* text */
	IDENTITY_SCOPES, /* text[]; empty, not NULL, for a token without scope */
	IDENTITY_CLAIMS, /* jsonb */
	IDENTITY_PART_COUNT
} IdentityPart;

/*
 * Binds a token that verify_access_token has found good, in place of the one that was bound, until the
 * transaction ends; sets *claims to its payload as jsonb. JOSE_UNREPRESENTABLE, and nothing is changed,
 * where a claim does not exist in the database's encoding.
 */
JoseStatus identity_bind(const DecodedToken *decoded, struct varlena **claims);

/* A part of the bound token, not to be changed; NULL where there is none. */
struct varlena *identity_part(IdentityPart part);

/* Whether the bound token has every scope of a list; false when nothing is bound or it is no list. */
bool identity_has_scope(ByteView scopes);

#endif
