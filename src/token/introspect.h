/* Token introspection (RFC 7662). */
#ifndef ACCESS_TOKEN_TOKEN_INTROSPECT_H
#define ACCESS_TOKEN_TOKEN_INTROSPECT_H

#include "token/verify.h"

/*
 * The answer as JSON in UTF-8 (RFC 7662 section 2.2): for a good token active, token_type and, where
 * the token says so, scope, client_id, username, exp, iat, nbf, sub, aud, iss, jti; for anything else
 * {"active":false} and nothing more. Raises only for what the database contains: TK010, TK011.
 */
ByteView introspect_access_token(const VerifyRequest *request);

#endif
