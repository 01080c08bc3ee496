/*
 * Key management of JWE (RFC 7518 section 4): how the content encryption key (CEK) gets from sender to
 * receiver. No RSA1_5, no PBES2.
 */
#ifndef ACCESS_TOKEN_JOSE_JWE_KEY_H
#define ACCESS_TOKEN_JOSE_JWE_KEY_H

#include "jose/jwe_content.h"
#include "jose/jwk.h"

typedef enum JweFamily
{
	JWE_DIR,
	JWE_AES_KW,
	JWE_AES_GCM_KW,
	JWE_RSA_OAEP,
	JWE_ECDH_ES
} JweFamily;

typedef struct JweAlg
{
	const char *name; /* as it stands in "alg" */
	JweFamily family;
	size_t kek_len;     /* bytes of the key that wraps; 0 where nothing is wrapped by AES */
	const char *cipher; /* OpenSSL's name of the wrapping cipher */
	const char *digest; /* of OAEP */
} JweAlg;

/* The row of that name, or NULL. */
const JweAlg *jwe_alg_by_name(ByteView name);

/* Who uses the key: whoever encrypts, or whoever decrypts. */
typedef enum JweRole
{
	JWE_SENDER,
	JWE_RECEIVER,
	JWE_ROLE_COUNT
} JweRole;

/*
 * The operations of which a key must allow one: JwkOperation bits. People disagree whether a key that
 * wraps content keys has wrapKey or encrypt in key_ops, so either will do.
 */
unsigned jwe_key_operations(const JweAlg *alg, JweRole role);

/*
 * Whether a key may be used: its type fits, use and key_ops allow it, "alg" is absent or this one, and
 * a symmetric key has the one right length. JOSE_OK or JOSE_KEY_WRONG_USE.
 */
JoseStatus jwe_key_check(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, JweRole role);

/* Bytes of an encrypted key at most: an RSA ciphertext. */
#define JWE_MAX_ENCRYPTED_KEY_LEN (JOSE_MAX_RSA_BITS / 8)
/* Bytes of the public part of an ephemeral key, written as JWK, at most. */
#define JWE_MAX_EPK_LEN 512

/* What stands in the header beside alg and enc, and in the second segment. */
typedef struct JweKeyParts
{
	size_t encrypted_key_len;
	uint8_t encrypted_key[JWE_MAX_ENCRYPTED_KEY_LEN];
	uint8_t iv[12];  /* AES-GCM key wrapping */
	uint8_t tag[16]; /* AES-GCM key wrapping */
	ByteView epk;    /* ECDH-ES: a public JWK, in epk_text when written here */
	ByteView apu;    /* ECDH-ES: decoded; no data where absent */
	ByteView apv;
	uint8_t epk_text[JWE_MAX_EPK_LEN];
} JweKeyParts;

/*
 * Makes a CEK for enc (enc->cek_len bytes) and the parts that carry it. apu and apv are the caller's.
 * JOSE_CRYPTO_FAILURE when OpenSSL fails.
 */
JoseStatus jwe_key_wrap(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc, JweKeyParts *parts,
						uint8_t cek[JWE_MAX_CEK_LEN]);

/*
 * Recovers the CEK. Where that fails the CEK is a random one, so that the content fails in the same
 * way and time (RFC 7516 section 11.5). JOSE_CRYPTO_FAILURE without randomness only.
 */
JoseStatus jwe_key_unwrap(const Jwk *jwk, const JweAlg *alg, const JweEnc *enc,
						  const JweKeyParts *parts, uint8_t cek[JWE_MAX_CEK_LEN]);

#endif
