/*
 * Sealing: what must be recovered is stored as AES-256-GCM under the root key, bound to its place.
 *
 * Layout: version 1, length of the root key's id, the id, 12 bytes of nonce, ciphertext, 16 bytes of
 * tag. The associated data name table, column and row, so a sealed value that is moved to another
 * row does not open.
 */
#ifndef ACCESS_TOKEN_STORE_SEAL_H
#define ACCESS_TOKEN_STORE_SEAL_H

#include "jose/bytes.h"
#include "store/root_key.h"

#define SEAL_VERSION 1

/* Bytes that sealing adds at most. */
#define SEAL_OVERHEAD (2 + ROOT_KEY_MAX_ID_LEN + AEAD_NONCE_LEN + AEAD_TAG_LEN)

/* Where a sealed value stands. Ids never hold a NUL. */
typedef struct SealPlace
{
	const char *column; /* schema, table and column */
	ByteView row_id;
	ByteView owner_id; /* of the row above it */
} SealPlace;

#define SEAL_API_KEY_SECRET "access_token.api_key.sealed_secret"
#define SEAL_SIGNING_KEY "access_token.signing_key.sealed_private_key"

/* Bytes of associated data at most: the column's name, two ids of 128, two separators. */
#define SEAL_MAX_PLACE_LEN 320

/*
 * Seals plain under the current root key into out (room for plain.len + SEAL_OVERHEAD) and returns
 * the length. Raises TK011 without a root key.
 */
size_t seal_bytes(const SealPlace *place, ByteView plain, uint8_t *out);

/*
 * Opens sealed into out, which has room for sealed.len bytes, and returns the length; the caller
 * wipes out. Raises TK011 when the root key is missing, TK010 when the value is not what was sealed.
 */
size_t seal_open(const SealPlace *place, ByteView sealed, uint8_t *out);

/* The id of the root key that sealed a value; no data when it is not of this layout. */
ByteView seal_root_key_id(ByteView sealed);

#endif
