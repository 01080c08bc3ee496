/*
 * The key cache; purpose and rules: key_cache.h.
 *
 * A hash table finds the entries, and a list keeps them in the order of use. An entry owns a memory
 * context with its object; a new reading is complete before it replaces an older one, so an error half
 * way leaves the older one in place, stale.
 */
#include "postgres.h"

#include "store/key_cache.h"

#include "common/hashfn.h"
#include "lib/ilist.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#include "pg/memory.h"
#include "store/extension.h"
#include "store/root_key.h"
#include "store/scan.h"

/* How often something is read again because a change arrived meanwhile; a storm must not hold us. */
#define MAX_READINGS 8

typedef struct KeyName
{
	const CachedKind *kind;
	ByteView id;
} KeyName;

typedef struct KeyEntry
{
	dlist_node node; /* of its kind, in the order of use */
	KeyName name;
	MemoryContext memory;
	uint64 generation;
	bool cacheable;
	void *object;
} KeyEntry;

typedef struct KeySlot
{
	KeyName name;
	KeyEntry *entry;
	uint32 hash;
	char status;
} KeySlot;

static uint32 hash_name(KeyName name)
{
	return hash_bytes(name.id.data, (int) name.id.len) ^ (uint32) (uintptr_t) name.kind;
}

static bool same_name(KeyName a, KeyName b)
{
	return a.kind == b.kind && bytes_equal(a.id, b.id);
}

#define SH_PREFIX key_table
#define SH_ELEMENT_TYPE KeySlot
#define SH_KEY_TYPE KeyName
#define SH_KEY name
#define SH_HASH_KEY(table, key) hash_name(key)
#define SH_EQUAL(table, a, b) same_name(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, slot) (slot)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static MemoryContext cache_memory;
static key_table_hash *entries;

/* The entries of one kind, in the order of use, most recent first. */
typedef struct KindEntries
{
	dlist_head in_use_order;
	int count;
} KindEntries;

static KindEntries kinds[KEY_KIND_COUNT];

static uint64 resolved_generation = 0;
static bool warned_about_triggers = false;

/* Counts up and does nothing else: it may be called in the middle of anything. */
static void note_change(Datum argument, Oid relid)
{
	extension_note_change(relid);
}

void key_cache_init(void)
{
	CacheRegisterRelcacheCallback(note_change, (Datum) 0);
}

static void create_table(void)
{
	cache_memory = AllocSetContextCreate(CacheMemoryContext, "access_token key cache",
										 ALLOCSET_SMALL_SIZES);
	for (int i = 0; i < KEY_KIND_COUNT; i++)
		dlist_init(&kinds[i].in_use_order);
	entries = key_table_create(cache_memory, KEY_CACHE_CAPACITY * KEY_KIND_COUNT, NULL);
}

void key_cache_accept_changes(void)
{
	if (entries == NULL)
		create_table();
	AcceptInvalidationMessages();
	for (int i = 0; i < MAX_READINGS && resolved_generation != extension_generation(); i++)
	{
		uint64 seen = extension_generation();

		root_key_forget();
		extension_resolve();
		resolved_generation = seen;
	}
}

static KindEntries *entries_of(const CachedKind *kind)
{
	return &kinds[kind->kind];
}

static void drop_entry(KeyEntry *entry)
{
	key_table_delete(entries, entry->name);
	dlist_delete(&entry->node);
	entries_of(entry->name.kind)->count--;
	MemoryContextDelete(entry->memory); /* closes the contexts, and frees the entry itself */
}

static void make_room(KindEntries *kind)
{
	while (kind->count >= KEY_CACHE_CAPACITY)
		drop_entry(dlist_tail_element(KeyEntry, node, &kind->in_use_order));
}

/* Reads an object into a new entry that is not yet in the cache; NULL when there is none. */
static KeyEntry *read_entry(KeyName name)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "access_token key",
												 ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(memory);
	KeyEntry *entry = palloc0(sizeof(KeyEntry));
	ScanSession session;

	entry->name = (KeyName) {name.kind, memory_copy(name.id)};
	entry->memory = memory;
	entry->generation =
		extension_generation(); /* before reading: a change from now on makes it stale */
	session = scan_begin();
	entry->object = name.kind->load(entry->name.id, &session);
	entry->cacheable = session.cacheable;
	scan_end(&session);
	MemoryContextSwitchTo(caller);
	if (entry->object != NULL)
		return entry;
	MemoryContextDelete(memory);
	return NULL;
}

/*
 * Reads until no change has arrived meanwhile, also where there was nothing: rows that were written
 * anew while we waited for a lock are not there for a snapshot from before it.
 */
static KeyEntry *read_settled_entry(KeyName name)
{
	KeyEntry *entry;
	uint64 before;

	for (int i = 1;; i++)
	{
		before = extension_generation();
		entry = read_entry(name);
		if (before == extension_generation() || i == MAX_READINGS)
			return entry;
		if (entry != NULL)
			MemoryContextDelete(entry->memory);
		key_cache_accept_changes();
	}
}

static void warn_about_triggers(void)
{
	if (warned_about_triggers)
		return;
	warned_about_triggers = true;
	ereport(WARNING,
			(errmsg("access_token does not cache keys"),
			 errdetail("A trigger that announces changes of keys is missing or not ENABLE ALWAYS."),
			 errhint("See access_token.check_installation().")));
}

static void insert_entry(KeyEntry *entry, KeyEntry *older)
{
	KindEntries *kind = entries_of(entry->name.kind);
	bool found;

	if (older != NULL)
	{
		if (entry->name.kind->adopt != NULL)
			entry->name.kind->adopt(entry->object, older->object);
		drop_entry(older);
	}
	make_room(kind);
	MemoryContextSetParent(entry->memory, cache_memory);
	key_table_insert(entries, entry->name, &found)->entry = entry;
	dlist_push_head(&kind->in_use_order, &entry->node);
	kind->count++;
}

/* Reads what is not in the cache, or only in an older reading. */
static void *fill(KeyName name, KeyEntry *older)
{
	KeyEntry *entry = read_settled_entry(name);

	if (entry != NULL && entry->cacheable)
	{
		insert_entry(entry, older);
		return entry->object;
	}
	if (older != NULL)
		drop_entry(older);
	if (entry == NULL)
		return NULL;
	warn_about_triggers();
	return entry->object; /* which ends with the caller's memory context */
}

void *key_cache_find(const CachedKind *kind, ByteView id)
{
	KeyName name = {kind, id};
	KeySlot *slot;

	if (id.len == 0)
		return NULL;
	key_cache_accept_changes();
	slot = key_table_lookup(entries, name);
	if (slot == NULL)
		return fill(name, NULL);
	if (slot->entry->generation != extension_generation())
		return fill(slot->entry->name, slot->entry);
	dlist_move_head(&entries_of(kind)->in_use_order, &slot->entry->node);
	return slot->entry->object;
}

void key_cache_announce_change(void)
{
	key_cache_accept_changes();
	CacheInvalidateRelcacheByRelid(extension_table(TABLE_CACHE_PROXY));
}
