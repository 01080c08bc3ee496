/* Index scans over the extension's tables; rules: scan.h. */
#include "postgres.h"

#include "store/scan.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_collation_d.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opfamily_d.h"
#include "catalog/pg_trigger_d.h"
#include "catalog/pg_type_d.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg/clock.h"
#include "pg/compat.h"
#include "pg/memory.h"
#include "pg/text.h"

/* The names of the triggers that src/sql/install/triggers.sql puts on every table that is cached. */
static const char *const announcing_triggers[] = {
	"invalidate_key_cache_before",
	"invalidate_key_cache_before_truncate",
	"invalidate_key_cache_after",
	"invalidate_key_cache_after_truncate",
};

/* text_ops of hash indexes, which the server's headers have no name for (pg_opfamily.dat). */
#define TEXT_HASH_FAM_OID 1995

/* What the server calls a column of an index. Texts are equal when their bytes are. */
typedef struct KeyType
{
	Oid operators;
	Oid type;
	Oid collation;
	RegProcedure equal;
} KeyType;

static const KeyType text_btree = {TEXT_BTREE_FAM_OID, TEXTOID, C_COLLATION_OID, F_TEXTEQ};
static const KeyType text_hash = {TEXT_HASH_FAM_OID, TEXTOID, C_COLLATION_OID, F_TEXTEQ};
static const KeyType bigint_btree = {INTEGER_BTREE_FAM_OID, INT8OID, InvalidOid, F_INT8EQ};

typedef struct Method
{
	const char *name;
	Oid access_method;
	StrategyNumber strategy;
	int key_count;
	const KeyType *keys[SCAN_MAX_COLUMNS];
} Method;

static const Method methods[] = {
	[SCAN_TEXT_BTREE] = {"btree", BTREE_AM_OID, BTEqualStrategyNumber, 1, {&text_btree}},
	[SCAN_TEXT_HASH] = {"hash", HASH_AM_OID, HTEqualStrategyNumber, 1, {&text_hash}},
	[SCAN_BIGINT_TEXT_BTREE] =
		{"btree", BTREE_AM_OID, BTEqualStrategyNumber, 2, {&bigint_btree, &text_btree}},
};

/* The last of the columns that look-ups go by. */
#define MAX_INDEXED_COLUMN API_KEY_PREVIOUS_SECRET_ID

/* As many rows of one number are no accident. */
#define MANY_ROWS 32

/* What is known of a table, and under which generation it was found out. */
typedef struct FoundIndex
{
	Oid oid;
	uint64 generation;
} FoundIndex;

typedef struct FoundTriggers
{
	bool announce_changes;
	uint64 generation;
} FoundTriggers;

static FoundIndex found_indexes[EXTENSION_TABLE_COUNT][MAX_INDEXED_COLUMN + 1];
static FoundTriggers found_triggers[EXTENSION_TABLE_COUNT];

struct ScanRow
{
	Datum *values;
	bool *nulls;
	int column_count;
};

ScanSession scan_begin(void)
{
	return (ScanSession) {.snapshot = NULL, .cacheable = true};
}

/*
 * Taken when the first table is open, because opening may wait for whoever changes it. The catalog
 * snapshot of a relation without syscache is taken anew at each call.
 */
static Snapshot session_snapshot(ScanSession *session)
{
	if (session->snapshot == NULL)
		session->snapshot = RegisterSnapshot(
			GetCatalogSnapshot(extension_table(TABLE_CACHE_PROXY)));
	return session->snapshot;
}

void scan_end(ScanSession *session)
{
	if (session->snapshot != NULL)
		UnregisterSnapshot(session->snapshot);
	session->snapshot = NULL;
}

static Relation open_table(ExtensionTable table)
{
	Relation relation = try_table_open(extension_table(table), AccessShareLock);

	if (relation == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("a table of access_token has been dropped"),
						errdetail("It vanished while it was being opened."),
						errhint("Run the statement again.")));
	if (relation->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("access_token.%s is no table", RelationGetRelationName(relation)),
						errdetail("Something else has its name."),
						errhint("See access_token.check_installation().")));
	return relation;
}

