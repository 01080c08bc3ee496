/*
 * What the payloads of all access tokens have in common: what the caller wishes, checked against what
 * key or client may give, and written. No token is made that would not be accepted a moment later.
 */
#ifndef ACCESS_TOKEN_TOKEN_PAYLOAD_H
#define ACCESS_TOKEN_TOKEN_PAYLOAD_H

#include "jose/bytes.h"
#include "jose/json_write.h"
#include "store/permissions.h"

/* All texts in UTF-8; a view without data (NULL) where the caller said nothing. */
typedef struct TokenWish
{
	bool has_expires_in;
	int expires_in; /* seconds */
	ByteView scope;
	const ByteView *audience;
	int audience_count;
	bool audience_as_array; /* also where there is one */
	ByteView claims;        /* a JSON object with further claims */
} TokenWish;

/* How long a token lives: what is wished, or the default, within the cap. In seconds. */
typedef struct TokenLifetime
{
	int usual;
	int longest;
} TokenLifetime;

/*
 * Raises 22023 for a wish that cannot be granted: sizes first, then scope, audience, claims (reserved
 * names, a role that is not allowed, what verification would not read).
 */
void payload_check_wish(const TokenWish *wish, const Permissions *permissions);

/* The lifetime in seconds. Raises 22023 where more, or nothing, is wished. */
int payload_lifetime(const TokenWish *wish, TokenLifetime allowed);

/* Raises 22023 for a token longer than verification reads. */
void payload_check_token_size(size_t len);

/* Bytes that the wish takes in a payload at most. */
size_t payload_wish_capacity(const TokenWish *wish);

/* Writes scope, aud and the further claims, each behind a comma. */
void payload_put_wish(JsonWriter *writer, const TokenWish *wish);

/*
 * The names that the token adds to the caller's claims count towards the limit of what is read: raises
 * 22023 where the whole exceeds it.
 */
void payload_check_whole(const TokenWish *wish, ByteView payload);

#endif
