/* SQL: the JOSE toolbox, with keys that are not in the tables. */
#include "postgres.h"

#include "fmgr.h"

#include "api/arguments.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "token/toolbox.h"
#include "token/toolbox_jwe.h"

PG_FUNCTION_INFO_V1(access_token_jws_sign);
PG_FUNCTION_INFO_V1(access_token_jws_verify);
PG_FUNCTION_INFO_V1(access_token_jwt_sign);
PG_FUNCTION_INFO_V1(access_token_jwt_verify);
PG_FUNCTION_INFO_V1(access_token_jwk_generate);
PG_FUNCTION_INFO_V1(access_token_jwk_public);
PG_FUNCTION_INFO_V1(access_token_jwk_thumbprint);
PG_FUNCTION_INFO_V1(access_token_jwk_from_pem);
PG_FUNCTION_INFO_V1(access_token_jwk_to_pem);
PG_FUNCTION_INFO_V1(access_token_jwe_encrypt);
PG_FUNCTION_INFO_V1(access_token_jwe_decrypt);

/* Seconds that a caller may tolerate. */
#define MAX_LEEWAY 300

static ByteView bytes_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	argument_require(fcinfo, n, name);
	return text_view(PG_GETARG_BYTEA_PP(n));
}

Datum access_token_jws_sign(PG_FUNCTION_ARGS)
{
	JwsRequest request = {
		.payload = bytes_argument(fcinfo, 0, "payload"),
		.key = argument_required_text(fcinfo, 1, "key"),
		.header = argument_jsonb(fcinfo, 2, "header"),
	};

	return PointerGetDatum(toolbox_sign(&request));
}

Datum access_token_jwt_sign(PG_FUNCTION_ARGS)
{
	JwsRequest request = {
		.payload = argument_jsonb(fcinfo, 0, "claims"),
		.key = argument_required_text(fcinfo, 1, "key"),
		.header = argument_jsonb(fcinfo, 2, "header"),
		.is_jwt = true,
	};

	argument_require(fcinfo, 0, "claims");
	return PointerGetDatum(toolbox_sign(&request));
}

static JwsCheck read_check(FunctionCallInfo fcinfo)
{
	JwsCheck check = {
		.token = argument_token(fcinfo, 0),
		.key = argument_required_text(fcinfo, 1, "key"),
	};

	argument_require(fcinfo, 2, "algorithms");
	check.algorithms = argument_text_array(fcinfo, 2, "algorithms", &check.algorithm_count);
	return check;
}

Datum access_token_jws_verify(PG_FUNCTION_ARGS)
{
	JwsCheck check = read_check(fcinfo);
	DecodedToken decoded;
	JoseFault fault = toolbox_verify(&check, &decoded);

	errors_raise(&fault);
	return PointerGetDatum(text_from_view(decoded.payload_json));
}

static int leeway_argument(FunctionCallInfo fcinfo, int n)
{
	int leeway = PG_ARGISNULL(n) ? 0 : PG_GETARG_INT32(n);

	if (leeway < 0 || leeway > MAX_LEEWAY)
		errors_raise_argument(
			"leeway is out of range", "It must be 0 to 300 seconds.",
			"NULL tolerates nothing for exp and access_token.leeway for nbf and iat.");
	return leeway;
}

Datum access_token_jwt_verify(PG_FUNCTION_ARGS)
{
	JwsCheck check = read_check(fcinfo);
	JwtRules rules = {
		.issuer = argument_text(fcinfo, 3, "issuer"),
		.audience = argument_audience(fcinfo, 4),
		.has_leeway = !PG_ARGISNULL(5),
		.leeway = leeway_argument(fcinfo, 5),
		.require_exp = PG_ARGISNULL(6) || PG_GETARG_BOOL(6),
	};
	DecodedToken decoded;
	JoseFault fault = toolbox_verify_jwt(&check, &rules, &decoded);

	return result_claims(&fault, &decoded);
}

Datum access_token_jwk_generate(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(toolbox_generate(argument_required_text(fcinfo, 0, "algorithm")));
}

Datum access_token_jwk_public(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(toolbox_public(argument_required_text(fcinfo, 0, "key")));
}

Datum access_token_jwk_thumbprint(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(toolbox_thumbprint(argument_required_text(fcinfo, 0, "key")));
}

Datum access_token_jwk_from_pem(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(toolbox_from_pem(argument_required_text(fcinfo, 0, "pem")));
}

Datum access_token_jwk_to_pem(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(toolbox_to_pem(argument_required_text(fcinfo, 0, "key")));
}

Datum access_token_jwe_encrypt(PG_FUNCTION_ARGS)
{
	EncryptRequest request = {
		.plain = bytes_argument(fcinfo, 0, "plaintext"),
		.key = argument_required_text(fcinfo, 1, "key"),
		.algorithm = argument_required_text(fcinfo, 2, "algorithm"),
		.encryption = argument_required_text(fcinfo, 3, "encryption"),
		.header = argument_jsonb(fcinfo, 4, "header"),
	};

	return PointerGetDatum(toolbox_encrypt(&request));
}

Datum access_token_jwe_decrypt(PG_FUNCTION_ARGS)
{
	DecryptRequest request = {
		.token = argument_token(fcinfo, 0),
		.key = argument_required_text(fcinfo, 1, "key"),
	};
	struct varlena *plain;
	JoseFault fault;

	argument_require(fcinfo, 2, "algorithms");
	argument_require(fcinfo, 3, "encryptions");
	request.algorithms = argument_text_array(fcinfo, 2, "algorithms", &request.algorithm_count);
	request.encryptions = argument_text_array(fcinfo, 3, "encryptions", &request.encryption_count);
	fault = toolbox_decrypt(&request, &plain);
	errors_raise(&fault);
	return PointerGetDatum(plain);
}
