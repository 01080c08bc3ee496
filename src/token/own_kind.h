/*
 * Tokens of a tenant's own kinds: signed with its current signing key, named by typ, and never
 * mistaken for a kind that OAuth or OpenID Connect gives a meaning (RFC 8725 sections 3.11, 3.12).
 */
#ifndef ACCESS_TOKEN_TOKEN_OWN_KIND_H
#define ACCESS_TOKEN_TOKEN_OWN_KIND_H

#include "jose/bytes.h"
#include "jose/status.h"
#include "token/verify.h"

struct varlena;

/* All texts in UTF-8; a view without data (NULL) where the caller said nothing. */
typedef struct SignRequest
{
	ByteView tenant_id;
	ByteView claims;    /* a JSON object */
	ByteView algorithm; /* NULL: that of the tenant's only current key */
	ByteView header;    /* a JSON object with typ */
} SignRequest;

/*
 * The token as text. Raises 42704 for an unknown tenant or one without a current key for the
 * algorithm, TK009 for a disabled one, 22023 for claims or header that may not be signed so.
 */
struct varlena *own_kind_sign(const SignRequest *request);

typedef struct OwnKindRequest
{
	ByteView token;
	ByteView tenant_id;
	ByteView typ;
	ByteView audience; /* NULL: a token with aud is refused */
} OwnKindRequest;

/* The verdict; raises nothing for what the token contains. 22023 for a typ that is not an own kind. */
JoseFault own_kind_verify(const OwnKindRequest *request, DecodedToken *decoded);

#endif
