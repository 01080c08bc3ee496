/*
 * THE table of algorithms (RFC 7518 section 3.1): a new algorithm is one row here and, where its
 * family is new, one file. Names are compared by exact case (RFC 7515 section 4.1.1); "none" is no
 * row and never will be.
 */
#ifndef ACCESS_TOKEN_JOSE_ALG_H
#define ACCESS_TOKEN_JOSE_ALG_H

#include "jose/bytes.h"

/* The longest MAC or hash of any row, in bytes. */
#define JOSE_MAX_HASH_LEN 64

/* RSA moduli that are accepted, in bits (RFC 7518 section 3.3 has the lower bound). */
#define JOSE_MIN_RSA_BITS 2048
#define JOSE_MAX_RSA_BITS 8192

/* The longest signature of any row: that of the longest modulus. */
#define JOSE_MAX_SIGNATURE_LEN (JOSE_MAX_RSA_BITS / 8)

/* "kty" (RFC 7518 section 6.1, RFC 8037 section 2) */
typedef enum JoseKeyType
{
	JOSE_KEY_OCT,
	JOSE_KEY_RSA,
	JOSE_KEY_EC,
	JOSE_KEY_OKP
} JoseKeyType;

typedef enum JoseFamily
{
	JOSE_FAMILY_HMAC,
	JOSE_FAMILY_RSA_PKCS1,
	JOSE_FAMILY_RSA_PSS,
	JOSE_FAMILY_ECDSA,
	JOSE_FAMILY_EDDSA
} JoseFamily;

typedef struct JoseAlg
{
	const char *name; /* as it stands in "alg" */
	JoseFamily family;
	JoseKeyType key_type;
	const char *digest; /* OpenSSL's name of the hash; NULL where the family has its own */
	size_t hash_len;    /* bytes of the hash, and of the shortest HMAC key (RFC 7518 section 3.2) */
	const char *curve;  /* "crv"; NULL for oct and RSA */
	size_t signature_len; /* bytes; 0: as long as the modulus */
} JoseAlg;

/* The row of that name, or NULL. "Ed25519" (RFC 9864) is another name of the row EdDSA. */
const JoseAlg *jose_alg_by_name(ByteView name);

#endif
