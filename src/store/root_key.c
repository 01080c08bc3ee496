/* Reading and keeping the root key; purpose: root_key.h. */
#include "postgres.h"

#include "store/root_key.h"

#include "jose/claims.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "store/scan.h"

/* The key that was used last: one seals everything but what waits to be rewrapped. */
static RootKey cached;
static bool cached_may_stay = false; /* whether changes of the table will be announced */

static void raise_missing(ByteView id)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_ACCESS_TOKEN_NO_ROOT_KEY), errmsg("root key is not available"),
		 id.len == 0
			 ? errdetail("The table access_token.root_key holds no usable key.")
			 : errdetail("The secret is sealed under the root key \"%.*s\", which this database "
						 "does not hold.",
						 (int) id.len, (const char *) id.data),
		 errhint("A logical dump does not carry the root key. Create new secrets with "
				 "access_token.rotate_api_key, or restore a physical backup.")));
}

/* What a scan looks for, and the newest row found so far. */
typedef struct Search
{
	ByteView id; /* of no length: any */
	bool found;
	JoseTime created_at;
	RootKey key;
} Search;

static bool visit_root_key(const ScanRow *row, void *context)
{
	Search *search = context;
	ByteView id = scan_text(row, ROOT_KEY_ID);
	ByteView bytes = scan_text(row, ROOT_KEY_BYTES);
	JoseTime created_at = scan_time(row, ROOT_KEY_CREATED_AT, 0);

	if (bytes.len != AEAD_KEY_LEN || id.len == 0 || id.len > ROOT_KEY_MAX_ID_LEN ||
		(search->id.len > 0 && !bytes_equal(search->id, id)))
		return true;
	if (search->found && created_at <= search->created_at)
		return true;
	search->found = true;
	search->created_at = created_at;
	memcpy(search->key.id, id.data, id.len);
	search->key.id_len = id.len;
	memcpy(search->key.bytes, bytes.data, AEAD_KEY_LEN);
	return true;
}

static const RootKey *read_root_key(ByteView id)
{
	Search search = {.id = id};
	ScanSession session = scan_begin();

	scan_all(&session, TABLE_ROOT_KEY, visit_root_key, &search);
	scan_end(&session);
	if (!search.found)
		raise_missing(id);
	root_key_forget();
	cached = search.key;
	cached_may_stay = session.cacheable;
	secure_wipe(&search, sizeof(search));
	if (aead_opener_open(&cached.opener, cached.bytes) != JOSE_OK)
	{
		root_key_forget();
		errors_refuse(JOSE_CRYPTO_FAILURE);
	}
	return &cached;
}

const RootKey *root_key_current(void)
{
	/* Sealing is rare, and the newest key is what counts: always read. */
	return read_root_key(bytes_of(NULL, 0));
}

const RootKey *root_key_by_id(ByteView id)
{
	if (cached_may_stay && bytes_equal(id, bytes_of(cached.id, cached.id_len)))
		return &cached;
	return read_root_key(id);
}

struct varlena *root_key_generate(void)
{
	uint8_t bytes[AEAD_KEY_LEN];
	struct varlena *key;

	if (!pg_strong_random(bytes, sizeof(bytes)))
		errors_refuse(JOSE_CRYPTO_FAILURE);
	key = text_from_view(bytes_of(bytes, sizeof(bytes)));
	secure_wipe(bytes, sizeof(bytes));
	return key;
}

void root_key_forget(void)
{
	aead_opener_close(&cached.opener);
	secure_wipe(&cached, sizeof(cached));
}
