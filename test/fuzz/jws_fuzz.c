/*
 * Splitting a token and reading its header: three segments without a dot, the payload alone possibly empty, that lie in the
 * token one behind the other, and a header whose members are strings of the decoded text.
 */
#include "jose/jws.h"

#include "jose/b64url.h"
#include "require.h"

static void check_parts(ByteView token, const JwsParts *parts)
{
	const ByteView segments[] = {parts->header, parts->payload, parts->signature};
	const uint8_t *at = token.data;

	for (size_t i = 0; i < 3; i++)
	{
		REQUIRE(segments[i].data == at && (segments[i].len > 0 || i == 1));
		REQUIRE(segments[i].len == 0 || memchr(at, '.', segments[i].len) == NULL);
		at += segments[i].len;
		REQUIRE(i == 2 ? at == token.data + token.len : *at++ == '.');
	}
	REQUIRE(parts->signing_input.data == token.data);
	REQUIRE(parts->signing_input.len == parts->header.len + 1 + parts->payload.len);
	REQUIRE(parts->header.len <= JWS_MAX_HEADER_CHARS);
}

static bool lies_in(const JsonValue *value, ByteView json)
{
	return value->type == JSON_ABSENT ||
		   (value->type == JSON_STRING && value->text.data > json.data &&
			value->text.data + value->text.len < json.data + json.len);
}

static void fuzz_header(ByteView json)
{
	JwsHeader header;
	size_t error_at = 0;
	JoseStatus status = jws_read_header(json, &header, &error_at);

	REQUIRE(error_at <= json.len);
	if (status == JOSE_OK)
	{
		REQUIRE(header.alg.type == JSON_STRING);
		REQUIRE(lies_in(&header.alg, json) && lies_in(&header.typ, json));
		REQUIRE(lies_in(&header.cty, json) && lies_in(&header.kid, json));
	}
	else
		REQUIRE(status == JOSE_HEADER_MEMBER || status == JOSE_CRITICAL_HEADER ||
				status == JOSE_UNSUPPORTED_HEADER ||
				(status >= JOSE_JSON_SYNTAX && status <= JOSE_JSON_NOT_OBJECT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ByteView token = bytes_of(data, size);
	JwsParts parts;
	JoseStatus status = jws_split(token, &parts);

	fuzz_header(token); /* the input as a header that has been decoded already */
	if (status == JOSE_OK)
	{
		uint8_t *json = exact_memory(b64url_decoded_size(parts.header.len));
		size_t len;

		check_parts(token, &parts);
		REQUIRE(b64url_decoded_size(parts.header.len) <= JWS_MAX_HEADER_LEN);
		if (b64url_decode(parts.header, json, JWS_MAX_HEADER_LEN, &len) == JOSE_OK)
			fuzz_header(bytes_of(json, len));
		free(json);
	}
	else
		REQUIRE(status == JOSE_NOT_COMPACT || status == JOSE_HEADER_TOO_LARGE);
	return 0;
}
