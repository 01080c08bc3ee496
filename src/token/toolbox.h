/*
 * JOSE with the caller's own keys: what pgjwt was used for, with no table behind it. The caller names
 * the algorithms that a token may have; the key is never guessed from the token.
 */
#ifndef ACCESS_TOKEN_TOKEN_TOOLBOX_H
#define ACCESS_TOKEN_TOKEN_TOOLBOX_H

#include "jose/bytes.h"
#include "jose/claims.h"
#include "jose/status.h"
#include "token/verify.h"

struct varlena;

/* All texts in UTF-8; a view without data (NULL) where the caller said nothing. */
typedef struct JwsRequest
{
	ByteView payload;
	ByteView key;
	ByteView header; /* a JSON object */
	bool is_jwt;     /* payload is claims; typ JWT unless header says otherwise */
} JwsRequest;

/*
 * Signs. The algorithm is the header's or the key's alg, which must agree. Raises TK010 for a key that
 * is not usable, 22023 for claims or a header that verification would refuse.
 */
struct varlena *toolbox_sign(const JwsRequest *request);

typedef struct JwsCheck
{
	ByteView token;
	ByteView key;               /* a JWK, or a JWK Set of public keys */
	const ByteView *algorithms; /* never empty */
	int algorithm_count;
} JwsCheck;

/* Verifies the signature; decoded->payload_json is the payload, of whatever kind. Raises TK010. */
JoseFault toolbox_verify(const JwsCheck *check, DecodedToken *decoded);

typedef struct JwtRules
{
	ByteView issuer;   /* NULL: any */
	ByteView audience; /* NULL: a token with aud is refused */
	bool has_leeway;
	int leeway; /* seconds, for exp, nbf and iat */
	bool require_exp;
} JwtRules;

/* The same for a JWT, and then the claims by these rules. */
JoseFault toolbox_verify_jwt(const JwsCheck *check, const JwtRules *rules, DecodedToken *decoded);

/* Keys, as text. Each function that takes one raises TK010 for what is not usable. */

/*
 * A new JWK for a signature, key management or content encryption algorithm, with alg, kid and use.
 * Raises 22023 for another name; obeys cancel.
 */
struct varlena *toolbox_generate(ByteView algorithm);

/* The public part of a JWK. Raises 22023 for a symmetric key. */
struct varlena *toolbox_public(ByteView key);

/* The SHA-256 thumbprint of a JWK (RFC 7638). */
struct varlena *toolbox_thumbprint(ByteView key);

/* A PEM block (pem.h) as JWK. */
struct varlena *toolbox_from_pem(ByteView pem);

/* A JWK as SPKI, or as PKCS#8 when it is private. Raises 22023 for a symmetric key. */
struct varlena *toolbox_to_pem(ByteView key);

#endif
