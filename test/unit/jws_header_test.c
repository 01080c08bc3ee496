/*
 * What a header may say: hostile rows H, K, T and those of J that stand in a header. Each header is
 * read alone and as part of a token with a right signature.
 */
#include <stdlib.h>

#include "jose/jws.h"
#include "support/compact.h"
#include "support/exact.h"
#include "support/tap.h"

typedef struct HeaderRow
{
	ByteView json;
	JoseStatus read;  /* of the header alone */
	JoseStatus token; /* of a token with it under an HS256 key */
} HeaderRow;

#define REFUSED(json, status) \
	{ \
		TEXT(json), status, status \
	}
#define FOREIGN_ALG(json) \
	{ \
		TEXT(json), JOSE_OK, JOSE_UNSUPPORTED_ALG \
	}
#define ACCEPTED(json) \
	{ \
		TEXT(json), JOSE_OK, JOSE_OK \
	}

static CompactKey test_key(void)
{
	return (CompactKey) {.alg = jose_alg_by_name(BYTES_LITERAL("HS256")),
						 .secret = BYTES_LITERAL("0123456789abcdef0123456789abcdef")};
}

static void run_rows(const HeaderRow *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		ByteView json = exact_copy(rows[i].json);
		ByteView token = compact_sign(json, BYTES_LITERAL("{}"), test_key());
		JwsHeader header;
		size_t error_at;
		const char *text = (const char *) rows[i].json.data;
		int shown = json.len < 100 ? (int) json.len : 100;

		is_status(jws_read_header(json, &header, &error_at), rows[i].read, "header %.*s", shown,
				  text);
		is_status(compact_verify(token, test_key()), rows[i].token, "a token with it");
		exact_free(token);
		exact_free(json);
	}
}

/* H01 to H19: alg is there, a string, and exactly the key's. */
static void test_alg(void)
{
	static const HeaderRow rows[] = {
		ACCEPTED("{\"alg\":\"HS256\"}"),
		ACCEPTED("{\"alg\":\"\\u0048S256\"}"),
		ACCEPTED("{\"\\u0061lg\":\"HS256\"}"),
		FOREIGN_ALG("{\"alg\":\"none\"}"),
		FOREIGN_ALG("{\"alg\":\"None\"}"),
		FOREIGN_ALG("{\"alg\":\"NONE\"}"),
		FOREIGN_ALG("{\"alg\":\"nOnE\"}"),
		FOREIGN_ALG("{\"alg\":\"none \"}"),
		FOREIGN_ALG("{\"alg\":\"\"}"),
		FOREIGN_ALG("{\"alg\":\"\\u006eone\"}"),
		FOREIGN_ALG("{\"alg\":\"hs256\"}"),
		FOREIGN_ALG("{\"alg\":\"HS256 \"}"),
		FOREIGN_ALG("{\"alg\":\" HS256\"}"),
		FOREIGN_ALG("{\"alg\":\"HS256\\n\"}"),
		FOREIGN_ALG("{\"alg\":\"HS384\"}"),
		FOREIGN_ALG("{\"alg\":\"HS512\"}"),
		FOREIGN_ALG("{\"alg\":\"RS256\"}"),
		FOREIGN_ALG("{\"alg\":\"ES256\"}"),
		FOREIGN_ALG("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}"),
		REFUSED("{}", JOSE_HEADER_MEMBER),
		REFUSED("{\"typ\":\"JWT\"}", JOSE_HEADER_MEMBER),
		REFUSED("{\"ALG\":\"HS256\"}", JOSE_HEADER_MEMBER),
		REFUSED("{\"x\":{\"alg\":\"HS256\"}}", JOSE_HEADER_MEMBER),
		REFUSED("{\"alg\":null}", JOSE_HEADER_MEMBER),
		REFUSED("{\"alg\":256}", JOSE_HEADER_MEMBER),
		REFUSED("{\"alg\":true}", JOSE_HEADER_MEMBER),
		REFUSED("{\"alg\":[\"HS256\"]}", JOSE_HEADER_MEMBER),
		REFUSED("{\"alg\":{\"alg\":\"HS256\"}}", JOSE_HEADER_MEMBER),
		REFUSED("{\"alg\":\"HS256\\u0000\"}", JOSE_JSON_ESCAPE),
		REFUSED("{\"alg\":\"HS256\0\"}", JOSE_JSON_SYNTAX),
	};

	run_rows(rows, COUNT_OF(rows));
}

