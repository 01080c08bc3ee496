/* Root keys from a file or a command; form and life: root_key_source.h. */
#include "postgres.h"

#include "store/root_key_source.h"

#include <openssl/evp.h>

#include "utils/timestamp.h"

#include "jose/secure.h"
#include "pg/external.h"
#include "pg/settings.h"

/* How long the command may take; settings.c says so, too. */
#define COMMAND_TIMEOUT_MS 10000

static RootKey source_keys[ROOT_KEY_SOURCE_MAX];
static int source_count = 0;
static int file_count = 0;
static TimestampTz read_at_reload = -1; /* the reload under which they were read */

static bool is_id_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
		   c == '-';
}

/* id, colon, base64 of 32 bytes; nothing else on the line. */
static bool parse_line(ByteView line, RootKey *key)
{
	uint8_t decoded[ROOT_KEY_BASE64_LEN / 4 * 3];
	size_t id_len = 0;
	bool good;

	while (id_len < line.len && is_id_char(line.data[id_len]))
		id_len++;
	if (id_len == 0 || id_len > ROOT_KEY_MAX_ID_LEN ||
		line.len != id_len + 1 + ROOT_KEY_BASE64_LEN || line.data[id_len] != ':' ||
		line.data[line.len - 1] != '=' || line.data[line.len - 2] == '=')
		return false;
	good = EVP_DecodeBlock(decoded, line.data + id_len + 1, ROOT_KEY_BASE64_LEN) == sizeof(decoded);
	if (good)
	{
		memcpy(key->id, line.data, id_len);
		key->id_len = id_len;
		memcpy(key->bytes, decoded, AEAD_KEY_LEN);
	}
	secure_wipe(decoded, sizeof(decoded));
	return good;
}

/* Takes the next line off the text, without white space at its ends. */
static ByteView next_line(ByteView *text)
{
	const uint8_t *end = memchr(text->data, '\n', text->len);
	size_t len = end == NULL ? text->len : (size_t) (end - text->data);
	ByteView line = bytes_of(text->data, len);

	*text = end == NULL ? bytes_of(text->data + len, 0) : bytes_of(end + 1, text->len - len - 1);
	while (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
		line = bytes_of(line.data + 1, line.len - 1);
	while (line.len > 0 && (line.data[line.len - 1] == ' ' || line.data[line.len - 1] == '\t' ||
							line.data[line.len - 1] == '\r'))
		line.len--;
	return line;
}

static bool is_known(const RootKey *keys, int count, const RootKey *key)
{
	for (int i = 0; i < count; i++)
	{
		if (bytes_equal(bytes_of(keys[i].id, keys[i].id_len), bytes_of(key->id, key->id_len)))
			return true;
	}
	return false;
}

const char *root_key_parse(ByteView text, RootKey *keys, int capacity, int *count)
{
	*count = 0;
	while (text.len > 0)
	{
		ByteView line = next_line(&text);

		if (line.len == 0 || line.data[0] == '#')
			continue;
		if (*count == capacity)
			return "it holds too many keys";
		keys[*count] = (RootKey) {.id_len = 0};
		if (!parse_line(line, &keys[*count]))
			return "a line is not of the form id:base64 of 32 bytes";
		if (is_known(keys, *count, &keys[*count]))
			return "it holds an id twice";
		(*count)++;
	}
	return *count > 0 ? NULL : "it holds no key";
}

bool root_key_source_is_set(void)
{
	return settings_root_key_file[0] != '\0' || settings_root_key_command[0] != '\0';
}

static void forget_sources(void)
{
	for (int i = 0; i < source_count; i++)
		aead_opener_close(&source_keys[i].opener);
	secure_wipe(source_keys, sizeof(source_keys));
	source_count = 0;
	file_count = 0;
	read_at_reload = -1;
}

/* Keeps one more key; a key may move from file to command with both set, under one id it is the same. */
static const char *append_key(const RootKey *key)
{
	for (int i = 0; i < source_count; i++)
	{
		if (!bytes_equal(bytes_of(source_keys[i].id, source_keys[i].id_len),
						 bytes_of(key->id, key->id_len)))
			continue;
		return secure_equal(bytes_of(source_keys[i].bytes, AEAD_KEY_LEN),
							bytes_of(key->bytes, AEAD_KEY_LEN))
				   ? NULL
				   : "it holds another key under an id of the file";
	}
	if (source_count == ROOT_KEY_SOURCE_MAX)
		return "it holds too many keys";
	source_keys[source_count++] = *key;
	return NULL;
}

/* Appends the keys of a text, which is wiped. */
static const char *append_keys(uint8_t *text, size_t len, const char *problem)
{
	RootKey keys[ROOT_KEY_SOURCE_MAX];
	int count = 0;

	if (problem == NULL)
		problem = root_key_parse(bytes_of(text, len), keys, ROOT_KEY_SOURCE_MAX, &count);
	secure_wipe(text, ROOT_KEY_TEXT_MAX);
	for (int i = 0; i < count && problem == NULL; i++)
		problem = append_key(&keys[i]);
	secure_wipe(keys, sizeof(keys));
	return problem;
}

static const char *read_sources(void)
{
	uint8_t text[ROOT_KEY_TEXT_MAX];
	const char *problem = NULL;
	size_t len;

	if (settings_root_key_file[0] != '\0')
	{
		problem = external_read_file(settings_root_key_file, text, sizeof(text), &len);
		problem = append_keys(text, len, problem);
		file_count = source_count;
		if (problem != NULL)
			return psprintf("The file access_token.root_key_file: %s.", problem);
	}
	if (settings_root_key_command[0] != '\0')
	{
		problem = external_read_command(settings_root_key_command, COMMAND_TIMEOUT_MS, text,
										sizeof(text), &len);
		problem = append_keys(text, len, problem);
		if (problem != NULL)
			return psprintf("The command access_token.root_key_command: %s.", problem);
	}
	for (int i = 0; i < source_count; i++)
	{
		if (aead_opener_open(&source_keys[i].opener, source_keys[i].bytes) != JOSE_OK)
			return "OpenSSL refused a root key.";
	}
	return NULL;
}

const RootKey *root_key_source_keys(int *count, const char **problem)
{
	*problem = NULL;
	if (read_at_reload != PgReloadTime)
	{
		forget_sources();
		*problem = read_sources();
		if (*problem != NULL)
			forget_sources();
		else
			read_at_reload = PgReloadTime;
	}
	*count = source_count;
	return source_keys;
}

bool root_key_source_is_file(int place)
{
	return place < file_count;
}
