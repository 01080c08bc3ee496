/* SQL, internal: which row revokes a token, and what it is stored and looked up by. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "pg/clock.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "token/revoke.h"

PG_FUNCTION_INFO_V1(access_token_token_to_revoke);
PG_FUNCTION_INFO_V1(access_token_revocation_value);
PG_FUNCTION_INFO_V1(access_token_revocation_lookup_key);

/* Columns: tenant_id, kind, value, expires_at; all NULL where there is nothing to do. */
Datum access_token_token_to_revoke(PG_FUNCTION_ARGS)
{
	TokenToRevoke target = {.is_over = false};
	JoseFault fault = revoke_recognise(argument_token(fcinfo, 0), &target);
	bool over = target.is_over;
	bool nulls[4] = {over, over, over, over};
	Datum values[4] = {0};

	errors_raise(&fault);
	if (!over)
	{
		values[0] = PointerGetDatum(text_from_view(target.probe.tenant_id));
		values[1] = PointerGetDatum(text_from_view(revocation_kind_name(target.probe.kind)));
		values[2] = PointerGetDatum(text_from_view(target.probe.value));
		values[3] = TimestampTzGetDatum(clock_to_timestamptz(target.expires_at));
	}
	return result_row(fcinfo, values, nulls);
}

Datum access_token_revocation_value(PG_FUNCTION_ARGS)
{
	ByteView value = argument_required_text(fcinfo, 0, "value");
	char room[REVOCATION_MAX_VALUE_LEN];

	return PointerGetDatum(text_from_view(revocation_value(value, room)));
}

/* STRICT: columns that are not null. */
Datum access_token_revocation_lookup_key(PG_FUNCTION_ARGS)
{
	ByteView tenant_id = text_view(PG_GETARG_TEXT_PP(0));
	ByteView kind = text_view(PG_GETARG_TEXT_PP(1));
	ByteView value = text_view(PG_GETARG_TEXT_PP(2));

	PG_RETURN_INT64(revocation_lookup_key(tenant_id, kind, value));
}
