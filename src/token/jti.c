/*
 * Token ids; purpose: jti.h. One call of the generator costs as much as the rest of a token, so bytes
 * are drawn for 64 ids at a time. They are no secret once used, and never used twice: a forked process
 * that inherits a batch draws its own.
 */
#include "postgres.h"

#include "token/jti.h"

#include "miscadmin.h"

#include "pg/errors.h"

#define BATCH_LEN (64 * UUID7_RANDOM_LEN)

static uint8_t batch[BATCH_LEN];
static size_t batch_left = 0;
static int batch_owner = 0; /* process id */

static const uint8_t *next_random(void)
{
	if (batch_left == 0 || batch_owner != MyProcPid)
	{
		if (!pg_strong_random(batch, BATCH_LEN))
			errors_refuse(JOSE_CRYPTO_FAILURE);
		batch_left = BATCH_LEN;
		batch_owner = MyProcPid;
	}
	batch_left -= UUID7_RANDOM_LEN;
	return batch + batch_left;
}

void jti_write(char out[UUID7_TEXT_LEN], JoseTime now)
{
	uuid7_write(out, now, next_random());
}
