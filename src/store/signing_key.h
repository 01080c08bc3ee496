/*
 * Signing keys of tenants; kept by the key cache.
 *
 * A key's private part is opened at its first signature; a database that subscribes to the public
 * columns alone verifies all the same.
 */
#ifndef ACCESS_TOKEN_STORE_SIGNING_KEY_H
#define ACCESS_TOKEN_STORE_SIGNING_KEY_H

#include "jose/claims.h"
#include "jose/jwk.h"
#include "jose/signature.h"
#include "store/tenant.h"

struct varlena;

typedef enum SigningKeyState
{
	SIGNING_KEY_NEXT,
	SIGNING_KEY_CURRENT,
	SIGNING_KEY_PREVIOUS,
	SIGNING_KEY_REVOKED
} SigningKeyState;

typedef struct SigningKey
{
	ByteView kid;
	ByteView tenant_id;
	const JoseAlg *alg;
	SigningKeyState state;
	JoseTime retired_at; /* when it became previous; JOSE_TIME_NEVER while it has not */
	ByteView sealed;     /* no data where the private part is not here */
	SignatureKey verifier;
	SignatureKey signer; /* opened at its first use */
} SigningKey;

/* The signing key of that kid, or NULL. Valid as key_cache_find says. */
SigningKey *signing_key_by_kid(ByteView kid);

/* The tenant's current key for an algorithm, or with NULL for its only one; NULL when there is none. */
SigningKey *signing_key_current(const Tenant *tenant, const JoseAlg *alg);

/*
 * Whether tokens of a key of this tenant are accepted: it is next or current, or previous and the
 * tenant's max_token_lifetime has not passed since.
 */
bool signing_key_verifies(const SigningKey *key, const Tenant *tenant, JoseTime now);

/*
 * The key's signer, opened if need be. Raises TK011 when its root key is missing, TK010 when the
 * private part is not here or does not open.
 */
SignatureKey *signing_key_open_signer(SigningKey *key);

/* The algorithm of that name. Raises 22023 unless a signing key can have it. */
const JoseAlg *signing_key_alg(ByteView name);

/* A new key, ready to be stored; texts and bytes in the current memory context. */
typedef struct NewSigningKey
{
	struct varlena *kid;
	struct varlena *public_jwk; /* text */
	struct varlena *sealed;     /* bytea */
} NewSigningKey;

/* Generates one. Raises 22023 for an unfit algorithm or size; obeys cancel. */
NewSigningKey signing_key_generate(ByteView tenant_id, ByteView algorithm, int rsa_bits);

/* Takes one from PEM or a private JWK. Raises TK010 for what is not usable, 22023 as above. */
NewSigningKey signing_key_import(ByteView tenant_id, ByteView algorithm, ByteView text);

#endif
