/*
 * Asymmetric signatures (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1) with a ready key: one
 * object holds the key and the contexts that are initialised once and used for every message.
 *
 * The algorithm is fixed when the object is opened and never taken from a token.
 */
#ifndef ACCESS_TOKEN_JOSE_SIGNATURE_H
#define ACCESS_TOKEN_JOSE_SIGNATURE_H

#include "jose/alg.h"
#include "jose/bytes.h"
#include "jose/status.h"

struct evp_pkey_st;

/* Closed by signature_key_close; all bytes zero means closed. */
typedef struct SignatureKey
{
	const JoseAlg *alg;
	struct evp_pkey_st *pkey;
	struct evp_md_st *digest;
	struct evp_pkey_ctx_st *sign_ctx;   /* opened at the first signature */
	struct evp_pkey_ctx_st *verify_ctx; /* opened at the first verification */
	size_t signature_len;
} SignatureKey;

/*
 * Takes a reference to the key for one asymmetric algorithm. JOSE_BAD_KEY when the key is of another
 * type, curve or size than the algorithm's row says, JOSE_CRYPTO_FAILURE when OpenSSL fails.
 */
JoseStatus signature_key_open(SignatureKey *key, const JoseAlg *alg, struct evp_pkey_st *pkey);

/* Frees what it holds. Harmless on a closed one. */
void signature_key_close(SignatureKey *key);

/*
 * Writes key->signature_len bytes, R||S for ECDSA. out has room for JOSE_MAX_SIGNATURE_LEN.
 * JOSE_CRYPTO_FAILURE when OpenSSL fails, so also without a private key; out is wiped then.
 */
JoseStatus signature_sign(SignatureKey *key, ByteView message, uint8_t *out);

/* JOSE_OK when the signature is the message's; else JOSE_BAD_SIGNATURE. */
JoseStatus signature_verify(SignatureKey *key, ByteView message, ByteView signature);

#endif
