/*
 * The key cache of a backend (docs/architecture.md): what was read from the extension's tables, with ready
 * OpenSSL contexts, by kind and id, bounded in number.
 *
 * Freshness is PostgreSQL's own invalidation: triggers on the tables that are cached invalidate the
 * relcache entry of an empty proxy table, and the one callback here counts a generation up. Every
 * look-up first takes in pending messages; an entry of an older generation is read again before it is
 * used, and may keep its contexts where the sealed bytes have not changed.
 *
 * Nothing is remembered about ids that do not exist, and no verdict about a token ever is.
 */
#ifndef ACCESS_TOKEN_STORE_KEY_CACHE_H
#define ACCESS_TOKEN_STORE_KEY_CACHE_H

#include "jose/bytes.h"
#include "store/scan.h"

/*
 * Entries of each kind that a backend holds at most; the one used longest ago makes room. Each kind has
 * its own room, so that many keys do not drive out the few tenants that they belong to.
 */
#define KEY_CACHE_CAPACITY 1024

/* The kinds; a new one is a line here. */
typedef enum KeyKind
{
	KEY_KIND_TENANT,
	KEY_KIND_API_KEY,
	KEY_KIND_SIGNING_KEY,
	KEY_KIND_API_KEY_OF_SECRET,
	KEY_KIND_CLIENT,
	KEY_KIND_COUNT
} KeyKind;

/* How one kind of entry is read. */
typedef struct CachedKind
{
	KeyKind kind;

	/*
	 * Reads the object of that id into the current memory context, with which its OpenSSL objects end;
	 * NULL when there is none. It may not look up another object.
	 */
	void *(*load)(ByteView id, ScanSession *session);

	/* Takes over what is expensive from an older reading of the same id; NULL: nothing is. */
	void (*adopt)(void *object, void *older);
} CachedKind;

/* Registers the callback; called once, when the library is loaded. */
void key_cache_init(void);

/* Takes in what other sessions have changed. key_cache_find does it itself. */
void key_cache_accept_changes(void);

/*
 * The object of that kind and id, or NULL. It is valid for the rest of the call in which it was looked
 * up: what was used last is given up last, and a look-up of the same name alone replaces it.
 */
void *key_cache_find(const CachedKind *kind, ByteView id);

/* Tells all sessions, at commit, that keys have changed; this one at its next command. */
void key_cache_announce_change(void);

#endif
