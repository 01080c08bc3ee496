/* Memory contexts; purpose: memory.h. */
#include "postgres.h"

#include "pg/memory.h"

#include "utils/memutils.h"

ByteView memory_copy(ByteView bytes)
{
	uint8_t *copy;

	if (bytes.len == 0)
		return bytes_of("", 0);
	copy = palloc(bytes.len);
	memcpy(copy, bytes.data, bytes.len);
	return bytes_of(copy, bytes.len);
}

ByteView memory_unescaped(const JsonValue *string)
{
	uint8_t *unescaped;

	if (string->type != JSON_STRING)
		return bytes_of(NULL, 0);
	if (!string->escaped)
		return string->text;
	unescaped = palloc(string->text.len);
	return bytes_of(unescaped, json_unescape(string, unescaped));
}

void memory_on_reset(void (*close)(void *argument), void *argument)
{
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	callback->func = close;
	callback->arg = argument;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
}
