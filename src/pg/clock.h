/* The server's clock and its timestamps in the core's unit. */
#ifndef ACCESS_TOKEN_PG_CLOCK_H
#define ACCESS_TOKEN_PG_CLOCK_H

#include "jose/claims.h"

/* The real clock: it moves on inside a transaction, so a token can expire inside one. */
JoseTime clock_now(void);

/* A value of type timestamptz; infinity becomes JOSE_TIME_NEVER, -infinity the smallest JoseTime. */
JoseTime clock_from_timestamptz(int64_t timestamptz);

/* The way back; the time must be one that timestamptz has. */
int64_t clock_to_timestamptz(JoseTime time);

#endif
