/* What a row lets its tokens carry: the columns allowed_scopes and allowed_roles of API keys and clients. */
#ifndef ACCESS_TOKEN_STORE_PERMISSIONS_H
#define ACCESS_TOKEN_STORE_PERMISSIONS_H

#include "jose/bytes.h"
#include "store/scan.h"

typedef struct Permissions
{
	bool has_allowed_scopes;
	ByteView allowed_scopes; /* separated by spaces; every scope but the reserved when not set */
	ByteView *allowed_roles; /* UTF-8 */
	int allowed_role_count;
} Permissions;

/* Reads both columns into the current memory context. */
Permissions permissions_read(const ScanRow *row, int scopes_column, int roles_column);

#endif