/* J01-J04, J09, J10, J29-J33, J38: a header that is not one JSON object with unique names. */
static void test_json(void)
{
	static const HeaderRow rows[] = {
		REFUSED("{\"alg\":\"none\",\"alg\":\"HS256\"}", JOSE_JSON_DUPLICATE),
		REFUSED("{\"alg\":\"HS256\",\"alg\":\"none\"}", JOSE_JSON_DUPLICATE),
		REFUSED("{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", JOSE_JSON_DUPLICATE),
		REFUSED("{\"\\u0061lg\":\"none\",\"alg\":\"HS256\"}", JOSE_JSON_DUPLICATE),
		REFUSED("{\"alg\":\"HS256\",\"kid\":\"a\",\"kid\":\"b\"}", JOSE_JSON_DUPLICATE),
		REFUSED("{\"alg\":\"HS256\",\"x\":{\"y\":1,\"y\":2}}", JOSE_JSON_DUPLICATE),
		REFUSED("{\"alg\":\"HS256\"}{\"alg\":\"HS256\"}", JOSE_JSON_SYNTAX),
		REFUSED("{\"alg\":\"HS256\"}x", JOSE_JSON_SYNTAX),
		REFUSED("\xEF\xBB\xBF{\"alg\":\"HS256\"}", JOSE_JSON_SYNTAX),
		REFUSED("{'alg':'HS256'}", JOSE_JSON_SYNTAX),
		REFUSED("{\"alg\":\"HS256\",}", JOSE_JSON_SYNTAX),
		REFUSED("{\"alg\":\"HS256\xFF\"}", JOSE_JSON_UTF8),
		REFUSED("[\"HS256\"]", JOSE_JSON_NOT_OBJECT),
		REFUSED("[{\"alg\":\"HS256\"}]", JOSE_JSON_NOT_OBJECT),
		REFUSED("null", JOSE_JSON_NOT_OBJECT),
		REFUSED("\"HS256\"", JOSE_JSON_NOT_OBJECT),
		REFUSED("7", JOSE_JSON_NOT_OBJECT),
		REFUSED("{\"alg\":\"HS256\",\"x\":1e400}", JOSE_JSON_LIMIT),
		ACCEPTED(" \t\r\n{ \"alg\" : \"HS256\" }\n"),
		ACCEPTED("{\"alg\":\"HS256\",\"x\":{\"alg\":\"none\",\"crit\":[],\"zip\":\"DEF\"}}"),
	};

	run_rows(rows, COUNT_OF(rows));
}

/* H30 to H42: extensions that must be understood (RFC 7515 4.1.11), RFC 7797 and compression. */
static void test_crit_b64_zip(void)
{
	static const HeaderRow rows[] = {
		REFUSED("{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":[]}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":\"exp\"}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":[\"absent\"]}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":[\"alg\"]}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":[\"x\",\"x\"],\"x\":1}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":[1]}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":1}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":null}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":false}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"crit\":{}}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"\\u0063rit\":[\"x\"]}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"b64\":true,\"crit\":[\"b64\"]}", JOSE_CRITICAL_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"b64\":false}", JOSE_UNSUPPORTED_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"b64\":\"true\"}", JOSE_UNSUPPORTED_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"b64\":1}", JOSE_UNSUPPORTED_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"b64\":null}", JOSE_UNSUPPORTED_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"zip\":\"DEF\"}", JOSE_UNSUPPORTED_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"zip\":null}", JOSE_UNSUPPORTED_HEADER),
		REFUSED("{\"alg\":\"HS256\",\"zip\":\"\"}", JOSE_UNSUPPORTED_HEADER),
		ACCEPTED("{\"alg\":\"HS256\",\"b64\":true}"),
		ACCEPTED("{\"alg\":\"HS256\",\"Crit\":[\"x\"],\"CRIT\":[],\"Zip\":\"DEF\",\"B64\":false}"),
	};

	run_rows(rows, COUNT_OF(rows));
}

