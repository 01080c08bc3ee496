/*
 * Content encryption of JWE (RFC 7518 section 5): AES-GCM, and AES-CBC with HMAC, whose tag is checked
 * before anything is decrypted.
 */
#ifndef ACCESS_TOKEN_JOSE_JWE_CONTENT_H
#define ACCESS_TOKEN_JOSE_JWE_CONTENT_H

#include "jose/bytes.h"
#include "jose/status.h"

#define JWE_TAG_LEN_GCM 16
#define JWE_MAX_TAG_LEN 32
#define JWE_MAX_IV_LEN 16
#define JWE_MAX_CEK_LEN 64
/* Bytes by which a ciphertext may be longer than its plaintext: one block of padding. */
#define JWE_MAX_PADDING 16

typedef struct JweEnc
{
	const char *name;   /* as it stands in "enc" */
	const char *cipher; /* OpenSSL's name */
	const char *digest; /* of the HMAC; NULL for GCM */
	size_t cek_len;     /* MAC key and encryption key together for CBC */
	size_t iv_len;
	size_t tag_len;
} JweEnc;

/* The row of that name, or NULL. */
const JweEnc *jwe_enc_by_name(ByteView name);

/* The parts of a content that has been, or is to be, encrypted. */
typedef struct JweContent
{
	ByteView cek;
	ByteView iv;
	ByteView associated; /* the encoded protected header */
} JweContent;

/*
 * Encrypts plain into cipher (room for plain.len + JWE_MAX_PADDING), sets *cipher_len and writes
 * enc->tag_len bytes of tag. JOSE_CRYPTO_FAILURE when OpenSSL fails.
 */
JoseStatus jwe_content_encrypt(const JweEnc *enc, const JweContent *content, ByteView plain,
							   uint8_t *cipher, size_t *cipher_len, uint8_t tag[JWE_MAX_TAG_LEN]);

/*
 * Decrypts cipher into plain (room for cipher.len + JWE_MAX_PADDING) and sets *plain_len.
 * JOSE_DECRYPTION_FAILED for every cause; plain is wiped then.
 */
JoseStatus jwe_content_decrypt(const JweEnc *enc, const JweContent *content, ByteView cipher,
							   ByteView tag, uint8_t *plain, size_t *plain_len);

#endif
