/*
 * Splitting and headers of compact tokens: the hostile rows F (format), H (header), K (kid) and T
 * (typ) as far as the core sees them. Every token has a right signature over its own text, so that
 * only the named defect can be the cause of the refusal.
 */
#include "jose/jws.h"

#include <stdlib.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define HEADER_SEGMENT "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
#define PAYLOAD "{\"sub\":\"a\"}"
#define PAYLOAD_SEGMENT "eyJzdWIiOiJhIn0"

static CompactKey test_key(void)
{
	return (CompactKey) {.alg = jose_alg_by_name(BYTES_LITERAL("HS256")),
						 .secret = BYTES_LITERAL("0123456789abcdef0123456789abcdef")};
}

static ByteView good_token(void)
{
	return compact_sign(BYTES_LITERAL(HEADER), BYTES_LITERAL(PAYLOAD), test_key());
}

/* The good token between two texts. */
static void check_framed(const char *before, const char *after, JoseStatus expected,
						 const char *what)
{
	ByteView good = good_token();
	ByteView token = joined(view_of(before), good, view_of(after));

	is_status(compact_verify(token, test_key()), expected, "%s", what);
	exact_free(token);
	exact_free(good);
}

/* Segments as they stand, signed as they stand. */
static void check_segments(ByteView header, ByteView payload, JoseStatus expected, const char *what)
{
	ByteView token = compact_sign_segments(header, payload, test_key());

	is_status(compact_verify(token, test_key()), expected, "%s", what);
	exact_free(token);
}

static void check_token(ByteView token, JoseStatus expected, const char *what)
{
	is_status(compact_verify(token, test_key()), expected, "%s", what);
}

static void test_good(void)
{
	ByteView good = good_token();
	JwsParts parts;

	check_framed("", "", JOSE_OK, "a good token");
	check_segments(BYTES_LITERAL(HEADER_SEGMENT), BYTES_LITERAL(PAYLOAD_SEGMENT), JOSE_OK,
				   "the same token from its segments");
	is_status(jws_split(good, &parts), JOSE_OK, "it splits");
	is_bytes(parts.header, BYTES_LITERAL(HEADER_SEGMENT), "into header");
	is_bytes(parts.payload, BYTES_LITERAL(PAYLOAD_SEGMENT), "payload");
	is_int((int64_t) parts.signature.len, 43, "and signature");
	is_bytes(parts.signing_input, BYTES_LITERAL(HEADER_SEGMENT "." PAYLOAD_SEGMENT),
			 "the literal text of the first two is what is signed");
	ok(parts.signature.data + parts.signature.len == good.data + good.len &&
		   parts.signing_input.data == good.data,
	   "all of it in place");
	exact_free(good);
}

/* F01 to F08: not three segments, or an empty one where none may be. */
static void test_segments(void)
{
	static const ByteView texts[] = {
		TEXT(""),       TEXT("."),       TEXT(".."),
		TEXT("..."),    TEXT("a"),       TEXT("a."),
		TEXT(".a"),     TEXT("a.a"),     TEXT("a.a."),
		TEXT("a.."),    TEXT(".a.a"),    TEXT("..a"),
		TEXT(".a."),    TEXT("a.a.a."),  TEXT(".a.a.a"),
		TEXT("a.a..a"), TEXT("a.a.a.a"), TEXT("a.a.a.a.a"),
		TEXT("a..a.a"), TEXT("a.a.a.."), TEXT("a.a.a.a.a.a"),
	};
	JwsParts parts;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		check_token(texts[i], JOSE_NOT_COMPACT, (const char *) texts[i].data);
	is_status(jws_split(bytes_of(NULL, 0), &parts), JOSE_NOT_COMPACT, "no data at all");
	check_framed("", ".", JOSE_NOT_COMPACT, "a good token and a dot");
	check_framed("", ".YQ", JOSE_NOT_COMPACT, "a good token and a fourth segment");
	check_framed("", ".YQ.YQ", JOSE_NOT_COMPACT, "a good token and two more segments");
	check_framed(".", "", JOSE_NOT_COMPACT, "a dot and a good token");
	check_segments(bytes_of(NULL, 0), BYTES_LITERAL(PAYLOAD_SEGMENT), JOSE_NOT_COMPACT,
				   "the header removed, signed so");
}

/* A JWS may sign nothing at all; whether a token may is for whoever reads its claims. */
static void test_empty_payload(void)
{
	ByteView good = good_token();
	ByteView token = compact_sign(BYTES_LITERAL(HEADER), bytes_of(NULL, 0), test_key());
	ByteView moved;
	JwsParts parts;

	is_status(compact_verify(token, test_key()), JOSE_OK, "an empty payload, signed so");
	is_status(jws_split(token, &parts), JOSE_OK, "its token splits");
	is_int((int64_t) parts.payload.len, 0, "into a payload of no bytes");
	is_bytes(parts.signing_input, BYTES_LITERAL(HEADER_SEGMENT "."), "both dots around it");

	/* F16: the payload removed from a token that had one. */
	is_status(jws_split(good, &parts), JOSE_OK, "a good token splits");
	moved = joined(BYTES_LITERAL(HEADER_SEGMENT), BYTES_LITERAL(".."), parts.signature);
	check_token(moved, JOSE_BAD_SIGNATURE, "the payload removed");
	exact_free(moved);
	exact_free(token);
	exact_free(good);
}

