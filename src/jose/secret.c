/* Generated secrets and the plausibility of imported ones; purpose: secret.h. */
#include "jose/secret.h"

#include "jose/b64url.h"

/* CRC-32 of IEEE 802.3, the one of zip and of other vendors' tokens. */
static uint32_t crc32(ByteView bytes)
{
	uint32_t crc = 0xFFFFFFFFu;

	for (size_t i = 0; i < bytes.len; i++)
	{
		crc ^= bytes.data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
	}
	return ~crc;
}

size_t secret_write(ByteView random, char *out, size_t capacity)
{
	const ByteView prefix = BYTES_LITERAL(SECRET_PREFIX);
	size_t len = prefix.len + b64url_encoded_size(random.len);
	uint8_t checksum[4];
	uint32_t crc;

	if (random.len > SECRET_MAX_RANDOM_LEN || capacity < len + 6)
		return 0;
	memcpy(out, prefix.data, prefix.len);
	b64url_encode(random, out + prefix.len, capacity - prefix.len);

	crc = crc32(bytes_of(out, len));
	for (int i = 0; i < 4; i++)
		checksum[i] = (uint8_t) (crc >> (24 - 8 * i));
	return len + b64url_encode(bytes_of(checksum, sizeof(checksum)), out + len, capacity - len);
}

static bool contains(ByteView text, ByteView part)
{
	for (size_t i = 0; i + part.len <= text.len; i++)
	{
		if (memcmp(text.data + i, part.data, part.len) == 0)
			return true;
	}
	return false;
}

/*
 * Texts that announce a key of another kind, wherever they stand: a leading blank changes nothing. The
 * last four begin base64 of SPKI and PKCS#1, for RSA, P-256 and Ed25519.
 */
static const ByteView key_marks[] = {
	BYTES_INIT("-----BEGIN"),   BYTES_INIT("---- BEGIN"),
	BYTES_INIT("ssh-rsa "),     BYTES_INIT("ssh-dss "),
	BYTES_INIT("ssh-ed25519 "), BYTES_INIT("ecdsa-sha2-"),
	BYTES_INIT("@openssh.com"), BYTES_INIT("PuTTY-User-Key"),
	BYTES_INIT("\"kty\""),      BYTES_INIT("MIIBIjANBgkqhkiG9w0"),
	BYTES_INIT("MIIBCgKCAQEA"), BYTES_INIT("MFkwEwYHKoZIzj0"),
	BYTES_INIT("MCowBQYDK2Vw"),
};

/* Whether the bytes are one DER SEQUENCE that begins with a SEQUENCE or an INTEGER. */
static bool is_der_key(ByteView bytes)
{
	size_t head = 2;
	size_t len;

	if (bytes.len < 8 || bytes.data[0] != 0x30)
		return false;
	len = bytes.data[1];
	if (len == 0x81 || len == 0x82)
	{
		head += len - 0x80;
		len = len == 0x81 ? bytes.data[2] : (size_t) bytes.data[2] << 8 | bytes.data[3];
	}
	return head + len == bytes.len && (bytes.data[head] == 0x30 || bytes.data[head] == 0x02);
}

bool secret_looks_like_other_key(ByteView bytes)
{
	for (size_t i = 0; i < sizeof(key_marks) / sizeof(key_marks[0]); i++)
	{
		if (contains(bytes, key_marks[i]))
			return true;
	}
	return is_der_key(bytes);
}

static bool is_printable_ascii(ByteView text)
{
	for (size_t i = 0; i < text.len; i++)
	{
		if (text.data[i] < 0x20 || text.data[i] > 0x7E)
			return false;
	}
	return true;
}

JoseStatus secret_check_imported(ByteView text, size_t hash_len)
{
	if (text.len < hash_len || !is_printable_ascii(text) || secret_looks_like_other_key(text))
		return JOSE_BAD_KEY;
	return JOSE_OK;
}
