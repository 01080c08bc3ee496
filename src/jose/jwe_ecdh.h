/* ECDH-ES (RFC 7518 section 4.6): an ephemeral key, agreement, and the Concat KDF. Private to JWE. */
#ifndef ACCESS_TOKEN_JOSE_JWE_ECDH_H
#define ACCESS_TOKEN_JOSE_JWE_ECDH_H

#include "jose/jwe_key.h"

/*
 * Makes an ephemeral key on the receiver's curve, sets parts->epk, and derives the key that wraps, or
 * for plain ECDH-ES the CEK: alg->kek_len or enc->cek_len bytes. False when OpenSSL fails.
 */
bool jwe_ecdh_send(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, JweKeyParts *parts,
				   uint8_t out[JWE_MAX_CEK_LEN]);

/* Derives the same from parts->epk, which must be a sound public key on the receiver's curve. */
bool jwe_ecdh_receive(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc,
					  const JweKeyParts *parts, uint8_t out[JWE_MAX_CEK_LEN]);

#endif
