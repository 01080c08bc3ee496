/*
 * base64url: what is decoded encodes to the very same text, what is refused leaves no byte behind,
 * and every input, taken as bytes, comes back from its own encoding.
 */
#include "jose/b64url.h"

#include "require.h"

static void fuzz_decode(ByteView text)
{
	size_t size = b64url_decoded_size(text.len);
	uint8_t *out = exact_memory(size);
	size_t len = SIZE_MAX;

	memset(out, 0x5A, size);
	if (b64url_decode(text, out, size, &len) == JOSE_OK)
	{
		char *again = exact_memory(text.len);

		REQUIRE(len == size);
		REQUIRE(b64url_encode(bytes_of(out, len), again, text.len) == text.len);
		REQUIRE(bytes_equal(text, bytes_of(again, text.len)));
		if (size > 0)
			REQUIRE(b64url_decode(text, out, size - 1, &len) == JOSE_BAD_BASE64URL && len == 0);
		free(again);
	}
	else
	{
		REQUIRE(len == 0);
		for (size_t i = 0; i < size && text.len % 4 != 1; i++)
			REQUIRE(out[i] == 0);
	}
	free(out);
}

static void fuzz_encode(ByteView bytes)
{
	size_t size = b64url_encoded_size(bytes.len);
	char *text = exact_memory(size);
	uint8_t *back = exact_memory(bytes.len);
	size_t len = SIZE_MAX;

	REQUIRE(b64url_encode(bytes, text, size) == size);
	REQUIRE(b64url_decode(bytes_of(text, size), back, bytes.len, &len) == JOSE_OK);
	REQUIRE(bytes_equal(bytes, bytes_of(back, len)));
	if (size > 0)
		REQUIRE(b64url_encode(bytes, text, size - 1) == 0);
	free(back);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_decode(bytes_of(data, size));
	fuzz_encode(bytes_of(data, size));
	return 0;
}
