/*
 * Walking over checked JSON: the cursor functions of json_read.h. They trust the text, because
 * json_read_object or json_read_value has accepted it, and so they check nothing again.
 */
#include "jose/json_read.h"
#include "jose/json_text.h"

static void skip_separators(JsonCursor *cursor)
{
	while (cursor->at < cursor->end &&
		   (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\r' ||
			*cursor->at == '\t' || *cursor->at == ',' || *cursor->at == ':'))
		cursor->at++;
}

/* Moves behind the container that starts at the cursor: strings are skipped, brackets counted. */
static void skip_container(JsonCursor *cursor)
{
	size_t depth = 0;
	bool escaped;

	do
	{
		uint8_t c = *cursor->at++;

		if (c == '"')
			json_skip_string(&cursor->at, &escaped);
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
	} while (depth > 0);
}

static void skip_scalar(JsonCursor *cursor)
{
	while (cursor->at < cursor->end && *cursor->at != ',' && *cursor->at != '}' &&
		   *cursor->at != ']' && *cursor->at > ' ')
		cursor->at++;
}

static JsonType scalar_type(uint8_t first)
{
	switch (first)
	{
		case 't':
			return JSON_TRUE;
		case 'f':
			return JSON_FALSE;
		case 'n':
			return JSON_NULL;
		default:
			return JSON_NUMBER;
	}
}

static void walk_value(JsonCursor *cursor, JsonValue *value)
{
	const uint8_t *start;

	skip_separators(cursor);
	start = cursor->at;
	*value = (JsonValue) {0};
	if (*start == '"')
	{
		cursor->at++;
		json_skip_string(&cursor->at, &value->escaped);
		value->type = JSON_STRING;
		value->text = bytes_of(start + 1, (size_t) (cursor->at - start) - 2);
		return;
	}
	if (*start == '{' || *start == '[')
	{
		skip_container(cursor);
		value->type = *start == '{' ? JSON_OBJECT : JSON_ARRAY;
	}
	else
	{
		skip_scalar(cursor);
		value->type = scalar_type(*start);
	}
	value->text = bytes_of(start, (size_t) (cursor->at - start));
}

JsonCursor json_cursor(const JsonValue *container)
{
	/* Without the brackets, so that the end of the cursor is the end of the contents. */
	return (JsonCursor) {.at = container->text.data + 1,
						 .end = container->text.data + container->text.len - 1};
}

bool json_next_element(JsonCursor *cursor, JsonValue *element)
{
	skip_separators(cursor);
	if (cursor->at == cursor->end)
		return false;
	walk_value(cursor, element);
	return true;
}

bool json_next_member(JsonCursor *cursor, JsonValue *name, JsonValue *value)
{
	if (!json_next_element(cursor, name))
		return false;
	walk_value(cursor, value);
	return true;
}
