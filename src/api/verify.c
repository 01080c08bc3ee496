/* SQL: verify_access_token, inspect_access_token, introspect_access_token, decode_token. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "pg/errors.h"
#include "pg/jsonb.h"
#include "pg/text.h"
#include "token/introspect.h"
#include "token/verify.h"

PG_FUNCTION_INFO_V1(access_token_verify_access_token);
PG_FUNCTION_INFO_V1(access_token_inspect_access_token);
PG_FUNCTION_INFO_V1(access_token_introspect_access_token);
PG_FUNCTION_INFO_V1(access_token_decode_token);

Datum access_token_verify_access_token(PG_FUNCTION_ARGS)
{
	VerifyRequest request = argument_verify_request(fcinfo);
	DecodedToken decoded;
	JoseFault fault = verify_access_token(&request, &decoded);

	return result_claims(&fault, &decoded);
}

/* Makes the jsonb of one part; a part that the database cannot hold becomes a refusal. */
static JoseStatus put_json(ByteView json, Datum *value, bool *is_null)
{
	struct varlena *jsonb;
	JoseStatus status = jsonb_from_object(json, &jsonb);

	*is_null = status != JOSE_OK;
	*value = PointerGetDatum(jsonb);
	return status;
}

/* Columns: valid, reason, header, claims. */
Datum access_token_inspect_access_token(PG_FUNCTION_ARGS)
{
	VerifyRequest request = argument_verify_request(fcinfo);
	DecodedToken decoded;
	JoseStatus status = verify_access_token(&request, &decoded).status;
	Datum values[4] = {0};
	bool nulls[4] = {false, true, true, true};

	if (!errors_is_refusal(status))
		errors_raise_status(status); /* not what the token contains */
	if (decoded.signature_good)
	{
		JoseStatus header_status = put_json(decoded.header_json, &values[2], &nulls[2]);

		status = status == JOSE_OK ? header_status : status;
	}
	if (decoded.signature_good && decoded.claims_read)
	{
		JoseStatus claims_status = put_json(decoded.payload_json, &values[3], &nulls[3]);

		status = status == JOSE_OK ? claims_status : status;
	}
	values[0] = BoolGetDatum(status == JOSE_OK);
	if (status != JOSE_OK)
	{
		values[1] = CStringGetTextDatum(errors_reason(status));
		nulls[1] = false;
	}
	return result_row(fcinfo, values, nulls);
}

Datum access_token_introspect_access_token(PG_FUNCTION_ARGS)
{
	VerifyRequest request;

	argument_require(fcinfo, 1, "tenant_id");
	request = argument_verify_request(fcinfo);
	return PointerGetDatum(introspect_access_token(&request));
}

/* Columns: header, claims, signature. */
Datum access_token_decode_token(PG_FUNCTION_ARGS)
{
	DecodedToken decoded;
	JoseFault fault = verify_decode(argument_token(fcinfo, 0), &decoded);
	Datum values[3];
	bool nulls[3] = {false, false, false};
	size_t error_at = 0;

	if (fault.status == JOSE_OK)
	{
		fault.part = JOSE_PART_PAYLOAD;
		fault.status = json_read_object(decoded.payload_json, NULL, NULL, 0, &error_at);
		fault.value = (int64_t) error_at;
	}
	errors_raise(&fault);
	errors_raise_status(put_json(decoded.header_json, &values[0], &nulls[0]));
	errors_raise_status(put_json(decoded.payload_json, &values[1], &nulls[1]));
	values[2] = PointerGetDatum(text_from_view(decoded.signature));
	return result_row(fcinfo, values, nulls);
}
