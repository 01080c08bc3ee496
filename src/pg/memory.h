/* Memory contexts: copies that live in the current one, and what ends with it. */
#ifndef ACCESS_TOKEN_PG_MEMORY_H
#define ACCESS_TOKEN_PG_MEMORY_H

#include "jose/bytes.h"
#include "jose/json_read.h"

/* A copy in the current memory context; of nothing, a view of no bytes. */
ByteView memory_copy(ByteView bytes);

/*
 * A checked string without its escapes (UTF-8): the same bytes where it has none, else a copy in the
 * current memory context. No data for what is no string.
 */
ByteView memory_unescaped(const JsonValue *string);

/*
 * Has a function called when the current memory context is reset or deleted: so an OpenSSL object ends
 * with the memory that points to it. To be called before the object is allocated.
 */
void memory_on_reset(void (*close)(void *argument), void *argument);

#endif