/* F09 to F15, F33, F34: something around the token, or another serialization. */
static void test_frames(void)
{
	static const char flattened[] = "{\"payload\":\"" PAYLOAD_SEGMENT "\",\"protected\":"
									"\"" HEADER_SEGMENT "\",\"signature\":\"AAAA\"}";
	static const char general[] = "{\"payload\":\"" PAYLOAD_SEGMENT "\",\"signatures\":[{"
								  "\"protected\":\"" HEADER_SEGMENT "\",\"signature\":\"AAAA\"}]}";

	check_framed(" ", "", JOSE_BAD_BASE64URL, "a leading space");
	check_framed("", " ", JOSE_BAD_BASE64URL, "a trailing space");
	check_framed("", "\n", JOSE_BAD_BASE64URL, "a trailing newline");
	check_framed("", "\r\n", JOSE_BAD_BASE64URL, "a trailing CRLF");
	check_framed("Bearer ", "", JOSE_BAD_BASE64URL, "Bearer in front");
	check_framed("\xEF\xBB\xBF", "", JOSE_BAD_BASE64URL, "a byte order mark");
	check_framed("\"", "\"", JOSE_BAD_BASE64URL, "JSON quotes");
	check_token(BYTES_LITERAL("YQ%2EYQ%2EYQ"), JOSE_NOT_COMPACT, "dots as %2E");
	check_token(BYTES_LITERAL("YQ\xE3\x80\x82YQ\xE3\x80\x82YQ"), JOSE_NOT_COMPACT,
				"dots as U+3002");
	check_token(view_of(flattened), JOSE_NOT_COMPACT, "flattened JSON serialization");
	check_token(view_of(general), JOSE_NOT_COMPACT, "general JSON serialization");
}

