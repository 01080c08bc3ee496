/*
 * PEM keys (RFC 7468): one block, nothing around it, read by its label and never by guessing.
 *
 * What is read comes out as JWK text and passes jwk_read like any other key, so both forms obey the
 * same rules.
 */
#ifndef ACCESS_TOKEN_JOSE_PEM_H
#define ACCESS_TOKEN_JOSE_PEM_H

#include "jose/bytes.h"
#include "jose/jwk.h"
#include "jose/status.h"

/* Bytes of PEM text at most: a private RSA key of 8192 bits with room to spare. */
#define PEM_MAX_TEXT_LEN 16384

/* Whether text is meant as PEM: it begins, after white space, with "-----BEGIN ". */
bool pem_is_likely(ByteView text);

/*
 * Reads SPKI ("PUBLIC KEY"), PKCS#8 ("PRIVATE KEY"), PKCS#1 ("RSA PUBLIC KEY", "RSA PRIVATE KEY") or
 * SEC1 ("EC PRIVATE KEY") and writes it as JWK into out; *jwk is a view of it. JOSE_KEY_MALFORMED for
 * anything but one such block; JOSE_KEY_UNSUPPORTED for encrypted keys, certificates, RSA-PSS keys,
 * explicit curve parameters and other key types. The caller wipes out.
 */
JoseStatus pem_to_jwk(ByteView pem, uint8_t out[JWK_MAX_TEXT_LEN], ByteView *jwk);

/*
 * Writes a key as SPKI, or as PKCS#8 when it is private; returns a view of out, no data when OpenSSL
 * fails or capacity does not suffice. The caller wipes out.
 */
ByteView pem_write(const Jwk *jwk, uint8_t *out, size_t capacity);

#endif
