/* Token introspection (RFC 7662). */
#ifndef ACCESS_TOKEN_TOKEN_INTROSPECT_H
#define ACCESS_TOKEN_TOKEN_INTROSPECT_H

#include "token/verify.h"

struct varlena;

/*
 * The answer as jsonb (RFC 7662 section 2.2): for a good token active, token_type and, where the token
 * says so, scope, client_id, username, exp, iat, nbf, sub, aud, iss, jti; for anything else
 * {"active":false} and nothing more, also for a token that the database's encoding cannot hold. Raises
 * only for what the database contains, TK010 and TK011, and on a standby that has fallen behind, TK012.
 */
struct varlena *introspect_access_token(const VerifyRequest *request);

#endif