/* F20 to F32, in header and payload with a right MAC. */
static void test_spelling(void)
{
	static const struct
	{
		ByteView header;
		ByteView payload;
		const char *what;
	} rows[] = {
		{TEXT("eyJhbGciOiJIUzI1NiJ9="), TEXT("YQ"), "one '=' behind a header"},
		{TEXT("eyJhbGciOiJIUzI1NiIgfQ=="), TEXT("YQ"), "a padded header"},
		{TEXT(HEADER_SEGMENT), TEXT("YQ=="), "a padded payload"},
		{TEXT(HEADER_SEGMENT), TEXT("Pz8_+w"), "'+' in a payload"},
		{TEXT(HEADER_SEGMENT), TEXT("Pz8/"), "'/' in a payload"},
		{TEXT(HEADER_SEGMENT), TEXT("YW Jj"), "a space inside a payload"},
		{TEXT(HEADER_SEGMENT), TEXT("YWJj\r\nYWJj"), "CRLF inside a payload"},
		{TEXT(HEADER_SEGMENT), TEXT("YR"), "spare bits in a payload"},
		{TEXT("eyJhbGciOiJIUzI1NiIgfR"), TEXT("YQ"), "spare bits in a header"},
		{TEXT(HEADER_SEGMENT), TEXT("YWJjY"), "a payload of 1 mod 4 characters"},
		{TEXT(HEADER_SEGMENT "A"), TEXT("YQ"), "a header of 1 mod 4 characters"},
		{TEXT(HEADER_SEGMENT), TEXT("YW\xC3\xA9"), "a letter outside ASCII"},
		{TEXT(HEADER_SEGMENT), TEXT("YWJ\0"), "a NUL in a payload"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_segments(rows[i].header, rows[i].payload, JOSE_BAD_BASE64URL, rows[i].what);
	check_segments(BYTES_LITERAL("eyJhbGciOiJIUzI1NiIgfQ"), BYTES_LITERAL("YQ"), JOSE_OK,
				   "the same header without them");
	check_framed("", "=", JOSE_BAD_BASE64URL, "a padded signature");
	check_framed("", "A", JOSE_BAD_SIGNATURE, "a signature longer by six bits");
}

/* The signature itself in foreign spellings: characters of the right MAC replaced by others. */
static void test_signature_spelling(void)
{
	static const char foreign[] = "+/= \n\t.";
	ByteView good = good_token();
	uint8_t *token = exact_filled(good.len, 0);
	int accepted = 0;

	for (size_t at = good.len - 43; at < good.len; at++)
	{
		for (size_t i = 0; i < sizeof(foreign) - 1; i++)
		{
			memcpy(token, good.data, good.len);
			token[at] = (uint8_t) foreign[i];
			accepted += compact_verify(bytes_of(token, good.len), test_key()) == JOSE_OK ? 1 : 0;
		}
	}
	is_int(accepted, 0, "a foreign character at any place of the signature is refused");
	free(token);
	exact_free(good);
}

/* Every change of one bit of a good token is refused (M10), the spare bits of its end included. */
static void test_one_bit(void)
{
	ByteView filler = bytes_of(exact_filled(900, 'x'), 900);
	ByteView payload = joined(BYTES_LITERAL("{\"sub\":\""), filler, BYTES_LITERAL("\"}"));
	ByteView good = compact_sign(BYTES_LITERAL(HEADER), payload, test_key());
	uint8_t *token = exact_filled(good.len, 0);
	int accepted = 0;

	memcpy(token, good.data, good.len);
	for (size_t bit = 0; bit < 8 * good.len; bit++)
	{
		token[bit / 8] ^= (uint8_t) (1 << bit % 8);
		accepted += compact_verify(bytes_of(token, good.len), test_key()) == JOSE_OK ? 1 : 0;
		token[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	is_int(accepted, 0, "every one of %zu changes of one bit is refused", 8 * good.len);
	is_status(compact_verify(bytes_of(token, good.len), test_key()), JOSE_OK,
			  "and the token without a change accepted");
	free(token);
	exact_free(good);
	exact_free(payload);
	exact_free(filler);
}

/*
 * M10: random texts over the characters of tokens, so that some of them get past the first steps.
 */
static void test_random_texts(void)
{
	static const char characters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		"......=+/ ";
	Random random = {.state = 13};
	int accepted = 0;

	for (int i = 0; i < 100000; i++)
	{
		uint8_t text[120];
		bool has_header = i % 2 == 0;
		size_t start = has_header ? sizeof(HEADER_SEGMENT "." PAYLOAD_SEGMENT ".") - 1 : 0;
		size_t len = start + random_below(&random, sizeof(text) - start);

		memcpy(text, HEADER_SEGMENT "." PAYLOAD_SEGMENT ".", start);
		for (size_t at = start; at < len; at++)
			text[at] = (uint8_t) characters[random_below(&random, sizeof(characters) - 1)];
		accepted += compact_verify(bytes_of(text, len), test_key()) == JOSE_OK ? 1 : 0;
	}
	is_int(accepted, 0, "100000 random texts, half of them behind a good header and payload");
}

/* F35 to F38: sizes. The cap on the token is the server's; the core must only stay bounded. */
static void test_sizes(void)
{
	const size_t mib = 1 << 20;
	ByteView letters = bytes_of(exact_filled(16 * mib, 'A'), 16 * mib);
	ByteView dots = bytes_of(exact_filled(1000000, '.'), 1000000);

	check_token(letters, JOSE_NOT_COMPACT, "16 MiB of A");
	check_token(dots, JOSE_NOT_COMPACT, "a million dots");
	check_segments(BYTES_LITERAL(HEADER_SEGMENT), bytes_of(letters.data, mib), JOSE_OK,
				   "a payload of 1 MiB is read as any other");
	check_segments(bytes_of(letters.data, 65536), BYTES_LITERAL("YQ"), JOSE_HEADER_TOO_LARGE,
				   "a header of 64 KiB");
	exact_free(letters);
	exact_free(dots);
}

/* A header segment of exactly so many characters, by a member that is ignored. */
static void check_header_size(size_t chars, JoseStatus expected)
{
	static const ByteView start = TEXT("{\"alg\":\"HS256\",\"x\":\"");
	size_t size = chars / 4 * 3 + (chars % 4 == 0 ? 0 : chars % 4 - 1);
	uint8_t *filler = exact_filled(size - start.len - 2, 'x');
	ByteView header = joined(start, bytes_of(filler, size - start.len - 2), BYTES_LITERAL("\"}"));
	ByteView token = compact_sign(header, BYTES_LITERAL(PAYLOAD), test_key());
	JwsParts parts;

	is_status(jws_split(token, &parts), expected, "a header of %zu characters", chars);
	is_int((int64_t) parts.header.len, (int64_t) chars, "is as long as was meant");
	is_status(compact_verify(token, test_key()), expected, "and its token");
	exact_free(token);
	exact_free(header);
	free(filler);
}

static void test_header_size(void)
{
	ByteView one_more = bytes_of(exact_filled(8193, 'A'), 8193);

	is_int(JWS_MAX_HEADER_CHARS, 8192, "a header is limited to 8192 characters");
	is_int(JWS_MAX_HEADER_LEN, 6144, "which are 6144 bytes");
	check_header_size(8190, JOSE_OK);
	check_header_size(8191, JOSE_OK);
	check_header_size(8192, JOSE_OK);
	check_header_size(8194, JOSE_HEADER_TOO_LARGE);
	check_segments(one_more, BYTES_LITERAL("YQ"), JOSE_HEADER_TOO_LARGE,
				   "8193 characters, which no base64url has");
	exact_free(one_more);
}

int main(void)
{
	test_good();
	test_segments();
	test_empty_payload();
	test_frames();
	test_spelling();
	test_signature_spelling();
	test_one_bit();
	test_random_texts();
	test_sizes();
	test_header_size();
	return done();
}
