/* Encodings; purpose: text.h. */
#include "postgres.h"

#include "pg/text.h"

#include "catalog/pg_conversion.h"
#include "catalog/pg_namespace_d.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "pg/compat.h"
#include "pg/errors.h"

ByteView text_view(const struct varlena *value)
{
	return bytes_of(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

struct varlena *text_from_view(ByteView bytes)
{
	return cstring_to_text_with_len((const char *) bytes.data, (int) bytes.len);
}

static bool is_ascii(ByteView value)
{
	uint8_t seen = 0;

	for (size_t i = 0; i < value.len; i++)
		seen |= value.data[i];
	return seen < 0x80;
}

/*
 * Converts by the conversion of pg_catalog, not by the first one on the caller's search path.
 * False where a character has no counterpart.
 */
static bool convert(ByteView in, int from, int to, ByteView *out)
{
	Oid procedure = FindDefaultConversion(PG_CATALOG_NAMESPACE, from, to);
	size_t capacity = in.len * MAX_CONVERSION_GROWTH + 1;
	unsigned char *buffer;
	int converted;

	if (!OidIsValid(procedure))
		return false;
	buffer = palloc(capacity);
	converted = pg_do_encoding_conversion_buf(procedure, from, to, unconstify(uint8_t *, in.data),
											  (int) in.len, buffer, (int) capacity, true);
	*out = bytes_of(buffer, strlen((char *) buffer));
	return converted == (int) in.len;
}

/* Whether the bytes of this database's text are UTF-8 already, or claim to be (SQL_ASCII). */
static bool database_takes_utf8(void)
{
	return GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII;
}

static void raise_not_text(const char *argument)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s cannot be written as UTF-8", argument),
					errdetail("Tokens are UTF-8, and the value is not valid text."),
					errhint("Pass text in UTF-8, or in the encoding of the database.")));
}

ByteView text_to_utf8(ByteView value, const char *argument)
{
	ByteView utf8 = value;

	if (GetDatabaseEncoding() == PG_UTF8 || is_ascii(value))
		return value;
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
	{
		if (!pg_verify_mbstr(PG_UTF8, (const char *) value.data, (int) value.len, true))
			raise_not_text(argument);
	}
	else if (!convert(value, GetDatabaseEncoding(), PG_UTF8, &utf8))
		raise_not_text(argument);
	return utf8;
}

JoseStatus text_from_utf8(ByteView utf8, ByteView *value)
{
	*value = utf8;
	if (database_takes_utf8() || is_ascii(utf8))
		return JOSE_OK;
	return convert(utf8, PG_UTF8, GetDatabaseEncoding(), value) ? JOSE_OK : JOSE_UNREPRESENTABLE;
}
