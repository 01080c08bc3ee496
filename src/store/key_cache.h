/*
 * The key cache of a backend (DESIGN section 6): API keys with ready OpenSSL contexts, by key id and
 * by secret id, bounded in number.
 *
 * Freshness is PostgreSQL's own invalidation: triggers on the tables that are cached invalidate the
 * relcache entry of an empty proxy table, and the one callback here counts a generation up. Every
 * look-up first takes in pending messages; an entry of an older generation is read again before it is
 * used, and keeps its contexts where the sealed bytes have not changed.
 *
 * Nothing is remembered about ids that do not exist, and no verdict about a token ever is.
 */
#ifndef ACCESS_TOKEN_STORE_KEY_CACHE_H
#define ACCESS_TOKEN_STORE_KEY_CACHE_H

#include "store/api_key.h"

/* API keys that a backend holds at most; the one used longest ago makes room. */
#define KEY_CACHE_CAPACITY 1024

/* Registers the callback; called once, when the library is loaded. */
void key_cache_init(void);

/* Takes in what other sessions have changed. The look-ups do it themselves. */
void key_cache_accept_changes(void);

/* The API key of that id, or NULL. Valid until the next call of this module. */
ApiKey *key_cache_by_id(ByteView id);

/* The API key that has a secret of that id, and the secret; or NULL. On the same terms. */
ApiKey *key_cache_by_secret_id(ByteView secret_id, ApiKeySecret **secret);

/* Tells all sessions, at commit, that keys have changed; this one at its next command. */
void key_cache_announce_change(void);

#endif
