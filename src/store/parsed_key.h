/*
 * Keys that callers of the toolbox pass as text: parsed once, kept for the next call with the same
 * text, and given up in the order of their last use.
 *
 * The text itself is kept beside the key, because a hash would not tell two of them apart beyond
 * doubt; both are wiped when they are given up.
 */
#ifndef ACCESS_TOKEN_STORE_PARSED_KEY_H
#define ACCESS_TOKEN_STORE_PARSED_KEY_H

#include "jose/hmac.h"
#include "jose/jwe_key.h"
#include "jose/jwk.h"
#include "jose/signature.h"

/* Keys that a backend holds at most, and bytes of the text of each: a set of 256 long RSA keys has less. */
#define PARSED_KEY_CAPACITY 32
#define PARSED_KEY_MAX_TEXT_LEN (256 * 1024)

typedef struct ParsedKey
{
	Jwk jwk;
	HmacKey mac;            /* opened for HMAC algorithms */
	SignatureKey signature; /* opened for asymmetric ones */
} ParsedKey;

/* What a key is wanted for. */
typedef struct KeyWanted
{
	ByteView text;      /* a JWK, or where it is allowed a JWK Set */
	JsonValue kid;      /* the token's; absent where it has none, or there is no token yet */
	const JoseAlg *alg; /* the signature algorithm; NULL: for encryption, or for nothing yet */
	const JweAlg *jwe_alg;
	const JweEnc *jwe_enc;
	bool needs_private; /* to sign or decrypt; a set of public keys is for the others */
	bool needs_own_alg; /* the caller allows several algorithms, so the key must name its own */
} KeyWanted;

/*
 * The key for a signature algorithm, its context opened. Raises TK010 for key material that is not
 * usable; returns NULL where a usable key is not the token's: of another kid, type or alg, or not the
 * only one of its set.
 */
ParsedKey *parsed_key_for_signature(const KeyWanted *wanted);

/* The key for an encryption algorithm, on the same terms. */
ParsedKey *parsed_key_for_encryption(const KeyWanted *wanted);

/* A single key, for whatever its own algorithm is. Raises TK010. */
ParsedKey *parsed_key(ByteView text);

#endif
