/* Encrypted tokens with the caller's own keys (RFC 7516, compact form). */
#ifndef ACCESS_TOKEN_TOKEN_TOOLBOX_JWE_H
#define ACCESS_TOKEN_TOKEN_TOOLBOX_JWE_H

#include "jose/bytes.h"
#include "jose/status.h"

struct varlena;

/* All texts in UTF-8; a view without data (NULL) where the caller said nothing. */
typedef struct EncryptRequest
{
	ByteView plain;
	ByteView key; /* a JWK: public, or symmetric */
	ByteView algorithm;
	ByteView encryption;
	ByteView header; /* a JSON object */
} EncryptRequest;

/* The token as text. Raises TK010 for a key that is not usable, 22023 for other arguments. */
struct varlena *toolbox_encrypt(const EncryptRequest *request);

typedef struct DecryptRequest
{
	ByteView token;
	ByteView key;               /* a JWK: private, or symmetric */
	const ByteView *algorithms; /* never empty */
	int algorithm_count;
	const ByteView *encryptions; /* never empty */
	int encryption_count;
} DecryptRequest;

/*
 * Decrypts into *plain, a bytea in the current memory context. From the key on, every failure is
 * JOSE_DECRYPTION_FAILED. Raises TK010 for a key that is not usable.
 */
JoseFault toolbox_decrypt(const DecryptRequest *request, struct varlena **plain);

#endif
