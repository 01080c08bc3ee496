/*
 * The table of revoked tokens and identities. It is looked at for every token and never cached, because
 * a revocation counts from the next statement on.
 */
#ifndef ACCESS_TOKEN_STORE_REVOCATION_H
#define ACCESS_TOKEN_STORE_REVOCATION_H

#include "jose/bytes.h"
#include "store/cutoff.h"

/* Characters of a stored value at most. */
#define REVOCATION_MAX_VALUE_LEN 128

/* What a row speaks of; the words are those of the column kind. */
typedef enum RevocationKind
{
	REVOKED_JTI,     /* a token by its jti */
	REVOKED_TOKEN,   /* a token that has none, by the hash of its header and payload */
	REVOKED_IDENTITY /* what was made for an identity until a moment */
} RevocationKind;

/* The word for a kind. */
ByteView revocation_kind_name(RevocationKind kind);

/*
 * The value as it is stored: printable ASCII of at most 128 characters stands for itself, any other
 * for its hash, so that a row has a bounded size and one form in every encoding.
 */
ByteView revocation_value(ByteView value, char room[REVOCATION_MAX_VALUE_LEN]);

/* The hash of bytes in the form of such a value. */
ByteView revocation_hash(ByteView bytes, char room[REVOCATION_MAX_VALUE_LEN]);

/*
 * What a row is looked up by. For a jti that is a UUID of version 7, as ours are: the milliseconds since
 * 1970 in it, so that tokens of one hour lie side by side, and behind them 21 bits of a hash; for any
 * other value a negative hash. The hash is of tenant and value. Values that share one are compared.
 *
 * Rows hold it, so what it returns never changes: the hash is the one that the server's own hash
 * partitions rest on, pg_upgrade included. It differs by byte order, which only dumps and replication
 * cross, and they compute it anew.
 */
int64_t revocation_lookup_key(ByteView tenant_id, ByteView kind, ByteView value);

/* One look-up, and what was found. */
typedef struct RevocationProbe
{
	ByteView tenant_id;
	RevocationKind kind;
	ByteView value; /* as revocation_value returns it */
	bool found;
	Cutoff cutoff; /* of what was found */
} RevocationProbe;

/* Looks for all of them, one or more of one tenant, under a fresh snapshot. */
void revocation_probe(RevocationProbe *probes, int count);

#endif
