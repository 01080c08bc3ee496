/* Segments and headers of a compact JWS; rules: jws.h. */
#include "jose/jws.h"

enum
{
	ALG,
	TYP,
	CTY,
	KID,
	CRIT,
	B64,
	ZIP,
	MEMBER_COUNT
};

static const ByteView member_names[MEMBER_COUNT] = {
	[ALG] = BYTES_INIT("alg"), [TYP] = BYTES_INIT("typ"),   [CTY] = BYTES_INIT("cty"),
	[KID] = BYTES_INIT("kid"), [CRIT] = BYTES_INIT("crit"), [B64] = BYTES_INIT("b64"),
	[ZIP] = BYTES_INIT("zip"),
};

/* The segment from start to the next dot, or to the end. */
static ByteView segment_at(ByteView token, size_t start)
{
	const uint8_t *from = token.data + start;
	size_t rest = token.len - start;
	const uint8_t *dot = rest > 0 ? memchr(from, '.', rest) : NULL;

	return bytes_of(from, dot == NULL ? rest : (size_t) (dot - from));
}

JoseStatus jws_split(ByteView token, JwsParts *parts)
{
	size_t payload_at;
	size_t signature_at;

	*parts = (JwsParts) {.header = token};
	if (token.len == 0)
		return JOSE_NOT_COMPACT;
	parts->header = segment_at(token, 0);
	payload_at = parts->header.len + 1;
	if (parts->header.len == 0 || payload_at >= token.len)
		return JOSE_NOT_COMPACT;
	parts->payload = segment_at(token, payload_at);
	signature_at = payload_at + parts->payload.len + 1;
	if (signature_at >= token.len)
		return JOSE_NOT_COMPACT;
	parts->signature = segment_at(token, signature_at);
	if (signature_at + parts->signature.len != token.len || parts->signature.len == 0)
		return JOSE_NOT_COMPACT;
	parts->signing_input = bytes_of(token.data, signature_at - 1);
	return parts->header.len > JWS_MAX_HEADER_CHARS ? JOSE_HEADER_TOO_LARGE : JOSE_OK;
}

JoseStatus jws_read_header(ByteView json, JwsHeader *header, size_t *error_at)
{
	JsonValue members[MEMBER_COUNT];
	JoseStatus status = json_read_object(json, member_names, members, MEMBER_COUNT, error_at);

	if (status != JOSE_OK)
		return status;
	if (members[ALG].type != JSON_STRING || !json_is_string_or_absent(&members[TYP]) ||
		!json_is_string_or_absent(&members[CTY]) || !json_is_string_or_absent(&members[KID]))
		return JOSE_HEADER_MEMBER;
	if (members[CRIT].type != JSON_ABSENT)
		return JOSE_CRITICAL_HEADER;
	if (members[ZIP].type != JSON_ABSENT ||
		(members[B64].type != JSON_ABSENT && members[B64].type != JSON_TRUE))
		return JOSE_UNSUPPORTED_HEADER;

	*header = (JwsHeader) {.alg = members[ALG],
						   .typ = members[TYP],
						   .cty = members[CTY],
						   .kid = members[KID]};
	return JOSE_OK;
}

const JoseAlg *jws_alg_named(const JsonValue *alg)
{
	return alg->type == JSON_STRING && !alg->escaped ? jose_alg_by_name(alg->text) : NULL;
}

bool jws_typ_is(const JwsHeader *header, ByteView typ)
{
	return header->typ.type == JSON_STRING && !header->typ.escaped &&
		   bytes_equal_ignoring_case(header->typ.text, typ);
}
