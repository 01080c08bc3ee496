/* Choosing a root key, and reading those of the table; purpose: root_key.h. */
#include "postgres.h"

#include "store/root_key.h"

#include "jose/claims.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "store/root_key_source.h"
#include "store/scan.h"

/* The key of the table that was used last. */
static RootKey cached;
static bool cached_may_stay = false; /* whether changes of the table will be announced */

/* Raises TK011 for a source that cannot be read; id is the key that was wanted, if one was. */
static void raise_broken_source(ByteView id, const char *problem)
{
	const char *wanted = id.len == 0 ? "a key to seal with"
									 : psprintf("the root key \"%.*s\"", (int) id.len,
												(const char *) id.data);

	ereport(ERROR,
			(errcode(ERRCODE_ACCESS_TOKEN_NO_ROOT_KEY), errmsg("root key is not available"),
			 errdetail("%s", problem),
			 errhint("Mend the source and reload the configuration; wanted is %s.", wanted)));
}

/* Raises TK011 for a key that is nowhere. */
static void raise_missing(ByteView id)
{
	int len = (int) id.len;
	const char *name = (const char *) id.data;

	ereport(
		ERROR,
		(errcode(ERRCODE_ACCESS_TOKEN_NO_ROOT_KEY), errmsg("root key is not available"),
		 errdetail("The secret is sealed under the root key \"%.*s\", which this database does "
				   "not hold.",
				   len, name),
		 errhint(
			 "Bring the root key \"%.*s\" back: into the file or command, or with "
			 "access_token.export_root_key and access_token.import_root_key. If it is lost, "
			 "make new secrets with access_token.rotate_api_key(..., grace => '0') and new signing "
			 "keys with access_token.rotate_signing_key(..., force => true).",
			 len, name)));
}

static void raise_none_in_table(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_ACCESS_TOKEN_NO_ROOT_KEY), errmsg("root key is not available"),
			 errdetail("The table access_token.root_key holds no usable key."),
			 errhint(
				 "DROP EXTENSION and CREATE EXTENSION make a root key, and empty all tables.")));
}

/* What a scan looks for, and the newest row found so far. */
typedef struct Search
{
	ByteView id; /* of no length: the newest that seals */
	bool found;
	JoseTime created_at;
	RootKey key;
} Search;

static bool is_wanted(const Search *search, const ScanRow *row, ByteView id, ByteView bytes)
{
	if (bytes.len != AEAD_KEY_LEN || id.len == 0 || id.len > ROOT_KEY_MAX_ID_LEN)
		return false;
	return search->id.len > 0 ? bytes_equal(search->id, id) : scan_boolean(row, ROOT_KEY_SEALS);
}

static bool visit_root_key(const ScanRow *row, void *context)
{
	Search *search = context;
	ByteView id = scan_text(row, ROOT_KEY_ID);
	ByteView bytes = scan_text(row, ROOT_KEY_BYTES);
	JoseTime created_at = scan_time(row, ROOT_KEY_CREATED_AT, 0);

	if (!is_wanted(search, row, id, bytes) || (search->found && created_at <= search->created_at))
		return true;
	search->found = true;
	search->created_at = created_at;
	memcpy(search->key.id, id.data, id.len);
	search->key.id_len = id.len;
	memcpy(search->key.bytes, bytes.data, AEAD_KEY_LEN);
	return true;
}

/* The key of that id in the table, or without an id the one that seals; NULL when there is none. */
static const RootKey *read_from_table(ByteView id)
{
	Search search = {.id = id};
	ScanSession session = scan_begin();

	scan_all(&session, TABLE_ROOT_KEY, visit_root_key, &search);
	scan_end(&session);
	if (!search.found)
		return NULL;
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

static bool has_id(const RootKey *key, ByteView id)
{
	return bytes_equal(id, bytes_of(key->id, key->id_len));
}

/* The key of that id among those from outside; NULL when it is not there. */
static const RootKey *find_in_sources(ByteView id, const char **problem)
{
	int count;
	const RootKey *keys = root_key_source_keys(&count, problem);

	for (int i = 0; i < count; i++)
	{
		if (has_id(&keys[i], id))
			return &keys[i];
	}
	return NULL;
}

const RootKey *root_key_current(void)
{
	const RootKey *key;
	const char *problem;
	int count;

	if (root_key_source_is_set())
	{
		key = root_key_source_keys(&count, &problem);
		if (problem != NULL)
			raise_broken_source(bytes_of(NULL, 0), problem);
		return key;
	}
	/* Sealing is rare, and the newest key is what counts: always read. */
	key = read_from_table(bytes_of(NULL, 0));
	if (key == NULL)
		raise_none_in_table();
	return key;
}

const RootKey *root_key_by_id(ByteView id)
{
	const char *problem = NULL;
	const RootKey *key;

	if (cached_may_stay && has_id(&cached, id))
		return &cached;
	key = root_key_source_is_set() ? find_in_sources(id, &problem) : NULL;
	if (key == NULL)
		key = read_from_table(id); /* a broken source does not hide what the table holds */
	if (key == NULL && problem != NULL)
		raise_broken_source(id, problem);
	if (key == NULL)
		raise_missing(id);
	return key;
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
