/*
 * What the checks of one access token share, and what its two kinds, those of API keys and those of
 * clients, do each in their own way. For the files behind verify.h alone.
 */
#ifndef ACCESS_TOKEN_TOKEN_CHECK_H
#define ACCESS_TOKEN_TOKEN_CHECK_H

#include "store/api_key.h"
#include "store/client.h"
#include "store/tenant.h"
#include "token/claim_rules.h"
#include "token/verify.h"

typedef struct Check
{
	const VerifyRequest *request;
	DecodedToken *decoded;
	const Claims *claims;
	JoseTime now;
	const JoseAlg *alg; /* by the header, to compare the key's with; filled in by check_recognise */

	/* filled in by find_maker */
	const Tenant *tenant;
	const ApiKey *key; /* of an API key's token */
	bool made_here;    /* under a kid of ours, so its jti tells when */

	/* filled in by check_parties */
	const Client *client;
	const Permissions *permissions;
	const Cutoff *cutoff; /* of API key or client */
	int max_lifetime;     /* seconds */
	bool is_public;       /* its identity is a claim that nobody proved */
	ByteView identity;    /* whom it names as user, proved or not; no data where nobody */
} Check;

typedef struct TokenKind
{
	/* Finds key and tenant, and checks the signature: nothing else of the payload counts before. */
	JoseStatus (*find_maker)(Check *check);

	/* typ and cty, and claims by which another kind of token is known. */
	JoseFault (*check_type)(const Check *check);

	/* Required claims, issuer and subject, the tenant asked for. */
	JoseFault (*check_parties)(Check *check);

	/* Whether key or client are switched off. */
	JoseFault (*check_state)(const Check *check);
} TokenKind;

extern const TokenKind check_api_key_token;
extern const TokenKind check_client_token;

/*
 * Finds a decoded token's kind by its algorithm, its maker, and reads its claims; sets signature_good
 * and claims_read. JOSE_BAD_SIGNATURE and what can be wrong with a payload.
 */
JoseFault check_recognise(Check *check, const TokenKind **kind);

/* A view of the unescaped text of a string that may be an id; no data when it cannot be one. */
ByteView check_id(const JsonValue *string);

#endif
