/*
 * Imported secrets: whatever is accepted is long enough, is printable and announces no key of
 * another kind; a secret that we make of the input is accepted as well.
 */
#include "jose/secret.h"

#include "require.h"

static bool contains(ByteView text, const char *part)
{
	size_t len = strlen(part);

	for (size_t i = 0; i + len <= text.len; i++)
	{
		if (memcmp(text.data + i, part, len) == 0)
			return true;
	}
	return false;
}

static void fuzz_check(ByteView text, size_t hash_len)
{
	JoseStatus status = secret_check_imported(text, hash_len);

	REQUIRE(status == JOSE_OK || status == JOSE_BAD_KEY);
	if (status != JOSE_OK)
		return;
	REQUIRE(text.len >= hash_len);
	REQUIRE(!contains(text, "-----BEGIN") && !contains(text, "ssh-rsa "));
	REQUIRE(!contains(text, "\"kty\""));
	for (size_t i = 0; i < text.len; i++)
		REQUIRE(text.data[i] >= 0x20 && text.data[i] <= 0x7E);
}

/* The first bytes of the input as the random ones, as many as the hash has. */
static void fuzz_write(ByteView input, size_t hash_len)
{
	char *text = exact_memory(SECRET_MAX_TEXT_LEN);
	size_t len;

	if (input.len >= hash_len)
	{
		len = secret_write(bytes_of(input.data, hash_len), text, SECRET_MAX_TEXT_LEN);
		REQUIRE(len > hash_len && len <= SECRET_MAX_TEXT_LEN);
		/*
		 * Two of the marks are spelled in base64url's alphabet: chance never finds them, a fuzzer
		 * may.
		 */
		REQUIRE(secret_check_imported(bytes_of(text, len), hash_len) == JOSE_OK ||
				contains(bytes_of(text, len), "-----BEGIN") ||
				contains(bytes_of(text, len), "ecdsa-sha2-"));
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t hash_len = size == 0 ? 32 : 32 + 16 * (data[size - 1] % 3u);

	if (size > 256)
		return 0; /* the search for marks is the same in a longer text, only slower */
	fuzz_check(bytes_of(data, size), hash_len);
	fuzz_write(bytes_of(data, size), hash_len);
	return 0;
}
