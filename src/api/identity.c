/* SQL: authenticate, the readers of the bound identity, postgrest_pre_request, postgrest_tenant. */
#include "postgres.h"

#include "fmgr.h"

#include "api/arguments.h"
#include "pg/errors.h"
#include "pg/settings.h"
#include "pg/text.h"
#include "token/identity.h"
#include "token/postgrest.h"

PG_FUNCTION_INFO_V1(access_token_authenticate);
PG_FUNCTION_INFO_V1(access_token_current_identity);
PG_FUNCTION_INFO_V1(access_token_current_client);
PG_FUNCTION_INFO_V1(access_token_current_tenant);
PG_FUNCTION_INFO_V1(access_token_current_claims);
PG_FUNCTION_INFO_V1(access_token_current_scopes);
PG_FUNCTION_INFO_V1(access_token_has_scope);
PG_FUNCTION_INFO_V1(access_token_postgrest_pre_request);
PG_FUNCTION_INFO_V1(access_token_postgrest_tenant);

Datum access_token_authenticate(PG_FUNCTION_ARGS)
{
	VerifyRequest request;
	DecodedToken decoded;
	JoseFault fault;
	struct varlena *claims;

	argument_require(fcinfo, 1, "tenant_id");
	request = argument_verify_request(fcinfo);
	fault = verify_access_token(&request, &decoded);
	errors_raise(&fault);
	errors_raise_status(identity_bind(&decoded, &claims));
	return PointerGetDatum(claims);
}

static Datum return_part(FunctionCallInfo fcinfo, IdentityPart part)
{
	struct varlena *value = identity_part(part);

	if (value == NULL)
		PG_RETURN_NULL();
	return PointerGetDatum(value);
}

Datum access_token_current_identity(PG_FUNCTION_ARGS)
{
	return return_part(fcinfo, IDENTITY_USER);
}

Datum access_token_current_client(PG_FUNCTION_ARGS)
{
	return return_part(fcinfo, IDENTITY_CLIENT);
}

Datum access_token_current_tenant(PG_FUNCTION_ARGS)
{
	return return_part(fcinfo, IDENTITY_TENANT);
}

Datum access_token_current_claims(PG_FUNCTION_ARGS)
{
	return return_part(fcinfo, IDENTITY_CLAIMS);
}

Datum access_token_current_scopes(PG_FUNCTION_ARGS)
{
	return return_part(fcinfo, IDENTITY_SCOPES);
}

/* STRICT. A scope is ASCII, so other bytes match none, whatever encoding they are in. */
Datum access_token_has_scope(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(identity_has_scope(text_view(PG_GETARG_TEXT_PP(0))));
}

Datum access_token_postgrest_pre_request(PG_FUNCTION_ARGS)
{
	postgrest_pre_request();
	PG_RETURN_VOID();
}

/*
 * Internal: the setting, as it is when the library is loaded; until then current_setting would return
 * what any role has written down under that name.
 */
Datum access_token_postgrest_tenant(PG_FUNCTION_ARGS)
{
	ByteView tenant_id = settings_postgrest_tenant();

	if (tenant_id.data == NULL)
		PG_RETURN_NULL();
	return PointerGetDatum(text_from_view(tenant_id));
}
