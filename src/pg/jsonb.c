/* Building jsonb from checked JSON; purpose: jsonb.h. */
#include "postgres.h"

#include "pg/jsonb.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "pg/compat.h"
#include "pg/text.h"

/* Digits that an int64 holds in any case. */
#define SAFE_INTEGER_DIGITS 18

static JoseStatus push_value(JsonbParseState **state, const JsonValue *value, bool is_element,
							 JsonbValue **root);

static JoseStatus fill_string(const JsonValue *string, JsonbValue *out)
{
	ByteView utf8 = string->text;
	JoseStatus status;

	if (string->escaped)
	{
		uint8_t *unescaped = palloc(string->text.len);

		utf8 = bytes_of(unescaped, json_unescape(string, unescaped));
	}
	status = text_from_utf8(utf8, &utf8);
	out->type = jbvString;
	out->val.string.val = unconstify(char *, (const char *) utf8.data);
	out->val.string.len = (int) utf8.len;
	return status;
}

static bool is_safe_integer(ByteView number)
{
	size_t start = number.data[0] == '-' ? 1 : 0;

	/* "-0" is left to numeric, too: it is the only integer that has two spellings. */
	if (number.len - start > SAFE_INTEGER_DIGITS || number.data[start] == '0')
		return false;
	for (size_t i = start; i < number.len; i++)
	{
		if (number.data[i] < '0' || number.data[i] > '9')
			return false;
	}
	return true;
}

static int64 to_integer(ByteView number)
{
	int64 value = 0;
	bool negative = number.data[0] == '-';

	for (size_t i = negative ? 1 : 0; i < number.len; i++)
		value = value * 10 + (number.data[i] - '0');
	return negative ? -value : value;
}

static void fill_number(ByteView number, JsonbValue *out)
{
	out->type = jbvNumeric;
	if (is_safe_integer(number))
	{
		out->val.numeric = int64_to_numeric(to_integer(number));
		return;
	}
	out->val.numeric = DatumGetNumeric(
		DirectFunctionCall3(numeric_in, CStringGetDatum(pnstrdup((char *) number.data, number.len)),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

static JoseStatus fill_scalar(const JsonValue *value, JsonbValue *out)
{
	switch (value->type)
	{
		case JSON_STRING:
			return fill_string(value, out);
		case JSON_NUMBER:
			fill_number(value->text, out);
			return JOSE_OK;
		case JSON_TRUE:
		case JSON_FALSE:
			out->type = jbvBool;
			out->val.boolean = value->type == JSON_TRUE;
			return JOSE_OK;
		default:
			out->type = jbvNull;
			return JOSE_OK;
	}
}

static JoseStatus push_array(JsonbParseState **state, const JsonValue *array, JsonbValue **root)
{
	JsonCursor cursor = json_cursor(array);
	JsonValue element;

	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	while (json_next_element(&cursor, &element))
	{
		JoseStatus status = push_value(state, &element, true, root);

		if (status != JOSE_OK)
			return status;
	}
	*root = pushJsonbValue(state, WJB_END_ARRAY, NULL);
	return JOSE_OK;
}

static JoseStatus push_object(JsonbParseState **state, const JsonValue *object, JsonbValue **root)
{
	JsonCursor cursor = json_cursor(object);
	JsonValue name;
	JsonValue value;

	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	while (json_next_member(&cursor, &name, &value))
	{
		JsonbValue key;
		JoseStatus status = fill_string(&name, &key);

		if (status == JOSE_OK)
		{
			pushJsonbValue(state, WJB_KEY, &key);
			status = push_value(state, &value, false, root);
		}
		if (status != JOSE_OK)
			return status;
	}
	*root = pushJsonbValue(state, WJB_END_OBJECT, NULL);
	return JOSE_OK;
}

/* The depth of the recursion is that of the text: JSON_MAX_DEPTH at most. */
static JoseStatus push_value(JsonbParseState **state, const JsonValue *value, bool is_element,
							 JsonbValue **root)
{
	JsonbValue scalar;
	JoseStatus status;

	if (value->type == JSON_OBJECT)
		return push_object(state, value, root);
	if (value->type == JSON_ARRAY)
		return push_array(state, value, root);
	status = fill_scalar(value, &scalar);
	if (status == JOSE_OK)
		*root = pushJsonbValue(state, is_element ? WJB_ELEM : WJB_VALUE, &scalar);
	return status;
}

/* The object itself, without the white space around it that JSON allows. */
static ByteView trim_to_braces(ByteView json)
{
	while (json.data[0] != '{')
		json = bytes_of(json.data + 1, json.len - 1);
	while (json.data[json.len - 1] != '}')
		json.len--;
	return json;
}

JoseStatus jsonb_from_object(ByteView json, struct varlena **result)
{
	JsonValue object = {.type = JSON_OBJECT, .text = trim_to_braces(json)};
	JsonbParseState *state = NULL;
	JsonbValue *root = NULL;
	JoseStatus status = push_object(&state, &object, &root);

	*result = status == JOSE_OK ? (struct varlena *) JsonbValueToJsonb(root) : NULL;
	return status;
}

ByteView jsonb_to_utf8(const struct varlena *value, const char *argument)
{
	Jsonb *jsonb = (Jsonb *) unconstify(struct varlena *, value);
	char *json = JsonbToCString(NULL, &jsonb->root, (int) VARSIZE(jsonb));

	return text_to_utf8(bytes_of_string(json), argument);
}
