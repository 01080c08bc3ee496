/*
 * A cut-off: everything made until then is revoked. A tenant, an API key, a client and an identity can
 * have one; which tokens it refuses is for the layer above to say.
 */
#ifndef ACCESS_TOKEN_STORE_CUTOFF_H
#define ACCESS_TOKEN_STORE_CUTOFF_H

#include "jose/claims.h"
#include "store/scan.h"

typedef struct Cutoff
{
	bool is_set;
	JoseTime at;
	int cap; /* seconds: how long a token could live that was made before it */
} Cutoff;

/* Reads its two columns; not set where the first one is NULL. */
Cutoff cutoff_read(const ScanRow *row, int at_column, int cap_column);

#endif
