/*
 * Root keys: what seals every secret that must be recovered (docs/operations.md). They come from the
 * table root_key, which CREATE EXTENSION fills and pg_dump leaves out, and where they are set from
 * access_token.root_key_file and access_token.root_key_command, whose first key seals then.
 *
 * The bytes are kept in memory of their own, wiped before it is given up: those of the table until
 * anything changes, the others until the server's configuration is reloaded.
 */
#ifndef ACCESS_TOKEN_STORE_ROOT_KEY_H
#define ACCESS_TOKEN_STORE_ROOT_KEY_H

#include "jose/aead.h"
#include "jose/bytes.h"

/* Longest id of a root key. */
#define ROOT_KEY_MAX_ID_LEN 64

typedef struct RootKey
{
	char id[ROOT_KEY_MAX_ID_LEN];
	size_t id_len;
	uint8_t bytes[AEAD_KEY_LEN];
	AeadOpener opener;
} RootKey;

/* The key that seals. Raises TK011 when there is none. Valid until the next call. */
const RootKey *root_key_current(void);

/* The key of that id, to open. Raises TK011, naming the id, when it is missing. Likewise valid. */
const RootKey *root_key_by_id(ByteView id);

struct varlena;

/* The bytes of a new one, as bytea. Raises XX000 without randomness. */
struct varlena *root_key_generate(void);

/* Forgets what was read from the table; called when it may have changed. */
void root_key_forget(void);

#endif
