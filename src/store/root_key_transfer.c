/* Exporting, importing, resealing; purpose: root_key_transfer.h. */
#include "postgres.h"

#include "store/root_key_transfer.h"

#include <openssl/evp.h>

#include "jose/jwk.h"
#include "jose/passphrase.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/text.h"
#include "store/key_cache.h"
#include "store/root_key_source.h"
#include "store/scan.h"

/* Base64 of a key, and what OpenSSL's NUL becomes. */
#define BASE64_ROOM (ROOT_KEY_BASE64_LEN + 1)

static void check_passphrase(ByteView passphrase)
{
	if (passphrase.len < ROOT_KEY_MIN_PASSPHRASE_LEN)
		errors_raise_argument(
			"passphrase is too short",
			"Whoever has the text and guesses the passphrase has every secret; it needs "
			"12 characters at least.",
			"Let a password manager make one, and bind it as a parameter.");
}

/* Characters of the longest line of root_key_source.h. */
#define MAX_LINE_LEN (ROOT_KEY_MAX_ID_LEN + 1 + BASE64_ROOM)

/* The lines that have been written, and how many keys there are, which may be more. */
typedef struct KeyLines
{
	int count;
	size_t len;
	uint8_t text[ROOT_KEY_SOURCE_MAX * MAX_LINE_LEN];
} KeyLines;

StaticAssertDecl(sizeof(((KeyLines *) NULL)->text) <= PASSPHRASE_MAX_LEN,
				 "as many keys as can be imported must fit under a passphrase");

static bool append_line(const ScanRow *row, void *context)
{
	KeyLines *lines = context;
	ByteView id = scan_text(row, ROOT_KEY_ID);
	ByteView bytes = scan_text(row, ROOT_KEY_BYTES);
	uint8_t base64[BASE64_ROOM];

	if (bytes.len != AEAD_KEY_LEN || id.len > ROOT_KEY_MAX_ID_LEN ||
		lines->count++ >= ROOT_KEY_SOURCE_MAX)
		return true;
	EVP_EncodeBlock(base64, bytes.data, AEAD_KEY_LEN);
	base64[BASE64_ROOM - 1] = '\n'; /* instead of the NUL */
	memcpy(lines->text + lines->len, id.data, id.len);
	lines->text[lines->len + id.len] = ':';
	memcpy(lines->text + lines->len + id.len + 1, base64, BASE64_ROOM);
	secure_wipe(base64, sizeof(base64));
	lines->len += id.len + 1 + BASE64_ROOM;
	return true;
}

/* None is left out in silence: what was restored elsewhere would lack it. */
static void check_count(int count)
{
	if (count > ROOT_KEY_SOURCE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many root keys to export"),
				 errdetail("The table access_token.root_key holds %d keys; %d can be moved.", count,
						   ROOT_KEY_SOURCE_MAX),
				 errhint(
					 "Rewrap all secrets with access_token.rewrap_secrets, then delete the keys "
					 "that access_token.root_keys shows with no rows.")));
}

struct varlena *root_key_export(ByteView passphrase)
{
	char text[PASSPHRASE_MAX_TEXT_LEN];
	KeyLines lines = {.count = 0};
	ScanSession session;
	JoseStatus status;
	size_t len;

	check_passphrase(passphrase);
	key_cache_accept_changes();
	session = scan_begin();
	scan_all(&session, TABLE_ROOT_KEY, append_line, &lines);
	scan_end(&session);
	check_count(lines.count);
	status = passphrase_seal(passphrase, bytes_of(lines.text, lines.len), text, &len);
	secure_wipe(&lines, sizeof(lines));
	errors_raise_status(status);
	return text_from_view(bytes_of(text, len));
}

static void raise_not_opened(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_ACCESS_TOKEN_BAD_KEY), errmsg("root key cannot be imported"),
			 errdetail("The passphrase is another one, or the text was altered."),
			 errhint("Pass what access_token.export_root_key returned, with its passphrase.")));
}

int root_key_import(ByteView text, ByteView passphrase, RootKey *keys)
{
	uint8_t plain[PASSPHRASE_MAX_LEN];
	const char *problem = NULL;
	int count = 0;
	size_t len;
	JoseStatus status = passphrase_open(passphrase, text, plain, &len);

	if (status == JOSE_OK)
		problem = root_key_parse(bytes_of(plain, len), keys, ROOT_KEY_SOURCE_MAX, &count);
	secure_wipe(plain, sizeof(plain));
	if (status != JOSE_OK || problem != NULL)
		raise_not_opened();
	return count;
}

struct varlena *root_key_reseal(const SealPlace *place, ByteView sealed)
{
	size_t capacity = sealed.len + SEAL_OVERHEAD;
	uint8_t *plain = palloc(capacity);
	uint8_t *out = palloc(capacity);
	size_t plain_len;
	size_t sealed_len;

	key_cache_accept_changes();
	plain_len = seal_open(place, sealed, plain);
	sealed_len = seal_bytes(place, bytes_of(plain, plain_len), out);
	secure_wipe(plain, plain_len);
	return text_from_view(bytes_of(out, sealed_len));
}
