/* Compact JWS; purpose: compact.h. */
#include "postgres.h"

#include "token/compact.h"

#include "jose/b64url.h"
#include "jose/jws.h"
#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/settings.h"

JsonValue compact_read_object(ByteView json, const char *argument)
{
	JsonValue value = {0};
	size_t error_at;

	if (json_read_value(json, &value, &error_at) != JOSE_OK || value.type != JSON_OBJECT)
		errors_raise_argument(
			psprintf("%s cannot go into a token", argument),
			"It must be a JSON object within the limits of what is read: 32 levels, 1024 names in "
			"open objects, numbers of 128 characters.",
			"See docs/reference.md.");
	return value;
}

ByteView compact_finish_object(JsonWriter *writer)
{
	ByteView written;

	if (writer->at == writer->start)
		json_put_raw(writer, BYTES_LITERAL("{"));
	json_put_raw(writer, BYTES_LITERAL("}"));
	written = json_written(writer);
	if (written.data == NULL)
		elog(ERROR, "token buffer is too small");
	writer->start[0] = '{';
	return written;
}

static void check_sizes(size_t header_len, size_t token_len)
{
	if (header_len > JWS_MAX_HEADER_CHARS || token_len > (size_t) settings_max_token_size)
		errors_raise_argument("token would be too large",
							  "The header may have 8192 characters, the token "
							  "access_token.max_token_size.",
							  "Put less into it: verification would refuse it.");
}

size_t compact_len(size_t header_len, size_t payload_len, size_t signature_len)
{
	return header_len + 1 + b64url_encoded_size(payload_len) + 1 +
		   b64url_encoded_size(signature_len);
}

static size_t signature_len_of(const HmacKey *mac, const SignatureKey *signature)
{
	return mac != NULL ? mac->mac_len : signature->signature_len;
}

struct varlena *compact_sign_encoded(const HmacKey *mac, SignatureKey *signature, ByteView header,
									 ByteView payload)
{
	size_t signing_len = header.len + 1 + b64url_encoded_size(payload.len);
	size_t signature_len = signature_len_of(mac, signature);
	size_t token_len = compact_len(header.len, payload.len, signature_len);
	uint8_t bytes[JOSE_MAX_SIGNATURE_LEN];
	struct varlena *token = palloc(VARHDRSZ + token_len);
	char *to = VARDATA(token);
	ByteView message = bytes_of(to, signing_len);

	SET_VARSIZE(token, VARHDRSZ + token_len);
	memcpy(to, header.data, header.len);
	to[header.len] = '.';
	b64url_encode(payload, to + header.len + 1, signing_len - header.len - 1);
	errors_raise_status(mac != NULL ? hmac_sign(mac, message, bytes)
									: signature_sign(signature, message, bytes));
	to[signing_len] = '.';
	b64url_encode(bytes_of(bytes, signature_len), to + signing_len + 1,
				  token_len - signing_len - 1);
	return token;
}

struct varlena *compact_sign(const HmacKey *mac, SignatureKey *signature, ByteView header,
							 ByteView payload)
{
	size_t header_len = b64url_encoded_size(header.len);
	char *encoded;

	check_sizes(header_len, compact_len(header_len, payload.len, signature_len_of(mac, signature)));
	encoded = palloc(header_len);
	b64url_encode(header, encoded, header_len);
	return compact_sign_encoded(mac, signature, bytes_of(encoded, header_len), payload);
}
