/*
 * JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037): reading one with every check that a key
 * from outside needs, and writing one.
 *
 * A key is refused rather than repaired: members of the wrong type, integers that are not in their
 * minimal form, coordinates of another length, points off the curve, private parts that do not belong
 * to the public ones. What is accepted has one thumbprint.
 */
#ifndef ACCESS_TOKEN_JOSE_JWK_H
#define ACCESS_TOKEN_JOSE_JWK_H

#include "jose/alg.h"
#include "jose/bytes.h"
#include "jose/json_read.h"
#include "jose/status.h"

struct evp_pkey_st;

/* Bytes of a symmetric key at most. */
#define JWK_MAX_SECRET_LEN 512

/* What a key may be used for: the values of "key_ops" (RFC 7517 section 4.3). */
typedef enum JwkOperation
{
	JWK_OP_SIGN = 1 << 0,
	JWK_OP_VERIFY = 1 << 1,
	JWK_OP_ENCRYPT = 1 << 2,
	JWK_OP_DECRYPT = 1 << 3,
	JWK_OP_WRAP_KEY = 1 << 4,
	JWK_OP_UNWRAP_KEY = 1 << 5,
	JWK_OP_DERIVE_KEY = 1 << 6,
	JWK_OP_DERIVE_BITS = 1 << 7,
} JwkOperation;

/* What "use" leaves of them: "sig", "enc", or no use at all (section 4.2). */
#define JWK_OPS_SIGNATURE ((unsigned) (JWK_OP_SIGN | JWK_OP_VERIFY))
#define JWK_OPS_ENCRYPTION \
	((unsigned) (JWK_OP_ENCRYPT | JWK_OP_DECRYPT | JWK_OP_WRAP_KEY | JWK_OP_UNWRAP_KEY | \
				 JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS))
#define JWK_OPS_ALL (JWK_OPS_SIGNATURE | JWK_OPS_ENCRYPTION)

/* Closed by jwk_close. Its views point into the text that it was read from. */
typedef struct Jwk
{
	JoseKeyType type;
	const char *curve;        /* "P-256", "Ed25519", ...; NULL for oct and RSA */
	JsonValue alg;            /* a string or absent */
	JsonValue kid;            /* a string or absent */
	unsigned operations;      /* JwkOperation bits that "use" and "key_ops" leave */
	bool is_private;          /* oct counts as private */
	struct evp_pkey_st *pkey; /* NULL for oct */
	size_t secret_len;
	uint8_t secret[JWK_MAX_SECRET_LEN];
} Jwk;

/*
 * Reads a JWK. JOSE_KEY_MALFORMED for text that is no JWK (*error_at is the offset of a JSON fault),
 * JOSE_KEY_UNSUPPORTED for an unknown kty or crv, JOSE_KEY_WEAK for RSA outside 2048 to 8192 bits,
 * e below 65537 or a modulus with the ROCA fingerprint, JOSE_KEY_INCONSISTENT for parts that do not
 * belong together, JOSE_KEY_WRONG_USE for use and key_ops that contradict each other, or an alg that
 * no key of this type has. *jwk is closed then.
 */
JoseStatus jwk_read(ByteView json, Jwk *jwk, size_t *error_at);

/* Frees the key and wipes the secret. Harmless on a closed one. */
void jwk_close(Jwk *jwk);

/*
 * Whether a key may be used with a signature algorithm: type and curve fit, "alg", where present, is
 * this one, and use and key_ops allow at least one of the operations. JOSE_OK or JOSE_KEY_WRONG_USE.
 */
JoseStatus jwk_check_alg(const Jwk *jwk, const JoseAlg *alg, unsigned operations);

/* Bytes of a JWK that jwk_write makes, at most: a private RSA key of 8192 bits. */
#define JWK_MAX_TEXT_LEN 8192

/* What jwk_write puts in beside the key's own members; views of no data are left out. */
typedef struct JwkLabels
{
	ByteView alg;
	ByteView kid;
	ByteView use;
} JwkLabels;

/*
 * Writes an asymmetric key as JWK, members in the order of RFC 7638 first, and returns it as a view of
 * out; no data when OpenSSL does not give the parts or capacity does not suffice. with_private says
 * whether the private members are written; the caller wipes out then. labels NULL: none.
 */
ByteView jwk_write(const struct evp_pkey_st *pkey, bool with_private, const JwkLabels *labels,
				   uint8_t *out, size_t capacity);

/* The same for a symmetric key. */
ByteView jwk_write_oct(const Jwk *jwk, const JwkLabels *labels, uint8_t *out, size_t capacity);

/* Characters of a thumbprint: base64url of SHA-256. */
#define JWK_THUMBPRINT_LEN 43

/*
 * The SHA-256 thumbprint of a key (RFC 7638), the kid of every signing key of ours. JOSE_CRYPTO_FAILURE
 * when OpenSSL fails.
 */
JoseStatus jwk_thumbprint(const Jwk *jwk, char out[JWK_THUMBPRINT_LEN]);

#endif
