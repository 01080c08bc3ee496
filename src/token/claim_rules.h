/* The rules about claims that hold for every kind of token: times, lifetime, audience. */
#ifndef ACCESS_TOKEN_TOKEN_CLAIM_RULES_H
#define ACCESS_TOKEN_TOKEN_CLAIM_RULES_H

#include "jose/claims.h"
#include "jose/status.h"

/* A fault with its numbers, and the absence of one. */
#define FAULT(...) ((JoseFault) {__VA_ARGS__})
#define FINE FAULT(.status = JOSE_OK)

/*
 * exp in the future, without leeway; nbf and iat at most access_token.leeway ahead (RFC 7519 section
 * 4.1). JOSE_CLAIM_MISSING without exp.
 */
JoseFault claim_rules_times(const Claims *claims, JoseTime now);

/* The same with the caller's own leeways, in microseconds; exp may be missing. */
JoseFault claim_rules_times_within(const Claims *claims, JoseTime now, JoseTime exp_leeway,
								   JoseTime leeway);

/* access_token.leeway in microseconds. */
JoseTime claim_rules_leeway(void);

/*
 * exp at most cap seconds after iat, and after now: whoever holds a secret can sign any exp. The
 * signer's clock may run ahead by the leeway, and then so does an exp that was counted from it.
 */
JoseFault claim_rules_lifetime(const Claims *claims, JoseTime now, int cap);

/* aud names the audience asked for; a token with aud is refused where none is (RFC 7519 4.1.3). */
JoseFault claim_rules_audience(const Claims *claims, ByteView audience);

/* Whether a name is one of some, in any case of letters and however it is escaped. */
bool claim_rules_name_is_one_of(const JsonValue *name, const ByteView *names, size_t count);

/* Whether an object has a claim by which others tell an id_token: nonce, at_hash, auth_time. */
bool claim_rules_like_id_token(const JsonValue *object);

#endif
