/*
 * The two things that are done to secret bytes besides using them: compare and wipe.
 * Every comparison of a MAC, a secret or a hash of one goes through secure_equal.
 */
#ifndef ACCESS_TOKEN_JOSE_SECURE_H
#define ACCESS_TOKEN_JOSE_SECURE_H

#include "jose/bytes.h"

/* Equality in time that depends on the lengths alone; the lengths are taken as public. */
bool secure_equal(ByteView a, ByteView b);

/* Overwrites memory in a way that the compiler may not remove. */
void secure_wipe(void *data, size_t len);

#endif
