/*
 * What an API key or a client may put into its tokens: scopes and roles. The same rules bind at issue
 * and again at verification, because whoever holds an HMAC secret can sign anything.
 */
#ifndef ACCESS_TOKEN_TOKEN_PERMISSION_H
#define ACCESS_TOKEN_TOKEN_PERMISSION_H

#include "jose/bytes.h"
#include "jose/json_read.h"
#include "store/permissions.h"

/* The scope of every token of a public key, and of no other. */
#define SCOPE_PUBLIC "public"

/* Raises 22023 for an argument that is no list of scopes (RFC 6749 section 3.3). */
void permission_require_list(ByteView scopes);

/*
 * Whether a client or a secret key may give every scope of a valid list: those in allowed_scopes, or
 * without that setting all but `public` and `clients:issue`. `public` is never given.
 */
bool permission_scopes(const Permissions *permissions, ByteView scopes);

/* Whether it may give the role: it stands in allowed_roles, which is empty by default. */
bool permission_role(const Permissions *permissions, const JsonValue *role);

#endif
