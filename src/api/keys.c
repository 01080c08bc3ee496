/*
 * SQL, internal: making secrets and root keys, the triggers on our tables, under what a value is
 * sealed. No role but the owner may call these.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "api/arguments.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "store/key_cache.h"
#include "store/new_secret.h"
#include "store/root_key.h"
#include "store/seal.h"

PG_FUNCTION_INFO_V1(access_token_check_utf8);
PG_FUNCTION_INFO_V1(access_token_guard_table);
PG_FUNCTION_INFO_V1(access_token_invalidate_key_cache);
PG_FUNCTION_INFO_V1(access_token_new_api_key_secret);
PG_FUNCTION_INFO_V1(access_token_new_root_key);
PG_FUNCTION_INFO_V1(access_token_sealed_under);

/* Arguments: a text, and what it is called in the error. Raises 22023 for what is not UTF-8. */
Datum access_token_check_utf8(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

	argument_text(fcinfo, 0, name);
	PG_RETURN_VOID();
}

/* Trigger, by statement, ENABLE ALWAYS on every table that a decision rests on. */
Datum access_token_guard_table(PG_FUNCTION_ARGS)
{
	Oid owner;

	if (!CALLED_AS_TRIGGER(fcinfo))
		elog(ERROR, "guard_table is a trigger function");
	owner = ((TriggerData *) fcinfo->context)->tg_relation->rd_rel->relowner;
	if (!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("tables of access_token are written by their owner alone"),
				 errdetail(
					 "The current role is not the table's owner; a privilege to write does not "
					 "suffice."),
				 errhint("Call the functions of the bundle admin.")));
	return PointerGetDatum(NULL); /* of a statement trigger it is ignored */
}

/* What a BEFORE ROW trigger returns to let the change pass; the others' results are ignored. */
static HeapTuple unchanged_row(const TriggerData *trigger)
{
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		return NULL;
	return TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple
													  : trigger->tg_trigtuple;
}

/* Trigger, before and after, by row and by TRUNCATE, ENABLE ALWAYS on every table that is cached. */
Datum access_token_invalidate_key_cache(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		elog(ERROR, "invalidate_key_cache is a trigger function");
	key_cache_announce_change();
	return PointerGetDatum(unchanged_row((TriggerData *) fcinfo->context));
}

/*
 * Arguments: secret_id, api_key_id, algorithm, imported_secret or NULL.
 * Columns: secret, sealed_secret, last_four.
 */
Datum access_token_new_api_key_secret(PG_FUNCTION_ARGS)
{
	NewSecretRequest request = {
		.place.column = SEAL_API_KEY_SECRET,
		.place.row_id = argument_required_text(fcinfo, 0, "secret_id"),
		.place.owner_id = argument_required_text(fcinfo, 1, "api_key_id"),
		.algorithm = argument_required_text(fcinfo, 2, "algorithm"),
		.imported = argument_text(fcinfo, 3, "imported_secret"),
	};
	NewSecret secret = new_secret(&request);
	Datum values[3];
	bool nulls[3] = {false, false, false};

	values[0] = PointerGetDatum(secret.text);
	values[1] = PointerGetDatum(secret.sealed);
	values[2] = PointerGetDatum(secret.last_four);
	return result_row(fcinfo, values, nulls);
}

/* 32 random bytes. */
Datum access_token_new_root_key(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(root_key_generate());
}

/* The id of the root key under which a value is sealed; NULL for what was never sealed. */
Datum access_token_sealed_under(PG_FUNCTION_ARGS)
{
	ByteView id = seal_root_key_id(text_view(PG_GETARG_BYTEA_PP(0)));

	if (id.data == NULL)
		PG_RETURN_NULL();
	return PointerGetDatum(text_from_view(id));
}
