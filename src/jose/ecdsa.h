/*
 * The two forms of an ECDSA signature: R||S of fixed length in JOSE (RFC 7518 section 3.4), DER in
 * OpenSSL.
 */
#ifndef ACCESS_TOKEN_JOSE_ECDSA_H
#define ACCESS_TOKEN_JOSE_ECDSA_H

#include "jose/bytes.h"

/* DER of two 66-byte integers with their heads, the longest there is. */
#define ECDSA_MAX_DER_LEN 144

/* Writes R||S, out_len bytes in all; false when der is not a signature that fits. */
bool ecdsa_from_der(ByteView der, uint8_t *out, size_t out_len);

/* Writes DER and returns its length; 0 when raw is not of even length or too long. */
size_t ecdsa_to_der(ByteView raw, uint8_t out[ECDSA_MAX_DER_LEN]);

#endif
