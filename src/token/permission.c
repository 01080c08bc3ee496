/* Scopes and roles of API keys and clients; rules: permission.h. */
#include "postgres.h"

#include "token/permission.h"

#include "jose/claims.h"
#include "pg/errors.h"

/* Given only where allowed_scopes names it: it lets a token make clients' tokens. */
#define SCOPE_ISSUE_CLIENT_TOKENS "clients:issue"

void permission_require_list(ByteView scopes)
{
	if (!scope_list_valid(scopes))
		errors_raise_argument(
			"scope is malformed",
			"A scope is a list of at most 256 printable ASCII words without quotes and "
			"backslashes, separated by single spaces.",
			"See RFC 6749 section 3.3.");
}

static bool may_give_scope(const Permissions *permissions, ByteView scope)
{
	if (bytes_equal(scope, BYTES_LITERAL(SCOPE_PUBLIC)))
		return false;
	if (permissions->has_allowed_scopes)
		return scope_contains(permissions->allowed_scopes, scope);
	return !bytes_equal(scope, BYTES_LITERAL(SCOPE_ISSUE_CLIENT_TOKENS));
}

bool permission_scopes(const Permissions *permissions, ByteView scopes)
{
	ByteView scope;

	while (scope_next(&scopes, &scope))
	{
		if (!may_give_scope(permissions, scope))
			return false;
	}
	return true;
}

bool permission_role(const Permissions *permissions, const JsonValue *role)
{
	for (int i = 0; i < permissions->allowed_role_count; i++)
	{
		if (json_string_equals(role, permissions->allowed_roles[i]))
			return true;
	}
	return false;
}
