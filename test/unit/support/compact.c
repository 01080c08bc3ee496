/* Tokens made and checked by the core alone; terms: compact.h. */
#include "support/compact.h"

#include <stdlib.h>

#include "jose/b64url.h"
#include "jose/hmac.h"
#include "jose/jws.h"
#include "support/exact.h"

ByteView joined(ByteView a, ByteView b, ByteView c)
{
	const ByteView parts[] = {a, b, c};
	uint8_t *all = exact_filled(a.len + b.len + c.len, 0);
	size_t len = 0;

	for (size_t i = 0; i < 3; i++)
	{
		if (parts[i].len > 0)
			memcpy(all + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	return bytes_of(all, len);
}

ByteView encoded(ByteView bytes)
{
	size_t size = b64url_encoded_size(bytes.len);
	uint8_t *text = exact_filled(size, 0);

	b64url_encode(bytes, (char *) text, size);
	return bytes_of(text, size);
}

ByteView compact_sign_segments(ByteView header, ByteView payload, CompactKey key)
{
	ByteView input = joined(header, BYTES_LITERAL("."), payload);
	uint8_t mac[JOSE_MAX_HASH_LEN];
	HmacKey hmac;
	ByteView signature = bytes_of(NULL, 0);
	ByteView token;

	if (hmac_key_open(&hmac, key.alg, key.secret) != JOSE_OK ||
		hmac_sign(&hmac, input, mac) != JOSE_OK)
		abort(); /* a mistake of the test, not of the core */
	signature = encoded(bytes_of(mac, hmac.mac_len));
	token = joined(input, BYTES_LITERAL("."), signature);
	hmac_key_close(&hmac);
	exact_free(signature);
	exact_free(input);
	return token;
}

ByteView compact_sign(ByteView header, ByteView payload, CompactKey key)
{
	ByteView header_segment = encoded(header);
	ByteView payload_segment = encoded(payload);
	ByteView token = compact_sign_segments(header_segment, payload_segment, key);

	exact_free(header_segment);
	exact_free(payload_segment);
	return token;
}

JoseStatus decoded_segment(ByteView segment, ByteView *bytes)
{
	size_t size = b64url_decoded_size(segment.len);
	size_t len;
	uint8_t *out = exact_filled(size, 0);
	JoseStatus status = b64url_decode(segment, out, size, &len);

	*bytes = bytes_of(out, len);
	return status;
}

static JoseStatus check_header(ByteView segment, const JoseAlg *alg)
{
	ByteView json;
	JwsHeader header;
	size_t error_at;
	JoseStatus status = decoded_segment(segment, &json);

	if (status == JOSE_OK)
		status = jws_read_header(json, &header, &error_at);
	if (status == JOSE_OK && !json_string_equals(&header.alg, view_of(alg->name)))
		status = JOSE_UNSUPPORTED_ALG;
	exact_free(json);
	return status;
}

static JoseStatus check_signature(const JwsParts *parts, CompactKey key)
{
	ByteView payload;
	ByteView mac;
	HmacKey hmac = {0};
	JoseStatus status = decoded_segment(parts->payload, &payload);
	JoseStatus mac_status = decoded_segment(parts->signature, &mac);

	if (status == JOSE_OK)
		status = mac_status;
	if (status == JOSE_OK)
		status = hmac_key_open(&hmac, key.alg, key.secret);
	if (status == JOSE_OK)
		status = hmac_verify(&hmac, parts->signing_input, mac);
	hmac_key_close(&hmac);
	exact_free(payload);
	exact_free(mac);
	return status;
}

JoseStatus compact_verify(ByteView token, CompactKey key)
{
	ByteView copy = exact_copy(token);
	JwsParts parts;
	JoseStatus status = jws_split(copy, &parts);

	if (status == JOSE_OK)
		status = check_header(parts.header, key.alg);
	if (status == JOSE_OK)
		status = check_signature(&parts, key);
	exact_free(copy);
	return status;
}
