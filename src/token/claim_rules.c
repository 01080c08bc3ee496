/* Times, lifetime, audience; rules: claim_rules.h. */
#include "postgres.h"

#include "token/claim_rules.h"

#include "pg/settings.h"

JoseTime claim_rules_leeway(void)
{
	return settings_leeway * JOSE_TIME_PER_SECOND;
}

/* Seconds from one time to a later one, rounded up. */
static int64_t seconds_between(JoseTime earlier, JoseTime later)
{
	return (later - earlier + JOSE_TIME_PER_SECOND - 1) / JOSE_TIME_PER_SECOND;
}

JoseFault claim_rules_times_within(const Claims *claims, JoseTime now, JoseTime exp_leeway,
								   JoseTime leeway)
{
	if (claims->has_exp && claims->exp + exp_leeway <= now)
		return FAULT(.status = JOSE_EXPIRED, .value = (now - claims->exp) / JOSE_TIME_PER_SECOND);
	if (claims->has_nbf && claims->nbf > now + leeway)
		return FAULT(.status = JOSE_NOT_YET_VALID, .value = seconds_between(now, claims->nbf));
	if (claims->has_iat && claims->iat > now + leeway)
		return FAULT(.status = JOSE_ISSUED_IN_FUTURE, .value = seconds_between(now, claims->iat));
	return FINE;
}

JoseFault claim_rules_times(const Claims *claims, JoseTime now)
{
	if (!claims->has_exp)
		return FAULT(.status = JOSE_CLAIM_MISSING);
	return claim_rules_times_within(claims, now, 0, claim_rules_leeway());
}

JoseFault claim_rules_lifetime(const Claims *claims, JoseTime now, int cap)
{
	JoseTime longest = cap * JOSE_TIME_PER_SECOND;
	JoseTime start = claims->has_iat ? claims->iat : now;

	if (claims->exp - now - claim_rules_leeway() > longest ||
		(claims->has_iat && claims->exp - claims->iat > longest))
		return FAULT(.status = JOSE_LIFETIME_TOO_LONG, .value = seconds_between(start, claims->exp),
					 .limit = cap);
	return FINE;
}

JoseFault claim_rules_audience(const Claims *claims, ByteView audience)
{
	if (audience.data == NULL)
		return FAULT(.status = claims->aud.type == JSON_ABSENT ? JOSE_OK : JOSE_AUDIENCE_NOT_NAMED);
	return FAULT(.status = claims_names_audience(&claims->aud, audience) ? JOSE_OK
																		 : JOSE_AUDIENCE_MISMATCH);
}

bool claim_rules_name_is_one_of(const JsonValue *name, const ByteView *names, size_t count)
{
	uint8_t unescaped[192]; /* none of the names is longer, however it is escaped */
	ByteView text = name->text;

	if (name->escaped && name->text.len <= sizeof(unescaped))
		text = bytes_of(unescaped, json_unescape(name, unescaped));
	for (size_t i = 0; i < count; i++)
	{
		if (bytes_equal_ignoring_case(text, names[i]))
			return true;
	}
	return false;
}

bool claim_rules_like_id_token(const JsonValue *object)
{
	static const ByteView id_token_claims[] = {
		BYTES_INIT("nonce"),
		BYTES_INIT("at_hash"),
		BYTES_INIT("auth_time"),
	};
	JsonCursor cursor = json_cursor(object);
	JsonValue name;
	JsonValue value;

	while (json_next_member(&cursor, &name, &value))
	{
		if (claim_rules_name_is_one_of(&name, id_token_claims, lengthof(id_token_claims)))
			return true;
	}
	return false;
}
