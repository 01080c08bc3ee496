/* Arguments of SQL-callable functions; purpose: arguments.h. */
#include "postgres.h"

#include "api/arguments.h"

#include "access/htup_details.h"
#include "catalog/pg_type_d.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/jsonb.h"

#include "pg/errors.h"
#include "pg/jsonb.h"
#include "pg/text.h"
#include "token/payload.h"
#include "token/permission.h"

void argument_require(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		errors_raise_null(name);
}

ByteView argument_text(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		return bytes_of(NULL, 0);
	return text_to_utf8(text_view(PG_GETARG_TEXT_PP(n)), name);
}

ByteView argument_required_text(FunctionCallInfo fcinfo, int n, const char *name)
{
	argument_require(fcinfo, n, name);
	return argument_text(fcinfo, n, name);
}

/* The array's own header says it all, so that nothing is allocated for elements that are refused. */
static void require_plain_list(ArrayType *array, const char *name)
{
	int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (ARR_NDIM(array) > 1)
		errors_raise_argument(psprintf("%s has several dimensions", name),
							  "It must be a plain list.", "Write ARRAY['a', 'b'].");
	if (count == 0)
		errors_raise_argument(psprintf("%s is empty", name), "The array has no element.",
							  "Pass at least one element, or NULL where that is allowed.");
	payload_check_token_size((size_t) count);
	if (array_contains_nulls(array))
		errors_raise_null(psprintf("an element of %s", name));
}

ByteView *argument_text_array(FunctionCallInfo fcinfo, int n, const char *name, int *count)
{
	ArrayType *array;
	Datum *elements;
	ByteView *views;

	*count = 0;
	if (PG_ARGISNULL(n))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(n);
	require_plain_list(array, name);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, count);
	views = palloc(sizeof(ByteView) * (size_t) *count);
	for (int i = 0; i < *count; i++)
		views[i] = text_to_utf8(text_view(DatumGetTextPP(elements[i])), name);
	return views;
}

ByteView argument_jsonb(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		return bytes_of(NULL, 0);
	return jsonb_to_utf8((struct varlena *) PG_GETARG_JSONB_P(n), name);
}

ByteView argument_token(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? bytes_of(NULL, 0) : text_view(PG_GETARG_TEXT_PP(n));
}

ByteView argument_audience(FunctionCallInfo fcinfo, int n)
{
	ByteView audience = argument_text(fcinfo, n, "audience");

	if (audience.data != NULL && audience.len == 0)
		errors_raise_argument("audience is empty", "An audience is a text that is not empty.",
							  "Pass NULL where tokens have no audience.");
	return audience;
}

VerifyRequest argument_verify_request(FunctionCallInfo fcinfo)
{
	VerifyRequest request = {
		.token = argument_token(fcinfo, 0),
		.tenant_id = argument_text(fcinfo, 1, "tenant_id"),
		.audience = argument_audience(fcinfo, 2),
		.scope = argument_text(fcinfo, 3, "scope"),
	};

	if (request.scope.data != NULL)
		permission_require_list(request.scope);
	return request;
}

Datum result_claims(const JoseFault *fault, const DecodedToken *decoded)
{
	struct varlena *claims;

	errors_raise(fault);
	errors_raise_status(jsonb_from_object(decoded->payload_json, &claims));
	return PointerGetDatum(claims);
}

Datum result_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
