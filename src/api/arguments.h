/* Arguments of SQL-callable functions as the views that the layers below take, and rows as results. */
#ifndef ACCESS_TOKEN_API_ARGUMENTS_H
#define ACCESS_TOKEN_API_ARGUMENTS_H

#include "fmgr.h"

#include "jose/bytes.h"
#include "token/verify.h"

/* Raises 22004 for an argument that is NULL. */
void argument_require(FunctionCallInfo fcinfo, int n, const char *name);

/* A text argument in UTF-8; a view without data when it is NULL. */
ByteView argument_text(FunctionCallInfo fcinfo, int n, const char *name);

/* The same for an argument that must not be NULL: 22004. */
ByteView argument_required_text(FunctionCallInfo fcinfo, int n, const char *name);

/*
 * A text[] argument as an array of views in UTF-8, none for NULL; sets *count. 22004 where an element
 * is NULL, 22023 where the array is empty, has several dimensions, or more elements than a token bytes.
 */
ByteView *argument_text_array(FunctionCallInfo fcinfo, int n, const char *name, int *count);

/*
 * A token argument as it is: it is base64url and dots, and other bytes are left for the decoder to
 * refuse, whatever encoding they are in. A view without data when it is NULL.
 */
ByteView argument_token(FunctionCallInfo fcinfo, int n);

/* An audience to be asked for; 22023 when it is empty. A view without data when it is NULL. */
ByteView argument_audience(FunctionCallInfo fcinfo, int n);

/*
 * The arguments of every function that verifies an access token: token, tenant_id, audience, scope.
 * 22023 for an empty audience and for a scope that is no list.
 */
VerifyRequest argument_verify_request(FunctionCallInfo fcinfo);

/* A jsonb argument as JSON text in UTF-8; a view without data when it is NULL. */
ByteView argument_jsonb(FunctionCallInfo fcinfo, int n, const char *name);

/* The claims of a token whose verdict is good, as jsonb; raises the fault of any other (errors.h). */
Datum result_claims(const JoseFault *fault, const DecodedToken *decoded);

/* A row of the function's result type. */
Datum result_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls);

#endif
