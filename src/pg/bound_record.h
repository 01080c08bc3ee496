/*
 * A record bound to the transaction: a few fields that only our own code writes and that end with the
 * transaction, or with the savepoint or function in which they were written. What they mean is the
 * business of the layers above.
 *
 * It is kept in the setting access_token.bound_record, because settings follow subtransactions, go to
 * parallel workers and end by themselves. No role can give that setting a value, whatever privilege it
 * has: the check refuses every value that is not being assigned here, or that a starting parallel worker
 * does not have from its leader. Anybody may clear it who may RESET ALL.
 */
#ifndef ACCESS_TOKEN_PG_BOUND_RECORD_H
#define ACCESS_TOKEN_PG_BOUND_RECORD_H

#include "jose/bytes.h"

#define BOUND_RECORD_FIELDS 5

/*
 * Counted up whenever another record, or none, may have become the bound one; never 0. What was made of
 * a record under an older number is no longer of the bound one. It may change while a statement runs.
 */
extern uint64_t bound_record_generation;

/* Defines the setting; called once, by settings_init. */
void bound_record_init(void);

/*
 * Binds a record of BOUND_RECORD_FIELDS fields; a view without data (NULL) stays one. No field may hold a
 * zero byte. Raises 25000 in a parallel worker and in a statement that is run in parallel.
 */
void bound_record_bind(const ByteView *fields);

/* The fields of the bound record, valid until the generation changes; NULL when there is none. */
const ByteView *bound_record(void);

#endif
