/*
 * Reading the extension's tables without SPI: index scans under a snapshot of their own, so that a
 * change is seen by the next statement whatever snapshot the transaction holds.
 *
 * Texts are compared under the columns' collation "C"; a missing or invalid index raises, because
 * "nothing found" would read as "not revoked".
 */
#ifndef ACCESS_TOKEN_STORE_SCAN_H
#define ACCESS_TOKEN_STORE_SCAN_H

#include "jose/bytes.h"
#include "jose/claims.h"
#include "store/extension.h"

struct SnapshotData;

/* Scans that belong together: they see one state of the tables. */
typedef struct ScanSession
{
	struct SnapshotData *snapshot;
	bool cacheable; /* whether changes of all that was read will be announced */
} ScanSession;

/*
 * Begins scans under a fresh snapshot, whatever the transaction's is: right on a standby and in a
 * parallel worker, too. An error ends the session by itself.
 */
ScanSession scan_begin(void);

/* Gives the snapshot back. */
void scan_end(ScanSession *session);

/* A row while its scan is open; what is taken from it by view dies with the scan. */
typedef struct ScanRow ScanRow;

/* Called for each row; returns false to end the scan. */
typedef bool (*ScanVisitor)(const ScanRow *row, void *context);

/* Columns that a look-up goes by at most. */
#define SCAN_MAX_COLUMNS 2

/* How an index finds values, and of which types they are. */
typedef enum ScanMethod
{
	SCAN_TEXT_BTREE,
	SCAN_TEXT_HASH,
	SCAN_BIGINT_TEXT_BTREE /* of two columns */
} ScanMethod;

/*
 * What a look-up goes by: an index that begins with those columns, as many as the method has, and covers
 * all rows. Each first column is looked up by one method. The visitor compares what is behind the first
 * column, and may see a row twice.
 */
typedef struct ScanIndex
{
	ExtensionTable table;
	int columns[SCAN_MAX_COLUMNS];
	ScanMethod method;
} ScanIndex;

/* One look-up: a value for each column, by its type, and who visits the rows that have them. */
typedef struct ScanLookup
{
	ByteView text;
	int64_t number;
	ScanVisitor visit;
	void *context;
} ScanLookup;

/*
 * Makes several look-ups, one after the other, in an index that is opened once. Clears
 * session->cacheable where the triggers that announce changes of this table are not in force.
 */
void scan_lookups(ScanSession *session, const ScanIndex *index, const ScanLookup *lookups,
				  int count);

/* One look-up of a text in a B-tree. */
void scan_by_text(ScanSession *session, ExtensionTable table, int column, ByteView key,
				  ScanVisitor visit, void *context);

/* Visits all rows of a table, on the same terms. */
void scan_all(ScanSession *session, ExtensionTable table, ScanVisitor visit, void *context);

/* A column that the table does not have, because an older version made it, is NULL. */
bool scan_is_null(const ScanRow *row, int column);

/* A column of type text or bytea; a view of no data when NULL. */
ByteView scan_text(const ScanRow *row, int column);

/* The same as a copy in the current memory context; a view of no data when NULL. */
ByteView scan_copy_text(const ScanRow *row, int column);

/* A column of type boolean; false when NULL. */
bool scan_boolean(const ScanRow *row, int column);

/* A column of type integer; 0 when NULL. */
int scan_integer(const ScanRow *row, int column);

/* A column of type timestamptz; when NULL, otherwise. */
JoseTime scan_time(const ScanRow *row, int column, JoseTime otherwise);

/* The elements of a column of type text[] that are not NULL; sets *count. NULL when the column is NULL. */
ByteView *scan_text_array(const ScanRow *row, int column, int *count);

/*
 * The same as copies in UTF-8 in the current memory context. Raises 22023, naming what it is, for text
 * that is not valid.
 */
ByteView *scan_copy_text_array(const ScanRow *row, int column, const char *name, int *count);

#endif
