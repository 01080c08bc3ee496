/*
 * Carrying the table's root keys to another database, for a logical dump that is restored there; and
 * moving sealed values to the current root key.
 */
#ifndef ACCESS_TOKEN_STORE_ROOT_KEY_TRANSFER_H
#define ACCESS_TOKEN_STORE_ROOT_KEY_TRANSFER_H

#include "jose/bytes.h"
#include "store/root_key.h"
#include "store/seal.h"

struct varlena;

/* Characters of a passphrase at least. */
#define ROOT_KEY_MIN_PASSPHRASE_LEN 12

/*
 * All keys of the table, sealed under a passphrase, as text. Raises 22023 for a short one, 54000 when
 * there are more keys than can be imported.
 */
struct varlena *root_key_export(ByteView passphrase);

/*
 * Opens what root_key_export made into keys (room for ROOT_KEY_SOURCE_MAX) and returns how many; the
 * caller wipes them. Raises TK010 for another passphrase or altered text.
 */
int root_key_import(ByteView text, ByteView passphrase, RootKey *keys);

/* A sealed value anew, under the current root key. */
struct varlena *root_key_reseal(const SealPlace *place, ByteView sealed);

#endif
