/* The record bound to the transaction; purpose: bound_record.h. */
#include "postgres.h"

#include "pg/bound_record.h"

#include "access/parallel.h"
#include "lib/stringinfo.h"
#include "utils/guc.h"

#define SETTING_NAME "access_token.bound_record"

uint64_t bound_record_generation = 1;

/* The setting: each field as its length, a colon and its bytes, or "-" where it has no data. */
static char *bound_text = NULL;

/* True while bound_record_bind assigns the setting. */
static bool assigning = false;

/* What bound_text says, read when it was first asked for. */
static struct
{
	uint64_t generation;
	bool bound;
	ByteView fields[BOUND_RECORD_FIELDS];
} parsed;

/*
 * A worker gets its leader's settings while it starts, before it runs anything; what its session had from
 * ALTER ROLE or ALTER DATABASE comes from another source.
 */
static bool is_ours(GucSource source)
{
	return assigning || (InitializingParallelWorker && source == PGC_S_SESSION);
}

/* Without this, GRANT SET ON PARAMETER would let a role be whoever it likes. */
static bool check_text(char **value, void **extra, GucSource source)
{
	if (*value == NULL || **value == '\0' || is_ours(source))
		return true;
	GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
	GUC_check_errmsg("parameter \"%s\" cannot be set", SETTING_NAME);
	GUC_check_errdetail("It holds what access_token.authenticate has found.");
	GUC_check_errhint("Call access_token.authenticate with a token.");
	return false;
}

/*
 * Called inside ROLLBACK, too: it only counts. The fields are views of bound_text, which the server
 * replaces right after this call.
 */
static void note_text(const char *value, void *extra)
{
	bound_record_generation++;
}

void bound_record_init(void)
{
	DefineCustomStringVariable(SETTING_NAME,
							   "Whom the transaction speaks for, kept by authenticate.",
							   "Nobody can set it.", &bound_text, "", PGC_SUSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE |
								   GUC_SUPERUSER_ONLY,
							   check_text, note_text, NULL);
}

static char *write_text(const ByteView *fields)
{
	StringInfoData buffer;

	initStringInfo(&buffer);
	for (int i = 0; i < BOUND_RECORD_FIELDS; i++)
	{
		if (fields[i].data == NULL)
		{
			appendStringInfoChar(&buffer, '-');
			continue;
		}
		appendStringInfo(&buffer, "%zu:", fields[i].len);
		appendBinaryStringInfo(&buffer, (const char *) fields[i].data, (int) fields[i].len);
	}
	return buffer.data;
}

void bound_record_bind(const ByteView *fields)
{
	char *value = write_text(fields);

	assigning = true;
	PG_TRY();
	{
		(void) set_config_option(SETTING_NAME, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
								 true, ERROR, false);
	}
	PG_FINALLY();
	{
		assigning = false;
	}
	PG_END_TRY();
	pfree(value);
}

/* Reads one field and steps behind it. What stands there was written by write_text. */
static ByteView read_field(const char **at)
{
	ByteView field;
	char *colon;

	if (**at == '-')
	{
		(*at)++;
		return bytes_of(NULL, 0);
	}
	field.len = strtoul(*at, &colon, 10);
	field.data = (const uint8_t *) colon + 1;
	*at = colon + 1 + field.len;
	return field;
}

const ByteView *bound_record(void)
{
	const char *at = bound_text;

	if (parsed.generation != bound_record_generation)
	{
		parsed.bound = at != NULL && *at != '\0';
		for (int i = 0; i < BOUND_RECORD_FIELDS && parsed.bound; i++)
			parsed.fields[i] = read_field(&at);
		parsed.generation = bound_record_generation;
	}
	return parsed.bound ? parsed.fields : NULL;
}
