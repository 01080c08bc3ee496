/*
 * Making the secret of an API key: generated or imported, and sealed before any tuple is formed.
 */
#ifndef ACCESS_TOKEN_STORE_NEW_SECRET_H
#define ACCESS_TOKEN_STORE_NEW_SECRET_H

#include "jose/bytes.h"
#include "store/seal.h"

struct varlena;

/* Characters of an imported secret at most. */
#define NEW_SECRET_MAX_LEN 4096

typedef struct NewSecretRequest
{
	SealPlace place;
	ByteView algorithm;
	ByteView imported; /* no data: generate one */
} NewSecretRequest;

typedef struct NewSecret
{
	struct varlena *text;      /* shown once */
	struct varlena *sealed;    /* bytea */
	struct varlena *last_four; /* for people to tell secrets apart */
} NewSecret;

/*
 * Makes it in the current memory context. Raises 22023 for an unknown algorithm, TK010 for an
 * imported secret that is too short, too long or looks like a key of another kind, TK011 without a
 * root key.
 */
NewSecret new_secret(const NewSecretRequest *request);

#endif