static bool begins_with(const Relation relation, const ScanIndex *wanted)
{
	const Method *method = &methods[wanted->method];
	bool same = relation->rd_index->indnkeyatts >= method->key_count;

	for (int i = 0; same && i < method->key_count; i++)
		same = relation->rd_index->indkey.values[i] == wanted->columns[i] &&
			   relation->rd_opfamily[i] == method->keys[i]->operators &&
			   relation->rd_opcintype[i] == method->keys[i]->type &&
			   relation->rd_indcollation[i] == method->keys[i]->collation;
	return same;
}

static bool is_plain_index(const Relation relation, const ScanIndex *wanted)
{
	const FormData_pg_index *form = relation->rd_index;

	return form->indisvalid && form->indisready && form->indislive &&
		   relation->rd_rel->relam == methods[wanted->method].access_method &&
		   begins_with(relation, wanted) &&
		   heap_attisnull(relation->rd_indextuple, Anum_pg_index_indpred, NULL);
}

static Oid find_index(Relation relation, const ScanIndex *wanted)
{
	List *indexes = RelationGetIndexList(relation);
	Oid found = InvalidOid;
	ListCell *cell;

	foreach (cell, indexes)
	{
		Relation index = try_relation_open(lfirst_oid(cell), AccessShareLock);

		if (index == NULL)
			continue;
		if (is_plain_index(index, wanted))
			found = RelationGetRelid(index);
		relation_close(index, AccessShareLock);
		if (OidIsValid(found))
			break;
	}
	list_free(indexes);

	if (!OidIsValid(found))
		ereport(
			ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("table access_token.%s lacks a valid index", RelationGetRelationName(relation)),
			 errdetail("Rows are looked up by index only, and no %s index that fits begins with "
					   "column %d.",
					   methods[wanted->method].name, wanted->columns[0]),
			 errhint("access_token.check_installation() says how to make it.")));
	return found;
}

/*
 * The index is remembered until anything of ours changes: REINDEX CONCURRENTLY replaces it by one with
 * another OID, and says so by an invalidation of the table. Opening the table took pending ones in, and
 * while it is open no index of it is dropped, because whoever does that waits for its readers.
 */
static Oid index_oid(Relation relation, const ScanIndex *wanted)
{
	FoundIndex *index = &found_indexes[wanted->table][wanted->columns[0]];

	if (index->generation != extension_generation())
	{
		uint64 seen = extension_generation();

		index->oid = find_index(relation, wanted);
		index->generation = seen;
	}
	return index->oid;
}

/*
 * It may have been replaced between the two openings, and somebody may have marked it invalid by hand,
 * which no invalidation of the table tells.
 */
static Relation open_index(Relation relation, const ScanIndex *wanted)
{
	Relation index = index_open(index_oid(relation, wanted), AccessShareLock);

	if (index->rd_index->indisvalid)
		return index;
	index_close(index, AccessShareLock);
	return index_open(find_index(relation, wanted), AccessShareLock);
}

static bool is_always_enabled(const TriggerDesc *triggers, const char *name)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (trigger->tgenabled == TRIGGER_FIRES_ALWAYS && strcmp(trigger->tgname, name) == 0)
			return true;
	}
	return false;
}

static bool has_announcing_triggers(Relation relation)
{
	for (size_t i = 0; i < lengthof(announcing_triggers); i++)
	{
		if (!is_always_enabled(relation->trigdesc, announcing_triggers[i]))
			return false;
	}
	return true;
}

/*
 * pg_dump --disable-triggers turns ENABLE ALWAYS into plain ENABLE: then a replica misses changes. As
 * for the index: remembered until the table's invalidation says that it may be different.
 */
static bool announces_changes(Relation relation, ExtensionTable table)
{
	FoundTriggers *triggers = &found_triggers[table];

	if (triggers->generation != extension_generation())
	{
		triggers->generation = extension_generation();
		triggers->announce_changes = has_announcing_triggers(relation);
	}
	return triggers->announce_changes;
}

