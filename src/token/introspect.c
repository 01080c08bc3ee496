/* Introspection; purpose: introspect.h. */
#include "postgres.h"

#include "token/introspect.h"

#include "jose/json_write.h"
#include "pg/errors.h"
#include "pg/jsonb.h"

/* Members that are the token's own claims, as they stand there. */
static const ByteView claims_shown[] = {
	BYTES_INIT("scope"), BYTES_INIT("exp"), BYTES_INIT("iat"), BYTES_INIT("nbf"),
	BYTES_INIT("sub"),   BYTES_INIT("aud"), BYTES_INIT("iss"), BYTES_INIT("jti"),
};

/* A string's text comes without its quotes. */
static void put_value(JsonWriter *writer, const JsonValue *value)
{
	bool is_string = value->type == JSON_STRING;

	if (is_string)
		json_put_raw(writer, BYTES_LITERAL("\""));
	json_put_raw(writer, value->text);
	if (is_string)
		json_put_raw(writer, BYTES_LITERAL("\""));
}

static void put_name(JsonWriter *writer, ByteView name)
{
	json_put_raw(writer, BYTES_LITERAL(",\""));
	json_put_raw(writer, name);
	json_put_raw(writer, BYTES_LITERAL("\":"));
}

static void put_claims(JsonWriter *writer, ByteView payload)
{
	JsonValue found[lengthof(claims_shown)];
	size_t error_at;

	if (json_read_object(payload, claims_shown, found, lengthof(claims_shown), &error_at) !=
		JOSE_OK)
		return;
	for (size_t i = 0; i < lengthof(claims_shown); i++)
	{
		if (found[i].type == JSON_ABSENT)
			continue;
		put_name(writer, claims_shown[i]);
		put_value(writer, &found[i]);
	}
}

static void put_optional(JsonWriter *writer, ByteView name, ByteView text)
{
	if (text.data == NULL)
		return;
	put_name(writer, name);
	json_put_string(writer, text);
}

/* The client is whom the token was issued to: a client, or an API key, whose id is iss. */
static ByteView write_active(const DecodedToken *decoded)
{
	const TokenSubject *subject = &decoded->subject;
	size_t capacity = 256 + decoded->payload_json.len +
					  json_string_capacity(subject->identity.len) +
					  json_string_capacity(subject->issued_to.len);
	JsonWriter writer = json_writer(palloc(capacity), capacity);
	ByteView written;

	json_put_raw(&writer, BYTES_LITERAL("{\"active\":true,\"token_type\":\"Bearer\""));
	put_optional(&writer, BYTES_LITERAL("client_id"), subject->issued_to);
	put_optional(&writer, BYTES_LITERAL("username"), subject->identity);
	put_claims(&writer, decoded->payload_json);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	written = json_written(&writer);
	if (written.data == NULL)
		elog(ERROR, "introspection buffer is too small");
	return written;
}

struct varlena *introspect_access_token(const VerifyRequest *request)
{
	DecodedToken decoded;
	JoseStatus status = verify_access_token(request, &decoded).status;
	struct varlena *answer = NULL;

	if (!errors_is_refusal(status))
		errors_raise_status(status); /* not what the token contains */
	if (status == JOSE_OK)
		status = jsonb_from_object(write_active(&decoded), &answer);
	if (status != JOSE_OK)
		errors_raise_status(jsonb_from_object(BYTES_LITERAL("{\"active\":false}"), &answer));
	return answer;
}
