/* Reading the arguments of SQL-callable functions as the views that the layers below take. */
#ifndef ACCESS_TOKEN_API_ARGUMENTS_H
#define ACCESS_TOKEN_API_ARGUMENTS_H

#include "fmgr.h"

#include "jose/bytes.h"

/* A text argument in UTF-8; a view without data when it is NULL. */
ByteView argument_text(FunctionCallInfo fcinfo, int n, const char *name);

/* The same for an argument that must not be NULL: 22004. */
ByteView argument_required_text(FunctionCallInfo fcinfo, int n, const char *name);

/*
 * A text[] argument as an array of views in UTF-8, none for NULL; sets *count. 22004 where an element
 * is NULL, 22023 where the array is empty, has several dimensions, or more elements than a token bytes.
 */
ByteView *argument_text_array(FunctionCallInfo fcinfo, int n, const char *name, int *count);

/* A jsonb argument as JSON text in UTF-8; a view without data when it is NULL. */
ByteView argument_jsonb(FunctionCallInfo fcinfo, int n, const char *name);

#endif
