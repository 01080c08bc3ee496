/* Revocations and cut-offs of one token; purpose: revoked.h. */
#include "postgres.h"

#include "token/revoked.h"

#include "jose/digest.h"
#include "jose/uuid7.h"
#include "pg/memory.h"

/* When a token was made, as far as it tells. */
typedef struct Making
{
	bool exact; /* to the microsecond */
	bool has_second;
	JoseTime at;     /* exact, or the second of iat */
	JoseTime expiry; /* its exp */
} Making;

static JoseTime second_of(JoseTime time)
{
	JoseTime rest = time % JOSE_TIME_PER_SECOND;

	return time - (rest < 0 ? rest + JOSE_TIME_PER_SECOND : rest);
}

/*
 * Our jti carries the time to the microsecond, and iat the second that it lies in. Of any other token
 * only iat counts: a jti of version 7 may have been made by somebody else's clock.
 */
static Making making_of(const Check *check)
{
	const Claims *claims = check->claims;
	Making making = {.has_second = claims->has_iat,
					 .at = second_of(claims->iat),
					 .expiry = claims->exp};
	JoseTime made_at;

	if (check->made_here && claims->has_iat && !claims->jti.escaped &&
		uuid7_read(claims->jti.text, &made_at) && second_of(made_at) == making.at)
	{
		making.exact = true;
		making.at = made_at;
	}
	return making;
}

/*
 * Whether a token may have been made before the cut-off: then it is refused. The clock of whoever made
 * it may run ahead, and then exp lies further in the future as well.
 */
static bool falls_under(const Making *making, const Cutoff *cutoff)
{
	if (!cutoff->is_set)
		return false;
	if (making->exact)
		return making->at <= cutoff->at;
	if (making->has_second)
		return making->at <= second_of(cutoff->at) + claim_rules_leeway();
	return making->expiry - cutoff->cap * JOSE_TIME_PER_SECOND <= cutoff->at + claim_rules_leeway();
}

/* A client that was deleted and made again under its id has none of its former tokens. */
static bool made_before_client(const Making *making, const Client *client)
{
	JoseTime created_at = client->created_at;

	return making->at < (making->exact ? created_at : second_of(created_at));
}

RevocationProbe revoked_probe_of(ByteView tenant_id, const DecodedToken *decoded,
								 char room[REVOCATION_MAX_VALUE_LEN])
{
	const JsonValue *jti = &decoded->claims.jti;

	if (jti->type == JSON_STRING && jti->text.len > 0)
		return (RevocationProbe) {.tenant_id = tenant_id,
								  .kind = REVOKED_JTI,
								  .value = revocation_value(memory_unescaped(jti), room)};
	return (RevocationProbe) {.tenant_id = tenant_id,
							  .kind = REVOKED_TOKEN,
							  .value = revocation_hash(decoded->parts.signing_input, room)};
}

JoseStatus revoked_status(const Check *check)
{
	char rooms[2][REVOCATION_MAX_VALUE_LEN];
	Making making = making_of(check);
	ByteView tenant_id = check->tenant->id;
	RevocationProbe probes[2] = {revoked_probe_of(tenant_id, check->decoded, rooms[0])};
	int count = 1;

	if (check->client != NULL && made_before_client(&making, check->client))
		return JOSE_REVOKED;
	if (falls_under(&making, &check->tenant->cutoff) || falls_under(&making, check->cutoff))
		return JOSE_REVOKED;
	if (check->identity.data != NULL)
		probes[count++] = (RevocationProbe) {.tenant_id = tenant_id,
											 .kind = REVOKED_IDENTITY,
											 .value = revocation_value(check->identity, rooms[1])};
	revocation_probe(probes, count);
	if (probes[0].found ||
		(count > 1 && probes[1].found && falls_under(&making, &probes[1].cutoff)))
		return JOSE_REVOKED;
	return JOSE_OK;
}
