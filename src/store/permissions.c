/* Reading what a row lets its tokens carry; purpose: permissions.h. */
#include "postgres.h"

#include "store/permissions.h"

#include "pg/memory.h"
#include "pg/text.h"

/* A list of scopes as it is written: first its length, then its bytes. */
typedef struct ScopeList
{
	size_t len;
	uint8_t *bytes; /* NULL while lengths are added up */
} ScopeList;

static void append_scope(ByteView scope, void *context)
{
	ScopeList *list = context;

	if (list->bytes != NULL)
	{
		memcpy(list->bytes + list->len, scope.data, scope.len);
		list->bytes[list->len + scope.len] = ' ';
	}
	list->len += scope.len + 1;
}

/* Each scope with a space behind it, but none at the end. */
static ByteView read_scopes(const ScanRow *row, int column)
{
	ScopeList list = {.len = 0};

	scan_text_array(row, column, append_scope, &list);
	if (list.len == 0)
		return bytes_of("", 0);
	list.bytes = palloc(list.len);
	list.len = 0;
	scan_text_array(row, column, append_scope, &list);
	return bytes_of(list.bytes, list.len - 1);
}

typedef struct RoleList
{
	ByteView *roles;
	int count;
} RoleList;

static void append_role(ByteView role, void *context)
{
	RoleList *list = context;
	size_t size = sizeof(ByteView) * (size_t) (list->count + 1);

	list->roles = list->roles == NULL ? palloc(size) : repalloc(list->roles, size);
	list->roles[list->count++] = memory_copy(text_to_utf8(role, "allowed_roles"));
}

Permissions permissions_read(const ScanRow *row, int scopes_column, int roles_column)
{
	Permissions permissions = {.has_allowed_scopes = !scan_is_null(row, scopes_column)};
	RoleList roles = {0};

	permissions.allowed_scopes = read_scopes(row, scopes_column);
	scan_text_array(row, roles_column, append_role, &roles);
	permissions.allowed_roles = roles.roles;
	permissions.allowed_role_count = roles.count;
	return permissions;
}