/* An index and its table while rows are looked up. */
typedef struct OpenIndex
{
	const ScanIndex *index;
	const Method *method;
	Relation relation;
	Relation index_relation;
	Snapshot snapshot;
	TupleTableSlot *slot; /* made for the first row: most look-ups of revocations find none */
} OpenIndex;

static IndexScanDesc begin_scan(const OpenIndex *open, int columns)
{
	return index_beginscan(open->relation, open->index_relation, SnapshotAny,
						   COMPAT_NOTHING_COUNTED columns, 0);
}

/* Returns the text that was made for the look-up, if any: for the caller to free. */
static struct varlena *start_lookup(IndexScanDesc scan, const Method *method,
									const ScanLookup *lookup)
{
	ScanKeyData keys[SCAN_MAX_COLUMNS];
	struct varlena *text = NULL;

	for (int i = 0; i < scan->numberOfKeys; i++)
	{
		const KeyType *key = method->keys[i];

		if (key->type == TEXTOID)
			text = text_from_view(lookup->text);
		ScanKeyEntryInitialize(&keys[i], 0, (AttrNumber) (i + 1), method->strategy, key->type,
							   key->collation, key->equal,
							   key->type == TEXTOID ? PointerGetDatum(text)
													: Int64GetDatum(lookup->number));
	}
	index_rescan(scan, keys, scan->numberOfKeys, NULL, 0);
	return text;
}

/* A hash index finds equal hashes, and says so. */
static bool is_found_rightly(const OpenIndex *open, IndexScanDesc scan, const ScanRow *row,
							 const ScanLookup *lookup)
{
	return !scan->xs_recheck || bytes_equal(scan_text(row, open->index->columns[0]), lookup->text);
}

/*
 * Only the row is read under the snapshot. Under a snapshot an index notes for SERIALIZABLE transactions
 * what they have looked for, by whole pages: two that verify and revoke tokens of one hour would fail
 * for each other's sake. What is read here is the present, which stands outside their order anyway.
 */
static bool fetch_row(const OpenIndex *open, IndexScanDesc scan)
{
	bool found;

	scan->xs_snapshot = open->snapshot;
	found = index_fetch_heap(scan, open->slot);
	scan->xs_snapshot = SnapshotAny;
	return found;
}

/* False when there are more rows than that, of which the first have been visited. */
static bool visit_found(OpenIndex *open, IndexScanDesc scan, const ScanLookup *lookup, int most)
{
	ScanRow row;

	while (index_getnext_tid(scan, ForwardScanDirection) != NULL)
	{
		if (most-- == 0)
			return false;
		if (open->slot == NULL)
			open->slot = table_slot_create(open->relation, NULL);
		if (!fetch_row(open, scan))
			continue;
		slot_getallattrs(open->slot);
		row = (ScanRow) {.values = open->slot->tts_values,
						 .nulls = open->slot->tts_isnull,
						 .column_count = open->slot->tts_tupleDescriptor->natts};
		if (is_found_rightly(open, scan, &row, lookup) && !lookup->visit(&row, lookup->context))
			break;
	}
	return true;
}

static bool look_up(OpenIndex *open, IndexScanDesc scan, const ScanLookup *lookup, int most)
{
	struct varlena *text = start_lookup(scan, open->method, lookup);
	bool all = visit_found(open, scan, lookup, most);

	if (text != NULL)
		pfree(text);
	return all;
}

static void look_up_by_all_columns(OpenIndex *open, const ScanLookup *lookup)
{
	IndexScanDesc scan = begin_scan(open, open->method->key_count);

	look_up(open, scan, lookup, INT_MAX);
	index_endscan(scan);
}

/*
 * By the first column alone, which is faster and nearly always finds one row or none; unless somebody has
 * given very many rows one number.
 */
static void look_up_all(OpenIndex *open, const ScanLookup *lookups, int count)
{
	IndexScanDesc scan = begin_scan(open, 1);
	int most = open->method->key_count > 1 ? MANY_ROWS : INT_MAX;

	for (int i = 0; i < count; i++)
	{
		if (!look_up(open, scan, &lookups[i], most))
			look_up_by_all_columns(open, &lookups[i]);
	}
	index_endscan(scan);
	compat_check_snapshot_age(open->snapshot, open->relation);
}

