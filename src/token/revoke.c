/* Recognising what is to be revoked; purpose: revoke.h. */
#include "postgres.h"

#include "token/revoke.h"

#include "pg/clock.h"
#include "pg/memory.h"
#include "token/check.h"
#include "token/revoked.h"

/* Leaves in decoded whose token it is; what it says of itself stands there already. */
static JoseFault judge(const void *request, DecodedToken *decoded)
{
	Check check = {.decoded = decoded, .claims = &decoded->claims, .now = clock_now()};
	const TokenKind *kind = NULL;
	JoseFault fault = check_recognise(&check, &kind);

	if (fault.status == JOSE_OK)
		fault = kind->check_type(&check);
	if (fault.status == JOSE_OK)
		decoded->subject.tenant_id = check.tenant->id;
	return fault;
}

JoseFault revoke_recognise(ByteView token, TokenToRevoke *target)
{
	DecodedToken decoded;
	JoseFault fault = verify_decode(token, &decoded);

	if (fault.status == JOSE_OK)
		fault = verify_settled(judge, NULL, &decoded);
	if (fault.status != JOSE_OK)
		return fault;
	target->is_over = !decoded.claims.has_exp || decoded.claims.exp <= clock_now();
	target->expires_at = decoded.claims.exp;
	target->probe = revoked_probe_of(memory_copy(decoded.subject.tenant_id), &decoded,
									 target->room);
	target->probe.value = memory_copy(target->probe.value);
	return FINE;
}
