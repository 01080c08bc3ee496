/*
 * The key cache; purpose and rules: key_cache.h.
 *
 * Two hash tables point to the same entries, and a list keeps them in the order of use. An entry owns
 * a memory context with its ApiKey; a new reading is complete before it replaces an older one, so an
 * error half way leaves the older one in place, stale.
 */
#include "postgres.h"

#include "store/key_cache.h"

#include "common/hashfn.h"
#include "lib/ilist.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#include "store/extension.h"
#include "store/root_key.h"

/* How often a reading is repeated because a change arrived while it was made. */
#define MAX_READINGS 8

typedef struct KeyEntry
{
	dlist_node node; /* in the order of use, most recent first */
	MemoryContext memory;
	uint64 generation;
	ApiKey *key;
} KeyEntry;

typedef struct IdSlot
{
	ByteView id;
	KeyEntry *entry;
	uint32 hash;
	char status;
} IdSlot;

static uint32 hash_id(ByteView id)
{
	return hash_bytes(id.data, (int) id.len);
}

#define SH_PREFIX id_table
#define SH_ELEMENT_TYPE IdSlot
#define SH_KEY_TYPE ByteView
#define SH_KEY id
#define SH_HASH_KEY(table, key) hash_id(key)
#define SH_EQUAL(table, a, b) bytes_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, slot) (slot)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static MemoryContext cache_memory;
static id_table_hash *entries_by_id;
static id_table_hash *entries_by_secret_id;
static dlist_head entries_in_use_order = DLIST_STATIC_INIT(entries_in_use_order);

/* Counted up by the callback; 0 is never current, so that everything starts stale. */
static volatile uint64 generation = 1;
static uint64 resolved_generation = 0;
static bool warned_about_triggers = false;

/* Sets a flag and does nothing else: it may be called in the middle of anything. */
static void note_change(Datum argument, Oid relid)
{
	if (!OidIsValid(relid) || extension_owns(relid))
		generation++;
}

void key_cache_init(void)
{
	CacheRegisterRelcacheCallback(note_change, (Datum) 0);
}

static void create_tables(void)
{
	cache_memory = AllocSetContextCreate(CacheMemoryContext, "access_token key cache",
										 ALLOCSET_SMALL_SIZES);
	entries_by_id = id_table_create(cache_memory, KEY_CACHE_CAPACITY, NULL);
	entries_by_secret_id = id_table_create(cache_memory, 2 * KEY_CACHE_CAPACITY, NULL);
}

void key_cache_accept_changes(void)
{
	if (entries_by_secret_id == NULL)
		create_tables();
	AcceptInvalidationMessages();
	while (resolved_generation != generation)
	{
		uint64 seen = generation;

		root_key_forget();
		extension_resolve();
		resolved_generation = seen;
	}
}

static void insert_id(id_table_hash *table, ByteView id, KeyEntry *entry)
{
	bool found;
	IdSlot *slot = id_table_insert(table, id, &found);

	slot->id = id; /* the slot's view must be the entry's own */
	slot->entry = entry;
}

static void index_entry(KeyEntry *entry)
{
	insert_id(entries_by_id, entry->key->id, entry);
	for (int i = 0; i < entry->key->secret_count; i++)
		insert_id(entries_by_secret_id, entry->key->secrets[i].id, entry);
}

static void unindex_entry(KeyEntry *entry)
{
	id_table_delete(entries_by_id, entry->key->id);
	for (int i = 0; i < entry->key->secret_count; i++)
		id_table_delete(entries_by_secret_id, entry->key->secrets[i].id);
}

static void drop_entry(KeyEntry *entry)
{
	unindex_entry(entry);
	dlist_delete(&entry->node);
	MemoryContextDelete(entry->memory); /* closes the contexts, and frees the entry itself */
}

static void make_room(void)
{
	while (entries_by_id->members >= KEY_CACHE_CAPACITY)
		drop_entry(dlist_tail_element(KeyEntry, node, &entries_in_use_order));
}

/* Reads a key into a new entry that is not yet in the cache; NULL when there is no such key. */
static KeyEntry *read_entry(ByteView id)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "access_token API key",
												 ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(memory);
	KeyEntry *entry = palloc0(sizeof(KeyEntry));

	entry->memory = memory;
	entry->generation = generation; /* before reading: a change from now on makes it stale */
	entry->key = api_key_load(id);
	MemoryContextSwitchTo(caller);
	if (entry->key != NULL)
		return entry;
	MemoryContextDelete(memory);
	return NULL;
}

/* Reads until no change has arrived meanwhile, so that the rows belong together. */
static KeyEntry *read_settled_entry(ByteView id)
{
	KeyEntry *entry = read_entry(id);

	for (int i = 1; i < MAX_READINGS && entry != NULL && entry->generation != generation; i++)
	{
		MemoryContextDelete(entry->memory);
		key_cache_accept_changes();
		entry = read_entry(id);
	}
	return entry;
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
	if (older != NULL)
	{
		api_key_adopt_contexts(entry->key, older->key);
		drop_entry(older);
	}
	make_room();
	MemoryContextSetParent(entry->memory, cache_memory);
	index_entry(entry);
	dlist_push_head(&entries_in_use_order, &entry->node);
}

/* Reads a key that is not in the cache, or only in an older reading. */
static ApiKey *fill(ByteView id, KeyEntry *older)
{
	KeyEntry *entry = read_settled_entry(id);

	if (entry == NULL)
	{
		if (older != NULL)
			drop_entry(older);
		return NULL;
	}
	if (entry->key->cacheable)
		insert_entry(entry, older);
	else
	{
		warn_about_triggers(); /* the entry ends with the caller's memory context */
		if (older != NULL)
			drop_entry(older);
	}
	return entry->key;
}

static ApiKey *use_entry(KeyEntry *entry)
{
	if (entry->generation != generation)
		return fill(entry->key->id, entry);
	dlist_move_head(&entries_in_use_order, &entry->node);
	return entry->key;
}

ApiKey *key_cache_by_id(ByteView id)
{
	IdSlot *slot;

	key_cache_accept_changes();
	slot = id_table_lookup(entries_by_id, id);
	return slot != NULL ? use_entry(slot->entry) : fill(id, NULL);
}

ApiKey *key_cache_by_secret_id(ByteView secret_id, ApiKeySecret **secret)
{
	IdSlot *slot;
	ByteView id;
	ApiKey *key;

	key_cache_accept_changes();
	slot = id_table_lookup(entries_by_secret_id, secret_id);
	if (slot != NULL)
		key = use_entry(slot->entry);
	else
	{
		id = api_key_id_of_secret(secret_id);
		if (id.len == 0)
			return NULL;
		key = key_cache_by_id(id);
	}
	*secret = key == NULL ? NULL : api_key_secret_by_id(key, secret_id);
	return *secret == NULL ? NULL : key;
}

void key_cache_announce_change(void)
{
	key_cache_accept_changes();
	CacheInvalidateRelcacheByRelid(extension_table(TABLE_CACHE_PROXY));
}
