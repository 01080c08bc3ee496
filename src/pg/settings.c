/* The settings access_token.*; what each decides stands beside it. */
#include "postgres.h"

#include "pg/settings.h"

#include "utils/guc.h"

#include "pg/bound_record.h"
#include "pg/text.h"

int settings_leeway = 5;
int settings_max_token_size = 64 * 1024;
int settings_max_replay_delay = -1;
char *settings_root_key_file = NULL;
char *settings_root_key_command = NULL;

static char *postgrest_tenant = NULL;
static char *postgrest_audience = NULL;

void settings_init(void)
{
	/* How far the clocks of hosts that sign tokens may run ahead of this one. */
	DefineCustomIntVariable("access_token.leeway",
							"Tolerance for tokens whose nbf or iat lies in the future.",
							"Never applied to exp: an expired token is refused at once.",
							&settings_leeway, 5, 0, 300, PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);

	/* What a hostile token may cost: reading takes time and memory in proportion to its size. */
	DefineCustomIntVariable("access_token.max_token_size", "Longest token that is read or issued.",
							"Longer ones are refused before anything of them is read.",
							&settings_max_token_size, 64 * 1024, 1024, 384 * 1024, PGC_SUSET,
							GUC_UNIT_BYTE, NULL, NULL, NULL);

	/* Whether a standby that lags refuses to verify, or may accept what was revoked meanwhile. */
	DefineCustomIntVariable("access_token.max_replay_delay",
							"How old what a standby knows may be when it verifies tokens.",
							"-1 lets it verify however far it is behind.",
							&settings_max_replay_delay, -1, -1, 86400, PGC_SUSET, GUC_UNIT_S, NULL,
							NULL, NULL);

	/* Whether the keys that open every secret lie beside the data or in a place of their own. */
	DefineCustomStringVariable(
		"access_token.root_key_file", "File with root keys, one a line: id:base64 of 32 bytes.",
		"The first one seals. The file belongs to the server's user, and nobody "
		"else may read it.",
		&settings_root_key_file, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);

	/* The same for keys that another program keeps; it runs as the server's user. */
	DefineCustomStringVariable(
		"access_token.root_key_command",
		"Shell command that prints root keys, one a line: id:base64 of 32 bytes.",
		"It runs when a session first needs them, and has 10 seconds.", &settings_root_key_command,
		"", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);

	/* Whose tokens PostgREST's requests may bring: set on its authenticator role. */
	DefineCustomStringVariable("access_token.postgrest_tenant",
							   "Tenant whose tokens access_token.postgrest_pre_request accepts.",
							   "Empty: every request with a token is refused.", &postgrest_tenant,
							   "", PGC_SUSET, 0, NULL, NULL, NULL);

	/* The name under which this API stands in aud, so that tokens for another one do not pass. */
	DefineCustomStringVariable("access_token.postgrest_audience",
							   "Audience that those tokens must name.",
							   "Empty: a token that names an audience is refused.",
							   &postgrest_audience, "", PGC_SUSET, 0, NULL, NULL, NULL);

	bound_record_init();
	MarkGUCPrefixReserved("access_token");
}

/* The text of a setting in UTF-8; no data when it is empty or not set. */
static ByteView text_of(const char *value, const char *name)
{
	if (value == NULL || *value == '\0')
		return bytes_of(NULL, 0);
	return text_to_utf8(bytes_of_string(value), name);
}

ByteView settings_postgrest_tenant(void)
{
	return text_of(postgrest_tenant, "access_token.postgrest_tenant");
}

ByteView settings_postgrest_audience(void)
{
	return text_of(postgrest_audience, "access_token.postgrest_audience");
}

ByteView settings_of_request(const char *name)
{
	return text_of(GetConfigOption(name, true, false), name);
}
