/* Making and altering keys; terms: keys.h. */
#include "support/keys.h"

#include <stdlib.h>

#include "jose/generate.h"
#include "jose/json_write.h"
#include "support/compact.h"
#include "support/exact.h"
#include "support/vectors.h"

#define RSA_BITS 2048

JoseStatus key_read(ByteView text, TestKey *key)
{
	size_t error_at = SIZE_MAX;
	JoseStatus status;

	key->text = exact_copy(text);
	status = jwk_read(key->text, &key->jwk, &error_at);
	if (error_at > text.len)
		abort(); /* an offset is inside the text */
	return status;
}

void key_close(TestKey *key)
{
	jwk_close(&key->jwk);
	exact_free(key->text);
	*key = (TestKey) {0};
}

JoseStatus key_status(ByteView text)
{
	TestKey key;
	JoseStatus status = key_read(text, &key);

	key_close(&key);
	return status;
}

TestKey key_of(ByteView text)
{
	TestKey key;

	if (key_read(text, &key) != JOSE_OK)
		abort(); /* a mistake of the test, or a core that jwk_test finds wrong */
	return key;
}

static ByteView generated(const JoseAlg *alg)
{
	static const JwkLabels no_labels = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	uint8_t text[JWK_MAX_TEXT_LEN];
	ByteView written;
	Jwk jwk;

	if (alg == NULL || generate_key(alg, RSA_BITS, NULL, &jwk) != JOSE_OK)
		abort();
	written = jwk.pkey == NULL ? jwk_write_oct(&jwk, &no_labels, text, sizeof(text))
							   : jwk_write(jwk.pkey, true, &no_labels, text, sizeof(text));
	if (written.data == NULL)
		abort();
	written = exact_copy(written);
	jwk_close(&jwk);
	return written;
}

/* One key for each type and curve, and for each length of a secret; nth tells two of them apart. */
static ByteView kept_text(const char *name, size_t nth)
{
	static struct
	{
		const JoseAlg *alg;
		ByteView texts[2];
	} kept[13];
	const JoseAlg *alg = jose_alg_by_name(view_of(name));
	size_t i = 0;

	if (alg == NULL)
		abort();
	if (alg->key_type == JOSE_KEY_RSA)
		alg = jose_alg_by_name(BYTES_LITERAL("RS256"));
	while (kept[i].alg != NULL && kept[i].alg != alg)
		i++;
	kept[i].alg = alg;
	if (kept[i].texts[nth].data == NULL)
		kept[i].texts[nth] = generated(alg);
	return kept[i].texts[nth];
}

ByteView key_text(const char *alg)
{
	return kept_text(alg, 0);
}

ByteView key_other_text(const char *alg)
{
	return kept_text(alg, 1);
}

ByteView key_public(ByteView text)
{
	static const char *const private_names[] = {"d", "p", "q", "dp", "dq", "qi"};
	ByteView public = exact_copy(text);

	for (size_t i = 0; i < sizeof(private_names) / sizeof(private_names[0]); i++)
	{
		ByteView less = with_member(public, private_names[i], NULL);

		exact_free(public);
		public = less;
	}
	return public;
}

static void put_member(JsonWriter *writer, ByteView name, ByteView value)
{
	json_put_raw(writer, BYTES_LITERAL(",\""));
	json_put_raw(writer, name);
	json_put_raw(writer, BYTES_LITERAL("\":"));
	json_put_raw(writer, value);
}

/* A value as it stands in the text, which for a string is without its quotes. */
static ByteView raw_value(const JsonValue *value)
{
	return value->type == JSON_STRING ? bytes_of(value->text.data - 1, value->text.len + 2)
									  : value->text;
}

ByteView with_member(ByteView object, const char *name, const char *raw)
{
	size_t capacity = object.len + strlen(name) + (raw != NULL ? strlen(raw) : 0) + 8;
	uint8_t *out = exact_filled(capacity, 0);
	JsonWriter writer = json_writer(out, capacity);
	bool is_done = raw == NULL;
	JsonValue value;
	JsonValue member_name;
	JsonCursor cursor;
	size_t error_at;
	ByteView written;

	if (json_read_value(object, &value, &error_at) != JOSE_OK)
		abort();
	cursor = json_cursor(&value);
	while (json_next_member(&cursor, &member_name, &value))
	{
		bool is_it = json_string_equals(&member_name, view_of(name));

		if (!is_it || raw != NULL)
			put_member(&writer, member_name.text, is_it ? view_of(raw) : raw_value(&value));
		is_done = is_done || is_it;
	}
	if (!is_done)
		put_member(&writer, view_of(name), view_of(raw));
	if (writer.at == writer.start)
		json_put_raw(&writer, BYTES_LITERAL("{"));
	json_put_raw(&writer, BYTES_LITERAL("}"));
	written = json_written(&writer);
	if (written.data == NULL)
		abort();
	out[0] = '{';
	written = exact_copy(written);
	free(out);
	return written;
}

ByteView with_bytes(ByteView object, const char *name, ByteView bytes)
{
	ByteView text = encoded(bytes);
	ByteView raw = joined(BYTES_LITERAL("\""), text, BYTES_LITERAL("\"\0"));
	ByteView result = with_member(object, name, (const char *) raw.data);

	exact_free(raw);
	exact_free(text);
	return result;
}

ByteView member_bytes(ByteView object, const char *name)
{
	JsonValue value;
	JsonValue member;
	size_t error_at;

	if (json_read_value(object, &value, &error_at) != JOSE_OK)
		abort();
	member = member_at(&value, name);
	return string_decoded(&member);
}
