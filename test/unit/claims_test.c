/*
 * Types of claims, audiences, scope lists and the issuer that is looked at before the signature:
 * hostile rows C and J05 to J07, J24 to J28. Times are in claims_time_test.c.
 */
#include "jose/claims.h"

#include <stdlib.h>

#include "support/exact.h"
#include "support/tap.h"

static JoseStatus read_claims(ByteView json, Claims *claims)
{
	ByteView copy = exact_copy(json);
	size_t error_at;
	JoseStatus status = claims_read(copy, claims, &error_at);

	exact_free(copy);
	return status;
}

static void expect_all(const ByteView *jsons, size_t count, JoseStatus expected)
{
	for (size_t i = 0; i < count; i++)
	{
		Claims claims;

		is_status(read_claims(jsons[i], &claims), expected, "%.*s", (int) jsons[i].len,
				  (const char *) jsons[i].data);
	}
}

static void test_wrong_types(void)
{
	static const ByteView jsons[] = {
		TEXT("{\"iss\":1}"),
		TEXT("{\"iss\":[\"a\"]}"),
		TEXT("{\"iss\":null}"),
		TEXT("{\"iss\":{}}"),
		TEXT("{\"iss\":true}"),
		TEXT("{\"sub\":1}"),
		TEXT("{\"sub\":{}}"),
		TEXT("{\"sub\":null}"),
		TEXT("{\"sub\":[\"a\"]}"),
		TEXT("{\"jti\":1}"),
		TEXT("{\"jti\":null}"),
		TEXT("{\"jti\":false}"),
		TEXT("{\"role\":1}"),
		TEXT("{\"role\":null}"),
		TEXT("{\"role\":[\"a\"]}"),
		TEXT("{\"aud\":1}"),
		TEXT("{\"aud\":[]}"),
		TEXT("{\"aud\":[ ]}"),
		TEXT("{\"aud\":[1]}"),
		TEXT("{\"aud\":[\"good\",1]}"),
		TEXT("{\"aud\":{}}"),
		TEXT("{\"aud\":null}"),
		TEXT("{\"aud\":[null]}"),
		TEXT("{\"aud\":true}"),
		TEXT("{\"aud\":[[\"good\"]]}"),
		TEXT("{\"aud\":[\"good\",[]]}"),
		TEXT("{\"aud\":[{}]}"),
		TEXT("{\"scope\":1}"),
		TEXT("{\"scope\":null}"),
		TEXT("{\"scope\":[\"a\"]}"),
		TEXT("{\"scope\":\"\"}"),
		TEXT("{\"scope\":\" \"}"),
		TEXT("{\"scope\":\"a \"}"),
		TEXT("{\"scope\":\" a\"}"),
		TEXT("{\"scope\":\"a  b\"}"),
		TEXT("{\"scope\":\"a\\tb\"}"),
		TEXT("{\"scope\":\"\\\"a\\\"\"}"),
		TEXT("{\"scope\":\"a\\\\b\"}"),
		TEXT("{\"scope\":{}}"),
		TEXT("{\"scope\":\"\xC3\xA9\"}"),
		TEXT("{\"scope\":\"a\x7F\"}"),
		TEXT("{\"scope\":\"a,b\\n\"}"),
		TEXT("{\"grants\":1}"),
		TEXT("{\"grants\":null}"),
		TEXT("{\"grants\":[]}"),
		TEXT("{\"grants\":\"a\"}"),
		TEXT("{\"grants\":{\"identity\":1}}"),
		TEXT("{\"grants\":{\"identity\":null}}"),
		TEXT("{\"grants\":{\"identity\":{}}}"),
		TEXT("{\"grants\":{\"identity\":[\"a\"]}}"),
		TEXT("{\"\\u0069ss\":1}"),
		TEXT("{\"grants\":{\"\\u0069dentity\":1}}"),
	};

	expect_all(jsons, COUNT_OF(jsons), JOSE_CLAIM_TYPE);
}

static void test_right_types(void)
{
	static const ByteView jsons[] = {
		TEXT("{}"),
		TEXT("{\"iss\":\"\",\"sub\":\"\",\"jti\":\"\",\"role\":\"\"}"),
		TEXT("{\"aud\":\"\"}"),
		TEXT("{\"aud\":[\"a\"]}"),
		TEXT("{\"aud\":[ \"a\" , \"b\" ]}"),
		TEXT("{\"scope\":\"a\"}"),
		TEXT("{\"scope\":\"a b:c/d !#$%&'()*+,-.:;<=>?@[]^_`{|}~\"}"),
		TEXT("{\"grants\":{}}"),
		TEXT("{\"grants\":{\"identity\":\"\"}}"),
		TEXT("{\"grants\":{\"x\":{\"identity\":1},\"identity\":\"u\",\"y\":[1]}}"),
		TEXT("{\"ISS\":1,\"iss \":2,\"Exp\":null,\"x\":{\"iss\":1,\"exp\":[]}}"),
	};

	expect_all(jsons, COUNT_OF(jsons), JOSE_OK);
}

