/* Which row revokes a token. */
#ifndef ACCESS_TOKEN_TOKEN_REVOKE_H
#define ACCESS_TOKEN_TOKEN_REVOKE_H

#include "jose/status.h"
#include "store/revocation.h"

typedef struct TokenToRevoke
{
	bool is_over; /* no work: it has expired, or never was an access token for want of exp */
	RevocationProbe probe;
	JoseTime expires_at;
	char room[REVOCATION_MAX_VALUE_LEN];
} TokenToRevoke;

/*
 * The signature is checked first: what nobody here has signed is TK003, and what is no access token
 * TK006. Whether key, client or tenant are switched off does not matter. target must not be moved.
 */
JoseFault revoke_recognise(ByteView token, TokenToRevoke *target);

#endif