/* K01 to K16, T08 to T09: types of kid, typ and cty; what they say is not the core's to judge. */
static void test_kid_typ_cty(void)
{
	static const char *const names[] = {"kid", "typ", "cty"};
	static const ByteView refused[] = {TEXT("1"),    TEXT("null"), TEXT("[\"a\"]"),
									   TEXT("true"), TEXT("{}"),   TEXT("false")};
	static const ByteView accepted[] =
		{TEXT("\"\""),     TEXT("\"' OR 1=1--\""), TEXT("\"../../dev/null\""),   TEXT("\"a\\n\""),
		 TEXT("\"hs__\""), TEXT("\"%\""),          TEXT("\"\xF0\x9F\x98\x80\""), TEXT("\"a \"")};

	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		char start[64] = "{\"alg\":\"HS256\",\"";

		strcat(start, names[i]);
		strcat(start, "\":");
		for (size_t j = 0; j < COUNT_OF(refused) + COUNT_OF(accepted); j++)
		{
			bool good = j >= COUNT_OF(refused);
			ByteView value = good ? accepted[j - COUNT_OF(refused)] : refused[j];
			JoseStatus expected = good ? JOSE_OK : JOSE_HEADER_MEMBER;
			ByteView json = joined(view_of(start), value, BYTES_LITERAL("}"));
			JwsHeader header;
			size_t error_at;

			is_status(jws_read_header(json, &header, &error_at), expected, "%.*s", (int) json.len,
					  (const char *) json.data);
			exact_free(json);
		}
	}
}

static void test_members_found(void)
{
	static const ByteView json = TEXT("{\"cty\":\"parra-fpa;v=1\",\"kid\":\"\\u006bid\",\"x5c\":[],"
									  "\"alg\":\"HS256\",\"typ\":\"at+jwt\"}");
	JwsHeader header;
	size_t error_at = 7;

	is_status(jws_read_header(json, &header, &error_at), JOSE_OK, "a header with all members");
	ok(json_string_equals(&header.alg, BYTES_LITERAL("HS256")), "alg");
	ok(json_string_equals(&header.typ, BYTES_LITERAL("at+jwt")), "typ");
	ok(json_string_equals(&header.cty, BYTES_LITERAL("parra-fpa;v=1")), "cty");
	ok(json_string_equals(&header.kid, BYTES_LITERAL("kid")), "kid, unescaped");
	is_status(jws_read_header(BYTES_LITERAL("{\"alg\":\"x\"}"), &header, &error_at), JOSE_OK,
			  "a header with alg alone");
	is_int(header.typ.type, JSON_ABSENT, "has no typ");
	is_int(header.cty.type, JSON_ABSENT, "no cty");
	is_int(header.kid.type, JSON_ABSENT, "and no kid");
	is_status(jws_read_header(BYTES_LITERAL("{\"alg\":\"x\",}"), &header, &error_at),
			  JOSE_JSON_SYNTAX, "a fault in JSON");
	is_int((int64_t) error_at, 11, "has its offset");
}

/*
 * H50 to H56: keys and addresses of keys in a header. They are ignored like any unknown member: the
 * token is good under the stored key and refused when the embedded key made its signature.
 */
