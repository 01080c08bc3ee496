/*
 * Published test vectors, read from the folder that the environment variable ACCESS_TOKEN_VECTORS
 * names, or from ../shared/vectors. They are no part of the project: where they are absent, what
 * needs them is skipped and counted as skipped.
 */
#ifndef ACCESS_TOKEN_UNIT_VECTORS_H
#define ACCESS_TOKEN_UNIT_VECTORS_H

#include "jose/bytes.h"
#include "jose/json_read.h"

/* The bytes of a file below the folder, to be freed by exact_free; false when there is none. */
bool vectors_read(const char *path, ByteView *bytes);

/*
 * Reads a file and checks it as JSON with the core's own reader; *value points into *bytes.
 * False when there is no such file: count tests are skipped then. Text that is refused is a failed
 * test, and false.
 */
bool vectors_read_json(const char *path, int count, ByteView *bytes, JsonValue *value);

/* Counts tests as skipped because path is not there. */
void vectors_skip(const char *path, int count);

/* Names of the files in a folder of vectors, sorted. */
typedef struct VectorFolder
{
	char **names;
	size_t count;
} VectorFolder;

/* False when there is no such folder. Freed by vectors_close. */
bool vectors_list(const char *path, VectorFolder *folder);
void vectors_close(VectorFolder *folder);

/* The member of a checked object, JSON_ABSENT where there is none; path is names joined by '/'. */
JsonValue member_at(const JsonValue *object, const char *path);

/* A string's bytes, unescaped, to be freed by exact_free; empty for other types. */
ByteView string_bytes(const JsonValue *string);

/*
 * The bytes that a string of base64url stands for, to be freed by exact_free; empty when it is
 * none.
 */
ByteView string_decoded(const JsonValue *string);

#endif
