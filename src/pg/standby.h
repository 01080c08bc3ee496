/* How far a standby is behind its primary. */
#ifndef ACCESS_TOKEN_PG_STANDBY_H
#define ACCESS_TOKEN_PG_STANDBY_H

/*
 * Raises TK012 on a standby that has fallen behind by more than access_token.max_replay_delay: what was
 * revoked meanwhile is not known here. Returns at once on a primary and while the setting is off.
 */
void standby_require_fresh(void);

#endif
