/*
 * Verifying access tokens of API keys and of clients, in the order of docs/architecture.md: nothing of
 * the payload influences the answer before the signature is right, but iss where there is no kid.
 */
#ifndef ACCESS_TOKEN_TOKEN_VERIFY_H
#define ACCESS_TOKEN_TOKEN_VERIFY_H

#include "jose/bytes.h"
#include "jose/claims.h"
#include "jose/jws.h"
#include "jose/status.h"

/* All texts in UTF-8; a view without data (NULL) where the caller said nothing. */
typedef struct VerifyRequest
{
	ByteView token;
	ByteView tenant_id; /* NULL: any tenant */
	ByteView audience;  /* NULL: a token with aud is refused */
	ByteView scope;     /* a valid list, all of it required; NULL: none, but `public` is refused */
} VerifyRequest;

/*
 * Whom a good token speaks for; in UTF-8, without escapes, valid for the rest of the call. A view
 * without data where there is none.
 */
typedef struct TokenSubject
{
	ByteView tenant_id;
	ByteView client_id; /* of a client's token */
	ByteView issued_to; /* the id of client or API key */
	ByteView identity;  /* the user, where somebody vouches for it: never of a public key's token */
	ByteView scope;     /* a valid list */
} TokenSubject;

/* Bytes of a decoded token that fit without an allocation. */
#define VERIFY_INLINE_LEN 3072

/* A token that has been taken apart. It must not be moved: its views point into it. */
typedef struct DecodedToken
{
	JwsParts parts;
	ByteView header_json;
	ByteView payload_json;
	ByteView signature;
	JwsHeader header;
	Claims claims;
	bool signature_good;  /* header_json and payload_json may be shown */
	bool claims_read;     /* payload_json is a JSON object */
	TokenSubject subject; /* of an access token, where the verdict is good */
	uint8_t inline_bytes[VERIFY_INLINE_LEN];
} DecodedToken;

/* Whether a token is there, and no longer than access_token.max_token_size. */
JoseFault verify_check_size(ByteView token);

/*
 * Size, segments, base64url and header: what can be said of a token without a key. Fills parts,
 * header_json, payload_json, signature and header.
 */
JoseFault verify_decode(ByteView token, DecodedToken *decoded);

/* The same for a JWS, whose payload may be empty and of any kind. */
JoseFault verify_decode_jws(ByteView token, DecodedToken *decoded);

/* A verdict on a decoded token by what the tables hold now; request is the caller's own. */
typedef JoseFault (*TokenJudge)(const void *request, DecodedToken *decoded);

/*
 * Rows are read one after the other, perhaps behind a lock: judges again, a few times at most, while
 * keys have changed meanwhile. Raises TK012 on a standby that has fallen behind (pg/standby.h).
 */
JoseFault verify_settled(TokenJudge judge, const void *request, DecodedToken *decoded);

/*
 * The whole verdict. Raises nothing for what the token contains; TK010, TK011 and the like for what
 * the database contains.
 */
JoseFault verify_access_token(const VerifyRequest *request, DecodedToken *decoded);

#endif
