/* Reading vectors; terms: vectors.h. */
#include "support/vectors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "jose/b64url.h"
#include "support/exact.h"
#include "support/tap.h"

#define MAX_PATH_LEN 1024

static void full_path(const char *path, char out[MAX_PATH_LEN])
{
	const char *folder = getenv("ACCESS_TOKEN_VECTORS");

	snprintf(out, MAX_PATH_LEN, "%s/%s", folder != NULL ? folder : "../shared/vectors", path);
}

bool vectors_read(const char *path, ByteView *bytes)
{
	char name[MAX_PATH_LEN];
	FILE *file;
	long size = -1;
	uint8_t *contents;
	size_t len;

	full_path(path, name);
	file = fopen(name, "rb");
	if (file == NULL)
		return false;
	if (fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	rewind(file);
	contents = exact_filled(size > 0 ? (size_t) size : 0, 0);
	len = size > 0 ? fread(contents, 1, (size_t) size, file) : 0;
	fclose(file);
	*bytes = bytes_of(contents, len);
	return true;
}

void vectors_skip(const char *path, int count)
{
	char name[MAX_PATH_LEN];

	full_path(path, name);
	skip(count, "%s is absent", name);
}

bool vectors_read_json(const char *path, int count, ByteView *bytes, JsonValue *value)
{
	size_t error_at;
	JoseStatus status;

	if (!vectors_read(path, bytes))
	{
		vectors_skip(path, count);
		return false;
	}
	status = json_read_value(*bytes, value, &error_at);
	if (status == JOSE_OK)
		return true;
	is_status(status, JOSE_OK, "%s is JSON (offset %zu)", path, error_at);
	exact_free(*bytes);
	return false;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static void append_name(VectorFolder *folder, const char *name)
{
	size_t size = strlen(name) + 1;
	char **names = realloc(folder->names, (folder->count + 1) * sizeof(char *));

	if (names == NULL)
		abort();
	folder->names = names;
	names[folder->count] = (char *) exact_filled(size, 0);
	memcpy(names[folder->count++], name, size);
}

bool vectors_list(const char *path, VectorFolder *folder)
{
	char name[MAX_PATH_LEN];
	DIR *directory;

	*folder = (VectorFolder) {0};
	full_path(path, name);
	directory = opendir(name);
	if (directory == NULL)
		return false;
	for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
	{
		if (entry->d_name[0] != '.')
			append_name(folder, entry->d_name);
	}
	closedir(directory);
	if (folder->count > 0)
		qsort(folder->names, folder->count, sizeof(char *), compare_names);
	return true;
}

void vectors_close(VectorFolder *folder)
{
	for (size_t i = 0; i < folder->count; i++)
		free(folder->names[i]);
	free(folder->names);
	*folder = (VectorFolder) {0};
}

static JsonValue member_named(const JsonValue *object, ByteView wanted)
{
	JsonCursor cursor;
	JsonValue name;
	JsonValue value;

	if (object->type != JSON_OBJECT)
		return (JsonValue) {0};
	cursor = json_cursor(object);
	while (json_next_member(&cursor, &name, &value))
	{
		if (json_string_equals(&name, wanted))
			return value;
	}
	return (JsonValue) {0};
}

JsonValue member_at(const JsonValue *object, const char *path)
{
	JsonValue value = *object;
	const char *slash;

	for (; (slash = strchr(path, '/')) != NULL; path = slash + 1)
		value = member_named(&value, bytes_of(path, (size_t) (slash - path)));
	return member_named(&value, view_of(path));
}

ByteView string_bytes(const JsonValue *string)
{
	uint8_t *bytes;

	if (string->type != JSON_STRING)
		return bytes_of(exact_filled(0, 0), 0);
	bytes = exact_filled(string->text.len, 0);
	return bytes_of(bytes, json_unescape(string, bytes));
}

ByteView string_decoded(const JsonValue *string)
{
	ByteView text = string_bytes(string);
	size_t size = b64url_decoded_size(text.len);
	size_t len = 0;
	uint8_t *bytes = exact_filled(size, 0);

	b64url_decode(text, bytes, size, &len);
	exact_free(text);
	return bytes_of(bytes, len);
}
