/* Token ids: UUIDs of version 7, whose randomness is drawn in batches. */
#ifndef ACCESS_TOKEN_TOKEN_JTI_H
#define ACCESS_TOKEN_TOKEN_JTI_H

#include "jose/claims.h"
#include "jose/uuid7.h"

/* Writes a new id for a token made at that time. Raises XX000 when there is no randomness. */
void jti_write(char out[UUID7_TEXT_LEN], JoseTime now);

#endif
