/* SQL: root keys. export and import are the superuser's alone; the others are internal. */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "store/key_cache.h"
#include "store/root_key_source.h"
#include "store/root_key_transfer.h"

PG_FUNCTION_INFO_V1(access_token_export_root_key);
PG_FUNCTION_INFO_V1(access_token_open_root_keys);
PG_FUNCTION_INFO_V1(access_token_reseal);
PG_FUNCTION_INFO_V1(access_token_current_root_key_id);
PG_FUNCTION_INFO_V1(access_token_external_root_keys);
PG_FUNCTION_INFO_V1(access_token_external_root_key_problem);

Datum access_token_export_root_key(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(root_key_export(argument_required_text(fcinfo, 0, "passphrase")));
}

static Datum text_array(Datum *elements, int count)
{
	return PointerGetDatum(construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Columns: ids, keys: what import_root_key stores. */
Datum access_token_open_root_keys(PG_FUNCTION_ARGS)
{
	ByteView text = argument_required_text(fcinfo, 0, "sealed");
	ByteView passphrase = argument_required_text(fcinfo, 1, "passphrase");
	RootKey keys[ROOT_KEY_SOURCE_MAX];
	Datum ids[ROOT_KEY_SOURCE_MAX];
	Datum bytes[ROOT_KEY_SOURCE_MAX];
	int count = root_key_import(text, passphrase, keys);
	Datum values[2];
	bool nulls[2] = {false, false};

	for (int i = 0; i < count; i++)
	{
		ids[i] = PointerGetDatum(text_from_view(bytes_of(keys[i].id, keys[i].id_len)));
		bytes[i] = PointerGetDatum(text_from_view(bytes_of(keys[i].bytes, AEAD_KEY_LEN)));
	}
	secure_wipe(keys, sizeof(keys));
	values[0] = text_array(ids, count);
	values[1] = PointerGetDatum(construct_array(bytes, count, BYTEAOID, -1, false, TYPALIGN_INT));
	return result_row(fcinfo, values, nulls);
}

/* Arguments: the column, the row's id, the id of the row above it, the sealed value. */
Datum access_token_reseal(PG_FUNCTION_ARGS)
{
	ByteView column = argument_required_text(fcinfo, 0, "column");
	SealPlace place = {
		.column = bytes_equal(column, BYTES_LITERAL("signing_key")) ? SEAL_SIGNING_KEY
																	: SEAL_API_KEY_SECRET,
		.row_id = argument_required_text(fcinfo, 1, "row_id"),
		.owner_id = argument_required_text(fcinfo, 2, "owner_id"),
	};

	if (PG_ARGISNULL(3))
		PG_RETURN_NULL();
	return PointerGetDatum(root_key_reseal(&place, text_view(PG_GETARG_BYTEA_PP(3))));
}

Datum access_token_current_root_key_id(PG_FUNCTION_ARGS)
{
	const RootKey *key;

	key_cache_accept_changes();
	key = root_key_current();
	return PointerGetDatum(text_from_view(bytes_of(key->id, key->id_len)));
}

/* The ids of the keys from outside, each behind its source: file:id or command:id. */
Datum access_token_external_root_keys(PG_FUNCTION_ARGS)
{
	Datum elements[ROOT_KEY_SOURCE_MAX];
	const char *problem = NULL;
	int count = 0;
	const RootKey *keys = root_key_source_is_set() ? root_key_source_keys(&count, &problem) : NULL;

	for (int i = 0; i < count; i++)
		elements[i] = CStringGetTextDatum(psprintf("%s:%.*s",
												   root_key_source_is_file(i) ? "file" : "command",
												   (int) keys[i].id_len, keys[i].id));
	return text_array(elements, count);
}

/* What is wrong with the sources; NULL when nothing is. */
Datum access_token_external_root_key_problem(PG_FUNCTION_ARGS)
{
	const char *problem = NULL;
	int count;

	if (root_key_source_is_set())
		root_key_source_keys(&count, &problem);
	if (problem == NULL)
		PG_RETURN_NULL();
	return CStringGetTextDatum(problem);
}
