/* The OIDs of the extension's relations; purpose: extension.h. */
#include "postgres.h"

#include "store/extension.h"

#include "catalog/namespace.h"
#include "utils/lsyscache.h"

#define SCHEMA_NAME "access_token"

static const char *const table_names[EXTENSION_TABLE_COUNT] = {
	[TABLE_TENANT] = "tenant",
	[TABLE_API_KEY] = "api_key",
	[TABLE_SIGNING_KEY] = "signing_key",
	[TABLE_CLIENT] = "client",
	[TABLE_REVOCATION] = "revocation",
	[TABLE_ROOT_KEY] = "root_key",
	[TABLE_CACHE_PROXY] = "key_cache_proxy",
};

static Oid table_oids[EXTENSION_TABLE_COUNT];

/* 0 is never current, so that everything starts stale. */
static volatile uint64 generation = 1;

static void raise_not_installed(void)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("access_token is not installed in this database"),
					errdetail("A table of the extension is missing."),
					errhint("Run CREATE EXTENSION access_token.")));
}

void extension_resolve(void)
{
	Oid schema = get_namespace_oid(SCHEMA_NAME, true);

	for (int i = 0; i < EXTENSION_TABLE_COUNT; i++)
	{
		table_oids[i] = OidIsValid(schema) ? get_relname_relid(table_names[i], schema) : InvalidOid;
		if (!OidIsValid(table_oids[i]))
			raise_not_installed();
	}
}

Oid extension_table(ExtensionTable table)
{
	return table_oids[table];
}

uint64_t extension_generation(void)
{
	return generation;
}

void extension_note_change(Oid relid)
{
	bool ours = !OidIsValid(relid);

	for (int i = 0; i < EXTENSION_TABLE_COUNT; i++)
		ours |= table_oids[i] == relid;
	if (ours)
		generation++;
}
