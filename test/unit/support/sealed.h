/* Compact JWE by the core, in memory with no byte to spare; and its parts, to put together anew. */
#ifndef ACCESS_TOKEN_UNIT_SEALED_H
#define ACCESS_TOKEN_UNIT_SEALED_H

#include "jose/jwe.h"

/* The names of all algorithms. */
extern const char *const sealed_algs[13];
extern const char *const sealed_encs[6];

/* A private key for an algorithm, P-256 where it takes a curve; freed by exact_free. */
ByteView sealed_key(const char *alg, const char *enc);

/* header is JSON or NULL. A token freed by exact_free, no data where it is refused. */
ByteView sealed_by(const Jwk *jwk, const char *alg, const char *enc, const char *header,
				   ByteView plain, JoseStatus *status);

/* The same for what must succeed. */
ByteView sealed_token(const Jwk *jwk, const char *alg, const char *enc, ByteView plain);

/* Reads and decrypts; plain, which may be NULL, is freed by exact_free and empty on failure. */
JoseStatus sealed_open(ByteView token, const Jwk *jwk, ByteView *plain);

/* A token with its segment of that number (0 to 4) replaced by text; freed by exact_free. */
ByteView sealed_with(ByteView token, int segment, ByteView text);

/* A segment, decoded; freed by exact_free. */
ByteView sealed_segment(ByteView token, int segment);

/*
 * A token of any header, with content that is rightly encrypted for it: only what the header says
 * can be wrong. Freed by exact_free.
 */
ByteView sealed_raw(ByteView header, ByteView encrypted_key, const JweEnc *enc, ByteView cek,
					ByteView plain);

#endif
