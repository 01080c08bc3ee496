/* The age of what a standby has replayed; purpose: standby.h. */
#include "postgres.h"

#include "pg/standby.h"

#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "replication/walreceiver.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

#include "pg/errors.h"
#include "pg/settings.h"

/* When this session last saw everything replayed that the primary had reported. */
static TimestampTz caught_up_at = 0;

/*
 * When the primary last said something of itself, and up to where its WAL went then; 0 while nobody
 * streams. A WAL receiver says STREAMING before it has even connected, with both of its times set to
 * that moment: they differ once something has arrived.
 */
static TimestampTz last_word_of_primary(XLogRecPtr *its_end)
{
	TimestampTz arrived = 0;

	SpinLockAcquire(&WalRcv->mutex);
	if (WalRcv->walRcvState == WALRCV_STREAMING && WalRcv->ready_to_display &&
		WalRcv->lastMsgReceiptTime != WalRcv->lastMsgSendTime)
		arrived = WalRcv->lastMsgReceiptTime;
	*its_end = WalRcv->latestWalEnd;
	SpinLockRelease(&WalRcv->mutex);
	return arrived;
}

/*
 * The moment up to which everything of the primary is known here. Where all that it has reported is
 * replayed, it is that of its last message: an idle primary sends one at least every half of
 * wal_sender_timeout. Otherwise it is that of the last commit replayed; or, where that was long ago
 * because the primary had nothing to commit, the moment at which this session saw all of it replayed.
 */
static TimestampTz known_until(void)
{
	XLogRecPtr its_end;
	TimestampTz arrived = last_word_of_primary(&its_end);

	if (arrived != 0 && GetXLogReplayRecPtr(NULL) >= its_end)
		caught_up_at = Max(caught_up_at, arrived);
	return Max(caught_up_at, GetLatestXTime());
}

static void refuse_stale(TimestampTz until, int64 delay)
{
	ereport(ERROR,
			(errcode(ERRCODE_ACCESS_TOKEN_NO_PRIMARY), errmsg("replay has fallen behind"),
			 until == 0 ? errdetail("This standby has been told nothing by its primary yet.")
						: errdetail("What this standby knows of its primary is %lld seconds old; "
									"access_token.max_replay_delay allows %d.",
									(long long) (delay / USECS_PER_SEC), settings_max_replay_delay),
			 errhint("Verify on the primary or on another standby; what was revoked meanwhile is "
					 "not known here.")));
}

void standby_require_fresh(void)
{
	TimestampTz until;
	int64 delay;

	if (settings_max_replay_delay < 0 || !RecoveryInProgress())
		return;
	until = known_until();
	delay = GetCurrentTimestamp() - until;
	if (delay > settings_max_replay_delay * USECS_PER_SEC)
		refuse_stale(until, delay);
}