void scan_lookups(ScanSession *session, const ScanIndex *index, const ScanLookup *lookups,
				  int count)
{
	Relation relation = open_table(index->table);
	OpenIndex open = {
		.index = index,
		.method = &methods[index->method],
		.relation = relation,
		.index_relation = open_index(relation, index),
		.snapshot = session_snapshot(session),
	};

	session->cacheable &= announces_changes(relation, index->table);
	look_up_all(&open, lookups, count);
	if (open.slot != NULL)
		ExecDropSingleTupleTableSlot(open.slot);
	index_close(open.index_relation, AccessShareLock);
	table_close(relation, AccessShareLock);
}

void scan_by_text(ScanSession *session, ExtensionTable table, int column, ByteView key,
				  ScanVisitor visit, void *context)
{
	ScanIndex index = {.table = table, .columns = {column}, .method = SCAN_TEXT_BTREE};
	ScanLookup lookup = {.text = key, .visit = visit, .context = context};

	scan_lookups(session, &index, &lookup, 1);
}

void scan_all(ScanSession *session, ExtensionTable table, ScanVisitor visit, void *context)
{
	Relation relation = open_table(table);
	TableScanDesc scan = table_beginscan(relation, session_snapshot(session), 0, NULL);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	ScanRow row;

	session->cacheable &= announces_changes(relation, table);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		slot_getallattrs(slot);
		row = (ScanRow) {.values = slot->tts_values,
						 .nulls = slot->tts_isnull,
						 .column_count = slot->tts_tupleDescriptor->natts};
		if (!visit(&row, context))
			break;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	table_close(relation, AccessShareLock);
}

bool scan_is_null(const ScanRow *row, int column)
{
	return column > row->column_count || row->nulls[column - 1];
}

static Datum column_value(const ScanRow *row, int column, bool *is_null)
{
	*is_null = scan_is_null(row, column);
	return *is_null ? (Datum) 0 : row->values[column - 1];
}

ByteView scan_text(const ScanRow *row, int column)
{
	bool is_null;
	Datum value = column_value(row, column, &is_null);

	if (is_null)
		return bytes_of(NULL, 0);
	return text_view(pg_detoast_datum_packed((struct varlena *) DatumGetPointer(value)));
}

ByteView scan_copy_text(const ScanRow *row, int column)
{
	return scan_is_null(row, column) ? bytes_of(NULL, 0) : memory_copy(scan_text(row, column));
}

bool scan_boolean(const ScanRow *row, int column)
{
	bool is_null;
	Datum value = column_value(row, column, &is_null);

	return !is_null && DatumGetBool(value);
}

int scan_integer(const ScanRow *row, int column)
{
	bool is_null;
	Datum value = column_value(row, column, &is_null);

	return is_null ? 0 : DatumGetInt32(value);
}

JoseTime scan_time(const ScanRow *row, int column, JoseTime otherwise)
{
	bool is_null;
	Datum value = column_value(row, column, &is_null);

	return is_null ? otherwise : clock_from_timestamptz(DatumGetTimestampTz(value));
}

ByteView *scan_text_array(const ScanRow *row, int column, int *count)
{
	bool is_null;
	Datum value = column_value(row, column, &is_null);
	ByteView *views;
	Datum *elements;
	bool *nulls;
	int element_count;

	*count = 0;
	if (is_null)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &element_count);
	views = palloc(sizeof(ByteView) * (size_t) element_count);
	for (int i = 0; i < element_count; i++)
	{
		if (!nulls[i])
			views[(*count)++] = text_view(
				pg_detoast_datum_packed((struct varlena *) DatumGetPointer(elements[i])));
	}
	return views;
}

ByteView *scan_copy_text_array(const ScanRow *row, int column, const char *name, int *count)
{
	ByteView *views = scan_text_array(row, column, count);

	for (int i = 0; i < *count; i++)
		views[i] = memory_copy(text_to_utf8(views[i], name));
	return views;
}
