/* SQL: sign_token, verify_token, and internally what makes signing keys. */
#include "postgres.h"

#include "fmgr.h"

#include "api/arguments.h"
#include "store/signing_key.h"
#include "token/own_kind.h"

PG_FUNCTION_INFO_V1(access_token_new_signing_key);
PG_FUNCTION_INFO_V1(access_token_read_signing_key);
PG_FUNCTION_INFO_V1(access_token_sign_token);
PG_FUNCTION_INFO_V1(access_token_verify_token);

static Datum signing_key_row(FunctionCallInfo fcinfo, NewSigningKey key)
{
	Datum values[] = {PointerGetDatum(key.kid), PointerGetDatum(key.public_jwk),
					  PointerGetDatum(key.sealed)};
	bool nulls[] = {false, false, false};

	return result_row(fcinfo, values, nulls);
}

Datum access_token_new_signing_key(PG_FUNCTION_ARGS)
{
	ByteView tenant_id = argument_required_text(fcinfo, 0, "tenant_id");
	ByteView algorithm = argument_required_text(fcinfo, 1, "algorithm");

	argument_require(fcinfo, 2, "rsa_bits");
	return signing_key_row(fcinfo, signing_key_generate(tenant_id, algorithm, PG_GETARG_INT32(2)));
}

Datum access_token_read_signing_key(PG_FUNCTION_ARGS)
{
	ByteView tenant_id = argument_required_text(fcinfo, 0, "tenant_id");
	ByteView algorithm = argument_required_text(fcinfo, 1, "algorithm");
	ByteView key = argument_required_text(fcinfo, 2, "key");

	return signing_key_row(fcinfo, signing_key_import(tenant_id, algorithm, key));
}

Datum access_token_sign_token(PG_FUNCTION_ARGS)
{
	SignRequest request = {
		.tenant_id = argument_required_text(fcinfo, 0, "tenant_id"),
		.claims = argument_jsonb(fcinfo, 1, "claims"),
		.algorithm = argument_text(fcinfo, 2, "algorithm"),
		.header = argument_jsonb(fcinfo, 3, "header"),
	};

	return PointerGetDatum(own_kind_sign(&request));
}

Datum access_token_verify_token(PG_FUNCTION_ARGS)
{
	OwnKindRequest request = {
		.token = argument_token(fcinfo, 0),
		.tenant_id = argument_required_text(fcinfo, 1, "tenant_id"),
		.typ = argument_required_text(fcinfo, 2, "typ"),
		.audience = argument_audience(fcinfo, 3),
	};
	DecodedToken decoded;
	JoseFault fault = own_kind_verify(&request, &decoded);

	return result_claims(&fault, &decoded);
}
