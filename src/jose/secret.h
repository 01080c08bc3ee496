/*
 * The text of secrets that we generate: <prefix>_<base64url of random bytes><6 characters of CRC-32>.
 * Prefix and checksum let secret scanners find a leaked one without asking us; all characters are
 * [A-Za-z0-9_-]. The HMAC key is this text, so any JWT library that is given it signs the same.
 */
#ifndef ACCESS_TOKEN_JOSE_SECRET_H
#define ACCESS_TOKEN_JOSE_SECRET_H

#include "jose/bytes.h"
#include "jose/status.h"

/* "access token key" */
#define SECRET_PREFIX "atk_"
/* Random bytes at most: the longest hash. */
#define SECRET_MAX_RANDOM_LEN 64
/* Characters of the longest secret: prefix, 86 of base64url, 6 of checksum. */
#define SECRET_MAX_TEXT_LEN (sizeof(SECRET_PREFIX) - 1 + 86 + 6)

/*
 * Writes the text for these random bytes (at most SECRET_MAX_RANDOM_LEN) and returns its length,
 * 0 when it does not fit.
 */
size_t secret_write(ByteView random, char *out, size_t capacity);

/*
 * Whether bytes that are to be an HMAC key are rather a key of another kind: PEM, SSH, JWK, or a DER
 * SEQUENCE of a SEQUENCE or INTEGER, as SPKI and PKCS#1 begin. Public keys in these forms are what an
 * algorithm confusion uses as secret.
 */
bool secret_looks_like_other_key(ByteView bytes);

/*
 * Whether text can be a key for a hash of hash_len bytes: JOSE_BAD_KEY when it is shorter
 * (RFC 7518 section 3.2), is not printable ASCII, which alone is the same bytes in every library, or
 * looks like PEM, an SSH key or a JWK, which are public as often as not (RFC 8725 section 3.5).
 */
JoseStatus secret_check_imported(ByteView text, size_t hash_len);

#endif
