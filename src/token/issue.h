/*
 * Making access tokens of API keys (docs/reference.md): header alg, typ JWT, cty, kid; claims iss, sub,
 * iat, exp, jti, grants.identity and what the caller adds.
 */
#ifndef ACCESS_TOKEN_TOKEN_ISSUE_H
#define ACCESS_TOKEN_TOKEN_ISSUE_H

#include "jose/bytes.h"
#include "token/payload.h"

struct varlena;

/* All texts in UTF-8; a view without data (NULL) where the caller said nothing. */
typedef struct IssueRequest
{
	ByteView api_key_id;
	ByteView tenant_id; /* issue_public only */
	ByteView identity;
	TokenWish wish;
} IssueRequest;

/*
 * A token of a secret key, as text. Raises 42704 for an unknown key, TK009 for a disabled or expired
 * one, 22023 for what the key may not give, TK011 without its root key.
 */
struct varlena *issue_access_token(const IssueRequest *request);

/* A token of a public key of that tenant, with scope `public`; the same errors. */
struct varlena *issue_public_token(const IssueRequest *request);

#endif
