/* Clock and timestamps; purpose: clock.h. */
#include "postgres.h"

#include "pg/clock.h"

#include "datatype/timestamp.h"
#include "utils/timestamp.h"

/* Both count microseconds; PostgreSQL's epoch is 2000-01-01. */
#define EPOCH_DISTANCE \
	((int64_t) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * USECS_PER_SEC)

JoseTime clock_now(void)
{
	return GetCurrentTimestamp() + EPOCH_DISTANCE;
}

JoseTime clock_from_timestamptz(int64_t timestamptz)
{
	if (TIMESTAMP_IS_NOEND(timestamptz) || timestamptz > PG_INT64_MAX - EPOCH_DISTANCE)
		return JOSE_TIME_NEVER;
	if (TIMESTAMP_IS_NOBEGIN(timestamptz))
		return PG_INT64_MIN;
	return timestamptz + EPOCH_DISTANCE;
}

int64_t clock_to_timestamptz(JoseTime time)
{
	return time - EPOCH_DISTANCE;
}
