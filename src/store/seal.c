/* Sealing and opening of stored secrets; layout: seal.h. */
#include "postgres.h"

#include "store/seal.h"

#include "jose/secure.h"
#include "pg/errors.h"

/* Associated data: the column, then the row's ids behind a NUL each. */
static ByteView write_place(const SealPlace *place, uint8_t out[SEAL_MAX_PLACE_LEN])
{
	const ByteView parts[] = {bytes_of(place->column, strlen(place->column) + 1), place->row_id,
							  bytes_of("", 1), place->owner_id};
	size_t len = 0;

	for (size_t i = 0; i < lengthof(parts); i++)
	{
		if (len + parts[i].len > SEAL_MAX_PLACE_LEN)
			errors_refuse(JOSE_BAD_KEY);
		memcpy(out + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	return bytes_of(out, len);
}

size_t seal_bytes(const SealPlace *place, ByteView plain, uint8_t *out)
{
	const RootKey *root = root_key_current();
	uint8_t place_bytes[SEAL_MAX_PLACE_LEN];
	ByteView associated = write_place(place, place_bytes);
	uint8_t *nonce = out + 2 + root->id_len;

	out[0] = SEAL_VERSION;
	out[1] = (uint8_t) root->id_len;
	memcpy(out + 2, root->id, root->id_len);
	if (!pg_strong_random(nonce, AEAD_NONCE_LEN))
		errors_refuse(JOSE_CRYPTO_FAILURE);
	errors_raise_status(aead_seal(root->bytes, nonce, associated, plain, nonce + AEAD_NONCE_LEN));
	return 2 + root->id_len + AEAD_NONCE_LEN + plain.len + AEAD_TAG_LEN;
}

/* The id goes into errors and is compared with text: only what can be an id is one. */
static bool is_id(ByteView id)
{
	for (size_t i = 0; i < id.len; i++)
	{
		uint8_t c = id.data[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			c != '_' && c != '-')
			return false;
	}
	return id.len > 0 && id.len <= ROOT_KEY_MAX_ID_LEN;
}

ByteView seal_root_key_id(ByteView sealed)
{
	size_t id_len = sealed.len > 2 ? sealed.data[1] : 0;

	if (id_len == 0 || sealed.data[0] != SEAL_VERSION ||
		sealed.len < 2 + id_len + AEAD_NONCE_LEN + AEAD_TAG_LEN)
		return bytes_of(NULL, 0);
	if (!is_id(bytes_of(sealed.data + 2, id_len)))
		return bytes_of(NULL, 0);
	return bytes_of(sealed.data + 2, id_len);
}

size_t seal_open(const SealPlace *place, ByteView sealed, uint8_t *out)
{
	uint8_t place_bytes[SEAL_MAX_PLACE_LEN];
	ByteView associated = write_place(place, place_bytes);
	ByteView root_key_id = seal_root_key_id(sealed);
	const uint8_t *nonce = sealed.data + 2 + root_key_id.len;
	const RootKey *root;
	ByteView body;

	if (root_key_id.data == NULL)
		errors_refuse(JOSE_BAD_KEY);
	root = root_key_by_id(root_key_id);
	body = bytes_of(nonce + AEAD_NONCE_LEN, sealed.len - 2 - root_key_id.len - AEAD_NONCE_LEN);
	errors_raise_status(aead_open(&root->opener, nonce, associated, body, out));
	return body.len - AEAD_TAG_LEN;
}