static void test_embedded_keys(void)
{
	static const ByteView jsons[] = {
		TEXT("{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":"
			 "\"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE\"}}"),
		TEXT("{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"kid\":\"a\",\"k\":"
			 "\"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE\"},\"kid\":\"a\"}"),
		TEXT("{\"alg\":\"HS256\",\"jku\":\"http://169.254.169.254/keys\"}"),
		TEXT("{\"alg\":\"HS256\",\"jku\":\"file:///etc/passwd\"}"),
		TEXT("{\"alg\":\"HS256\",\"x5u\":\"http://169.254.169.254/cert\"}"),
		TEXT("{\"alg\":\"HS256\",\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\"}"),
		TEXT("{\"alg\":\"HS256\",\"jwk\":null,\"jku\":[],\"x5u\":{},\"x5c\":1}"),
	};
	CompactKey embedded = test_key();

	embedded.secret = BYTES_LITERAL("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	for (size_t i = 0; i < COUNT_OF(jsons); i++)
	{
		ByteView ours = compact_sign(jsons[i], BYTES_LITERAL("{}"), test_key());
		ByteView theirs = compact_sign(jsons[i], BYTES_LITERAL("{}"), embedded);

		is_status(compact_verify(ours, test_key()), JOSE_OK, "ignored: %.*s", (int) jsons[i].len,
				  (const char *) jsons[i].data);
		is_status(compact_verify(theirs, test_key()), JOSE_BAD_SIGNATURE, "and never trusted");
		exact_free(ours);
		exact_free(theirs);
	}
}

/* J39: a header nested 100000 deep, read without the cap on its segment. */
static void test_limits(void)
{
	ByteView deep = bytes_of(exact_filled(100000, '['), 100000);
	ByteView json = joined(BYTES_LITERAL("{\"alg\":\"HS256\",\"x\":"), deep, BYTES_LITERAL("}"));
	JwsHeader header;
	size_t error_at;

	is_status(jws_read_header(json, &header, &error_at), JOSE_JSON_LIMIT, "nested 100000 deep");
	exact_free(json);
	exact_free(deep);
}

/* What a header is asked: an algorithm of the table, and a type in any case of letters; never by an escape. */
static void test_asked(void)
{
	ByteView json = exact_copy(
		BYTES_LITERAL("{\"alg\":\"ES256\",\"typ\":\"At+JWT\",\"kid\":\"HS256\"}"));
	ByteView escaped = exact_copy(BYTES_LITERAL("{\"alg\":\"ES25\\u0036\",\"typ\":\"JW\\u0054\"}"));
	const JsonValue number = {.type = JSON_NUMBER, .text = BYTES_INIT("HS256")};
	JwsHeader header;
	size_t error_at;

	is_status(jws_read_header(json, &header, &error_at), JOSE_OK, "a header");
	ok(jws_alg_named(&header.alg) == jose_alg_by_name(BYTES_LITERAL("ES256")), "its algorithm");
	ok(jws_alg_named(&header.cty) == NULL, "none where nothing stands");
	ok(jws_alg_named(&number) == NULL, "none by another type");
	ok(jws_typ_is(&header, BYTES_LITERAL("at+jwt")), "its type, in other letters");
	ok(!jws_typ_is(&header, BYTES_LITERAL("JWT")), "no other type");
	is_status(jws_read_header(escaped, &header, &error_at), JOSE_OK, "one with escapes");
	ok(jws_alg_named(&header.alg) == NULL, "no algorithm by an escape");
	ok(!jws_typ_is(&header, BYTES_LITERAL("JWT")), "no type by an escape");
	ok(!jws_typ_is(&(JwsHeader) {.alg = number}, BYTES_LITERAL("")),
	   "a type that is absent is not empty");
	exact_free(escaped);
	exact_free(json);
}

int main(void)
{
	test_alg();
	test_json();
	test_crit_b64_zip();
	test_kid_typ_cty();
	test_members_found();
	test_asked();
	test_embedded_keys();
	test_limits();
	return done();
}
