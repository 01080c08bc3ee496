/*
 * Reproducible pseudo-random numbers for property tests (splitmix64): a failure that was seen once
 * is seen again. Never for anything but tests.
 */
#ifndef ACCESS_TOKEN_UNIT_RANDOM_H
#define ACCESS_TOKEN_UNIT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct Random
{
	uint64_t state;
} Random;

static inline uint64_t random_next(Random *random)
{
	uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* A number below bound, which is not 0. */
static inline uint64_t random_below(Random *random, uint64_t bound)
{
	return random_next(random) % bound;
}

static inline void random_fill(Random *random, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t) random_next(random);
}

#endif
