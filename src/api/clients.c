/* SQL: issue_client_token. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "pg/clock.h"
#include "token/issue_client.h"

PG_FUNCTION_INFO_V1(access_token_issue_client_token);

static bool required_boolean(FunctionCallInfo fcinfo, int n, const char *name)
{
	argument_require(fcinfo, n, name);
	return PG_GETARG_BOOL(n);
}

/* Columns: access_token, expires_at, type. */
Datum access_token_issue_client_token(PG_FUNCTION_ARGS)
{
	ClientTokenRequest request = {
		.tenant_id = argument_required_text(fcinfo, 0, "tenant_id"),
		.client_id = argument_required_text(fcinfo, 1, "client_id"),
		.wish.has_expires_in = !PG_ARGISNULL(2),
		.wish.expires_in = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2),
		.use_jwt_type = required_boolean(fcinfo, 3, "use_jwt_type"),
		.wish.audience_as_array = required_boolean(fcinfo, 4, "audience_as_array"),
		.force_default_domain = required_boolean(fcinfo, 5, "force_default_domain"),
		.wish.scope = argument_text(fcinfo, 6, "scope"),
		.wish.claims = argument_jsonb(fcinfo, 7, "claims"),
	};
	ClientToken token = issue_client_token(&request);
	Datum values[] = {PointerGetDatum(token.text),
					  TimestampTzGetDatum(clock_to_timestamptz(token.expires_at)),
					  CStringGetTextDatum("Bearer")};
	bool nulls[] = {false, false, false};

	return result_row(fcinfo, values, nulls);
}