static void test_not_json(void)
{
	static const struct
	{
		ByteView json;
		JoseStatus status;
	} rows[] = {
		{TEXT(""), JOSE_JSON_SYNTAX},
		{TEXT("[]"), JOSE_JSON_NOT_OBJECT},
		{TEXT("[{\"iss\":\"a\"}]"), JOSE_JSON_NOT_OBJECT},
		{TEXT("\"a\""), JOSE_JSON_NOT_OBJECT},
		{TEXT("7"), JOSE_JSON_NOT_OBJECT},
		{TEXT("null"), JOSE_JSON_NOT_OBJECT},
		{TEXT("{\"exp\":1,\"exp\":2}"), JOSE_JSON_DUPLICATE},
		{TEXT("{\"sub\":\"a\",\"sub\":\"b\"}"), JOSE_JSON_DUPLICATE},
		{TEXT("{\"sub\":\"a\",\"\\u0073ub\":\"b\"}"), JOSE_JSON_DUPLICATE},
		{TEXT("{\"grants\":{\"identity\":\"a\",\"identity\":\"b\"}}"), JOSE_JSON_DUPLICATE},
		{TEXT("{\"sub\":\"a\"}x"), JOSE_JSON_SYNTAX},
		{TEXT("{\"exp\":NaN}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"exp\":Infinity}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"exp\":01700000000}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"exp\":+1700000000}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"exp\":0x1}"), JOSE_JSON_SYNTAX},
		{TEXT("{\"sub\":\"\\u0000\"}"), JOSE_JSON_ESCAPE},
		{TEXT("{\"sub\":\"\\ud800\"}"), JOSE_JSON_ESCAPE},
		{TEXT("{\"sub\":\"\xC0\xAF\"}"), JOSE_JSON_UTF8},
		{TEXT("{\"iss\":1,\"x\":\"\xFF\"}"), JOSE_JSON_UTF8},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		Claims claims;

		is_status(read_claims(rows[i].json, &claims), rows[i].status, "%.*s",
				  (int) rows[i].json.len, (const char *) rows[i].json.data);
	}
}

static void test_all_found(void)
{
	static const ByteView json = TEXT(
		"{\"x\":{\"iss\":\"no\",\"exp\":1},\"iss\":\"i\",\"sub\":\"s\",\"aud\":[\"a\"],"
		"\"exp\":3,\"nbf\":1,\"iat\":2,\"jti\":\"j\",\"scope\":\"r w\",\"role\":\"o\","
		"\"grants\":{\"other\":1,\"\\u0069dentity\":\"user\\u007c42\"}}");
	Claims claims;
	size_t error_at = 7;

	is_status(claims_read(json, &claims, &error_at), JOSE_OK, "a payload with all claims");
	ok(json_string_equals(&claims.iss, BYTES_LITERAL("i")), "iss, of the top level");
	ok(json_string_equals(&claims.sub, BYTES_LITERAL("s")), "sub");
	ok(claims_names_audience(&claims.aud, BYTES_LITERAL("a")), "aud");
	ok(json_string_equals(&claims.jti, BYTES_LITERAL("j")), "jti");
	ok(json_string_equals(&claims.role, BYTES_LITERAL("o")), "role");
	is_bytes(claims.scope.text, BYTES_LITERAL("r w"), "scope");
	ok(json_string_equals(&claims.identity, BYTES_LITERAL("user|42")), "identity, unescaped");
	ok(claims.has_exp && claims.has_nbf && claims.has_iat, "the three times are there");
	is_int(claims.exp, 3 * JOSE_TIME_PER_SECOND, "exp");
	is_int(claims.nbf, 1 * JOSE_TIME_PER_SECOND, "nbf");
	is_int(claims.iat, 2 * JOSE_TIME_PER_SECOND, "iat");
}

