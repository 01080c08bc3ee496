/*
 * Making client tokens: JWT access tokens (RFC 9068) of a client that asks for itself, signed with the
 * tenant's current signing key of the client's algorithm.
 */
#ifndef ACCESS_TOKEN_TOKEN_ISSUE_CLIENT_H
#define ACCESS_TOKEN_TOKEN_ISSUE_CLIENT_H

#include "jose/bytes.h"
#include "jose/claims.h"
#include "token/payload.h"

struct varlena;

/* All texts in UTF-8. The audience is the client's own: the wish names none. */
typedef struct ClientTokenRequest
{
	ByteView tenant_id;
	ByteView client_id;
	bool use_jwt_type;         /* typ JWT instead of at+jwt */
	bool force_default_domain; /* iss is the default issuer also where the tenant has its own */
	TokenWish wish;
} ClientTokenRequest;

typedef struct ClientToken
{
	struct varlena *text;
	JoseTime expires_at; /* what exp says */
} ClientToken;

/*
 * Raises 42704 for an unknown client, one of another tenant, or a tenant without a signing key; TK009
 * for what is disabled; 22023 for what the client may not give, for what makes an id_token, or without
 * an issuer; TK010, TK011 for a private key that is not here.
 */
ClientToken issue_client_token(const ClientTokenRequest *request);

#endif
