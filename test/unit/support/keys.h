/*
 * JWKs for tests: made anew, altered member by member, and read from memory with no byte to spare.
 */
#ifndef ACCESS_TOKEN_UNIT_KEYS_H
#define ACCESS_TOKEN_UNIT_KEYS_H

#include "jose/jwk.h"

/* A key that has been read, with the text that its views point into. */
typedef struct TestKey
{
	ByteView text;
	Jwk jwk;
} TestKey;

/* Reads a copy of text; to be closed by key_close whatever comes out. */
JoseStatus key_read(ByteView text, TestKey *key);
void key_close(TestKey *key);

/* The status of reading alone. */
JoseStatus key_status(ByteView text);

/* Reads a text that must be a key; ends the program when it is none. */
TestKey key_of(ByteView text);

/*
 * A private JWK for a signature algorithm, without alg, kid and use. The first key of each key type
 * is kept: of these two functions the first gives the same one each time, the second another one.
 * Not to be freed.
 */
ByteView key_text(const char *alg);
ByteView key_other_text(const char *alg);

/* The public part of a private JWK; freed by exact_free. */
ByteView key_public(ByteView text);

/*
 * The object with one member set to raw JSON, added at the end where it was not there, or removed
 * where raw is NULL; freed by exact_free.
 */
ByteView with_member(ByteView object, const char *name, const char *raw);

/* The same with a member that is the base64url of bytes. */
ByteView with_bytes(ByteView object, const char *name, ByteView bytes);

/* The bytes of a base64url member; freed by exact_free. */
ByteView member_bytes(ByteView object, const char *name);

#endif