static void test_all_absent(void)
{
	Claims claims;
	size_t error_at;
	const JsonValue *values[] = {&claims.iss,   &claims.sub,  &claims.aud,     &claims.jti,
								 &claims.scope, &claims.role, &claims.identity};
	int present = 0;

	memset(&claims, 0xFF, sizeof(claims));
	is_status(claims_read(BYTES_LITERAL("{\"x\":1}"), &claims, &error_at), JOSE_OK,
			  "a payload without claims");
	for (size_t i = 0; i < COUNT_OF(values); i++)
		present += values[i]->type == JSON_ABSENT ? 0 : 1;
	is_int(present, 0, "has none of the strings");
	ok(!claims.has_exp && !claims.has_nbf && !claims.has_iat, "and none of the times");
}

/* C30 to C44: which audiences are named; each aud is one that claims_read accepts. */
static void test_audience(void)
{
	static const struct
	{
		ByteView aud;
		bool named;
	} rows[] = {
		{TEXT("\"https://api\""), true},
		{TEXT("[\"https://api\"]"), true},
		{TEXT("[\"x\",\"https://api\"]"), true},
		{TEXT("[ \"x\" , \"https:\\/\\/api\" , \"y\" ]"), true},
		{TEXT("\"https:\\u002f/api\""), true},
		{TEXT("\"\""), false},
		{TEXT("[\"\"]"), false},
		{TEXT("\"https://api/\""), false},
		{TEXT("\"https://ap\""), false},
		{TEXT("\"https://api.example\""), false},
		{TEXT("\"https://API\""), false},
		{TEXT("\" https://api\""), false},
		{TEXT("\"x https://api\""), false},
		{TEXT("\"https://api x\""), false},
		{TEXT("[\"x https://api\",\"y\"]"), false},
		{TEXT("\"[\\\"https://api\\\"]\""), false},
		{TEXT("[\"x\",\"y\"]"), false},
	};
	JsonValue absent = {0};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		JsonValue aud;
		size_t error_at;

		json_read_value(rows[i].aud, &aud, &error_at);
		ok(claims_names_audience(&aud, BYTES_LITERAL("https://api")) == rows[i].named, "%.*s %s",
		   (int) rows[i].aud.len, (const char *) rows[i].aud.data,
		   rows[i].named ? "names it" : "does not name it");
	}
	ok(!claims_names_audience(&absent, BYTES_LITERAL("https://api")), "no aud names nothing");
	ok(!claims_names_audience(&absent, BYTES_LITERAL("")), "not even the empty audience");
}

static void test_peek_issuer(void)
{
	static const ByteView without[] = {
		TEXT(""),
		TEXT("{}"),
		TEXT("{\"iss\":1}"),
		TEXT("{\"iss\":null}"),
		TEXT("{\"iss\":[\"a\"]}"),
		TEXT("{\"ISS\":\"a\"}"),
		TEXT("{\"x\":{\"iss\":\"a\"}}"),
		TEXT("[{\"iss\":\"a\"}]"),
		TEXT("\"iss\""),
		TEXT("{\"iss\":\"a\",\"iss\":\"a\"}"),
		TEXT("{\"iss\":\"a\",\"\\u0069ss\":\"b\"}"),
		TEXT("{\"iss\":\"a\"}x"),
		TEXT("{\"iss\":\"a\",}"),
		TEXT("{\"iss\":\"a\",\"x\":1e400}"),
		TEXT("{\"iss\":\"a\",\"x\":\"\xFF\"}"),
		TEXT("{\"iss\":\"a\""),
	};
	static const ByteView json = TEXT(
		"{\"exp\":\"never\",\"aud\":[],\"\\u0069ss\":\"key\\u002d1\"}");
	JsonValue issuer;

	for (size_t i = 0; i < COUNT_OF(without); i++)
	{
		ByteView copy = exact_copy(without[i]);

		issuer = claims_peek_issuer(copy);
		is_int(issuer.type, JSON_ABSENT, "no issuer in %.*s", (int) without[i].len,
			   (const char *) without[i].data);
		exact_free(copy);
	}
	issuer = claims_peek_issuer(json);
	ok(json_string_equals(&issuer, BYTES_LITERAL("key-1")),
	   "the issuer alone is looked at, whatever the other claims are");
}

