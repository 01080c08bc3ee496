/*
 * Root keys from outside the database: a file or a command gives lines `id:base64 of 32 bytes`; empty
 * lines and lines that begin with # do not count. Read once, until the configuration is reloaded.
 */
#ifndef ACCESS_TOKEN_STORE_ROOT_KEY_SOURCE_H
#define ACCESS_TOKEN_STORE_ROOT_KEY_SOURCE_H

#include "store/root_key.h"

/* Keys of both sources at most. */
#define ROOT_KEY_SOURCE_MAX 16

/* Characters of base64 of a key's 32 bytes. */
#define ROOT_KEY_BASE64_LEN 44

/* Whether any source is set. */
bool root_key_source_is_set(void);

/*
 * What the sources hold, in their order, file first; *count is 0 and *problem says why where one of
 * them could not be read. NULL problem: all is well.
 */
const RootKey *root_key_source_keys(int *count, const char **problem);

/* Whether the key at that place came from the file rather than from the command. */
bool root_key_source_is_file(int place);

/* Bytes of the text of root keys at most. */
#define ROOT_KEY_TEXT_MAX 4096

/*
 * Reads lines into keys, without opening their contexts, and sets *count. Returns NULL, or the
 * problem: a line of another form, an id twice, none or too many.
 */
const char *root_key_parse(ByteView text, RootKey *keys, int capacity, int *count);

#endif
