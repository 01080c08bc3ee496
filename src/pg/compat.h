/* What differs between PostgreSQL 15 to 18: the only file that mentions PG_VERSION_NUM. */
#ifndef ACCESS_TOKEN_PG_COMPAT_H
#define ACCESS_TOKEN_PG_COMPAT_H

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* An argument of index_beginscan: 18 counts what an index scan does, where somebody wants to know. */
#if PG_VERSION_NUM >= 180000
#define COMPAT_NOTHING_COUNTED NULL,
#else
#define COMPAT_NOTHING_COUNTED
#endif

/*
 * Up to 16 old_snapshot_threshold may have rows removed that an old snapshot still has to see; then this
 * raises 72000. The server looks at it in index scans under a snapshot, and nowhere else.
 */
#if PG_VERSION_NUM < 170000
#include "storage/bufmgr.h"
#include "utils/snapmgr.h"
#define compat_check_snapshot_age(snapshot, relation) \
	(OldSnapshotThresholdActive() ? TestForOldSnapshot_impl((snapshot), (relation)) : (void) 0)
#else
#define compat_check_snapshot_age(snapshot, relation) ((void) 0)
#endif

#endif
