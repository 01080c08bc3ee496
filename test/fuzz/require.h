/*
 * What must hold for every input: a fuzz target ends with a message and a core where it does not.
 */
#ifndef ACCESS_TOKEN_FUZZ_REQUIRE_H
#define ACCESS_TOKEN_FUZZ_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(condition) \
	do \
	{ \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* Memory of exactly this size, so that AddressSanitizer sees every byte written past it. */
static inline void *exact_memory(size_t size)
{
	void *memory = malloc(size);

	REQUIRE(memory != NULL || size == 0);
	return memory;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
