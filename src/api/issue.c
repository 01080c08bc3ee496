/* SQL: issue_access_token in its five forms, issue_public_token. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"

#include "api/arguments.h"
#include "token/issue.h"

PG_FUNCTION_INFO_V1(access_token_issue_access_token);
PG_FUNCTION_INFO_V1(access_token_issue_access_token_smallint);
PG_FUNCTION_INFO_V1(access_token_issue_access_token_integer);
PG_FUNCTION_INFO_V1(access_token_issue_access_token_bigint);
PG_FUNCTION_INFO_V1(access_token_issue_access_token_uuid);
PG_FUNCTION_INFO_V1(access_token_issue_public_token);

/* The arguments that all five forms share; the identity is the form's own. */
static Datum issue_for(FunctionCallInfo fcinfo, ByteView identity)
{
	IssueRequest request = {
		.api_key_id = argument_required_text(fcinfo, 0, "api_key_id"),
		.identity = identity,
		.wish.has_expires_in = !PG_ARGISNULL(2),
		.wish.expires_in = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2),
		.wish.scope = argument_text(fcinfo, 3, "scope"),
		.wish.claims = argument_jsonb(fcinfo, 5, "claims"),
	};

	request.wish.audience = argument_text_array(fcinfo, 4, "audience",
												&request.wish.audience_count);
	return PointerGetDatum(issue_access_token(&request));
}

Datum access_token_issue_access_token(PG_FUNCTION_ARGS)
{
	return issue_for(fcinfo, argument_required_text(fcinfo, 1, "identity"));
}

static Datum issue_for_integer(FunctionCallInfo fcinfo, int64 identity)
{
	char digits[MAXINT8LEN + 1];

	return issue_for(fcinfo, bytes_of(digits, (size_t) pg_lltoa(identity, digits)));
}

Datum access_token_issue_access_token_smallint(PG_FUNCTION_ARGS)
{
	argument_require(fcinfo, 1, "identity");
	return issue_for_integer(fcinfo, PG_GETARG_INT16(1));
}

Datum access_token_issue_access_token_integer(PG_FUNCTION_ARGS)
{
	argument_require(fcinfo, 1, "identity");
	return issue_for_integer(fcinfo, PG_GETARG_INT32(1));
}

Datum access_token_issue_access_token_bigint(PG_FUNCTION_ARGS)
{
	argument_require(fcinfo, 1, "identity");
	return issue_for_integer(fcinfo, PG_GETARG_INT64(1));
}

Datum access_token_issue_access_token_uuid(PG_FUNCTION_ARGS)
{
	const char *uuid;

	argument_require(fcinfo, 1, "identity");
	uuid = DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(1)));
	return issue_for(fcinfo, bytes_of_string(uuid));
}

Datum access_token_issue_public_token(PG_FUNCTION_ARGS)
{
	IssueRequest request = {
		.tenant_id = argument_required_text(fcinfo, 0, "tenant_id"),
		.api_key_id = argument_required_text(fcinfo, 1, "api_key_id"),
		.identity = argument_required_text(fcinfo, 2, "user_id"),
	};

	return PointerGetDatum(issue_public_token(&request));
}
