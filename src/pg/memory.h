/* Memory contexts: copies that live in the current one, and what ends with it. */
#ifndef ACCESS_TOKEN_PG_MEMORY_H
#define ACCESS_TOKEN_PG_MEMORY_H

#include "jose/bytes.h"

/* A copy in the current memory context; of nothing, a view of no bytes. */
ByteView memory_copy(ByteView bytes);

/*
 * Has a function called when the current memory context is reset or deleted: so an OpenSSL object ends
 * with the memory that points to it. To be called before the object is allocated.
 */
void memory_on_reset(void (*close)(void *argument), void *argument);

#endif