static void test_scope_lists(void)
{
	static const ByteView good[] = {TEXT("a"), TEXT("a b"), TEXT("openid profile email"),
									TEXT("!"), TEXT("~"),   TEXT("a:b/c?d=e")};
	static const ByteView bad[] = {TEXT(""),     TEXT(" "),        TEXT("  "),   TEXT("a "),
								   TEXT(" a"),   TEXT("a  b"),     TEXT("a\tb"), TEXT("a\nb"),
								   TEXT("a\0b"), TEXT("\""),       TEXT("a\\b"), TEXT("\x7F"),
								   TEXT("\x80"), TEXT("\xC3\xA9"), TEXT("a b ")};
	int accepted = 0;
	int wrong = 0;

	for (size_t i = 0; i < COUNT_OF(good); i++)
		ok(scope_list_valid(good[i]), "a list: %.*s", (int) good[i].len, (char *) good[i].data);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ok(!scope_list_valid(bad[i]), "no list: %zu of %zu bytes", i, bad[i].len);
	ok(!scope_list_valid(bytes_of(NULL, 0)), "nothing is no list");
	for (int c = 0; c < 256; c++)
	{
		uint8_t byte = (uint8_t) c;
		bool allowed = c == 0x21 || (c >= 0x23 && c <= 0x5B) || (c >= 0x5D && c <= 0x7E);

		accepted += allowed ? 1 : 0;
		wrong += scope_list_valid(bytes_of(&byte, 1)) != allowed;
	}
	is_int(wrong, 0, "exactly the %d characters of RFC 6749 section 3.3 make a token", accepted);
}

/* So many words with a separator between; freed by exact_free. */
static ByteView words(size_t count, const char *word, const char *separator)
{
	size_t len = count * strlen(word) + (count - 1) * strlen(separator);
	uint8_t *list = exact_filled(len, 0);
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
		{
			memcpy(list + at, separator, strlen(separator));
			at += strlen(separator);
		}
		memcpy(list + at, word, strlen(word));
		at += strlen(word);
	}
	return bytes_of(list, len);
}

/*
 * Lists are compared word by word, each with each: a token of 64 kB could have made one verification
 * compare 32,000 words with as many.
 */
static void test_scope_count(void)
{
	static const struct
	{
		const char *word;
		const char *separator;
		bool escaped;
	} rows[] = {
		{"a", " ", false},      {"openid", " ", false},           {"\\u0061", " ", true},
		{"a", "\\u0020", true}, {"\\u0061b\\/", "\\u0020", true},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		for (size_t count = SCOPE_MAX_TOKENS - 1; count <= SCOPE_MAX_TOKENS + 1; count++)
		{
			ByteView list = words(count, rows[i].word, rows[i].separator);
			size_t json_len = list.len + strlen("{\"scope\":\"\"}");
			uint8_t *json = exact_filled(json_len, '}');
			bool good = count <= SCOPE_MAX_TOKENS;
			Claims claims;

			memcpy(json, "{\"scope\":\"", strlen("{\"scope\":\""));
			memcpy(json + strlen("{\"scope\":\""), list.data, list.len);
			json[json_len - 2] = '"';
			is_status(read_claims(bytes_of(json, json_len), &claims),
					  good ? JOSE_OK : JOSE_CLAIM_TYPE, "%zu words of %s by %s in a token", count,
					  rows[i].word, rows[i].separator);
			if (!rows[i].escaped)
				ok(scope_list_valid(list) == good, "%zu words of %s: %s", count, rows[i].word,
				   good ? "a list" : "no list");
			free(json);
			exact_free(list);
		}
	}
	is_int(SCOPE_MAX_TOKENS, 256, "the limit that the documents name");
}

static void test_scope_walk(void)
{
	static const ByteView tokens[] = {TEXT("read"), TEXT("read:all"), TEXT("w"), TEXT("reader")};
	ByteView list = exact_copy(BYTES_LITERAL("read read:all w reader"));
	ByteView rest = list;
	ByteView token;

	for (size_t i = 0; i < COUNT_OF(tokens); i++)
	{
		ok(scope_next(&rest, &token), "token %zu is there", i);
		is_bytes(token, tokens[i], "and is the right one");
		ok(scope_contains(list, tokens[i]), "the list contains it");
	}
	ok(!scope_next(&rest, &token), "there is no fifth");
	ok(!scope_next(&rest, &token), "nor is there when one asks again");
	ok(!scope_contains(list, BYTES_LITERAL("rea")), "a prefix of a token is not contained");
	ok(!scope_contains(list, BYTES_LITERAL("all")), "nor its end");
	ok(!scope_contains(list, BYTES_LITERAL("READ")), "nor another case of letters");
	ok(!scope_contains(list, BYTES_LITERAL("read w")), "nor two tokens");
	ok(!scope_contains(list, BYTES_LITERAL("")), "nor nothing");
	ok(!scope_contains(bytes_of(NULL, 0), BYTES_LITERAL("read")), "no list contains nothing");
	exact_free(list);
}

int main(void)
{
	test_wrong_types();
	test_right_types();
	test_not_json();
	test_all_found();
	test_all_absent();
	test_audience();
	test_peek_issuer();
	test_scope_lists();
	test_scope_count();
	test_scope_walk();
	return done();
}
