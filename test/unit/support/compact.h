/*
 * A compact JWS from end to end with the core's functions alone: what a server does with a token
 * before it looks at claims, in the same order (RFC 7515 section 5.2), and its making.
 */
#ifndef ACCESS_TOKEN_UNIT_COMPACT_H
#define ACCESS_TOKEN_UNIT_COMPACT_H

#include "jose/alg.h"
#include "jose/bytes.h"
#include "jose/status.h"

/* A key as it is stored: one algorithm, one secret. */
typedef struct CompactKey
{
	const JoseAlg *alg;
	ByteView secret;
} CompactKey;

/*
 * Segments, base64url of the header, header, algorithm, base64url of the rest, signature. The
 * status of the first step that refuses; the header's alg is only compared with the key's.
 */
JoseStatus compact_verify(ByteView token, CompactKey key);

/* The token of header and payload, both taken as they are; freed by exact_free. */
ByteView compact_sign(ByteView header, ByteView payload, CompactKey key);

/*
 * The token of segments that are taken as they are, so that a wrongly spelled one has a right
 * signature; freed by exact_free.
 */
ByteView compact_sign_segments(ByteView header, ByteView payload, CompactKey key);

/* base64url of bytes; freed by exact_free. */
ByteView encoded(ByteView bytes);

/* The bytes of a segment in a buffer of exactly their size; freed by exact_free, also after a failure. */
JoseStatus decoded_segment(ByteView segment, ByteView *bytes);

/* Three parts in one; freed by exact_free. */
ByteView joined(ByteView a, ByteView b, ByteView c);

#endif
