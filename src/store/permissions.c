/* Reading what a row lets its tokens carry; purpose: permissions.h. */
#include "postgres.h"

#include "store/permissions.h"

/* The scopes with single spaces between them. */
static ByteView read_scopes(const ScanRow *row, int column)
{
	int count;
	ByteView *scopes = scan_text_array(row, column, &count);
	size_t len = 0;
	uint8_t *list;
	uint8_t *at;

	for (int i = 0; i < count; i++)
		len += scopes[i].len + 1;
	if (len == 0)
		return bytes_of("", 0);
	list = palloc(len);
	at = list;
	for (int i = 0; i < count; i++)
	{
		memcpy(at, scopes[i].data, scopes[i].len);
		at += scopes[i].len;
		*at++ = ' ';
	}
	return bytes_of(list, len - 1);
}

Permissions permissions_read(const ScanRow *row, int scopes_column, int roles_column)
{
	Permissions permissions = {
		.has_allowed_scopes = !scan_is_null(row, scopes_column),
		.allowed_scopes = read_scopes(row, scopes_column),
	};

	permissions.allowed_roles = scan_copy_text_array(row, roles_column, "allowed_roles",
													 &permissions.allowed_role_count);
	return permissions;
}
