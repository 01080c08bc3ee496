/*
 * Characters of JSON strings against a second implementation of UTF-8 that decodes and then judges
 * the code point (RFC 3629 section 3), where the core looks at ranges of bytes.
 */
#include "jose/json_text.h"

#include <stdio.h>

#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

/* The UTF-8 of a code point; returns its length. */
static size_t utf8_of(uint32_t code, uint8_t out[4])
{
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; i--)
	{
		out[i] = (uint8_t) (0x80 + code % 64);
		code /= 64;
	}
	out[0] = (uint8_t) (len == 1 ? code : (0xF00 >> len & 0xFF) + code);
	return len;
}

/* The length of the character at the start of bytes, 0 when it is none. */
static size_t utf8_length(const uint8_t *bytes, size_t len)
{
	size_t need = bytes[0] < 0x80 ? 1 : bytes[0] >> 5 == 6 ? 2 : bytes[0] >> 4 == 14 ? 3 : 4;
	uint32_t code = need == 1 ? bytes[0] : bytes[0] & (0x7Fu >> need);
	uint8_t again[4];

	if (need > len || (need == 4 && bytes[0] >> 3 != 30))
		return 0;
	for (size_t i = 1; i < need; i++)
	{
		if (bytes[i] >> 6 != 2)
			return 0;
		code = code * 64 + (bytes[i] & 63);
	}
	if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) || utf8_of(code, again) != need)
		return 0; /* the last is the overlong form */
	return need;
}

/* Whether these bytes, none of them a backslash, may stand between quotes. */
static bool may_stand(const uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len;)
	{
		size_t step = utf8_length(bytes + at, len - at);

		if (step == 0 || bytes[at] < 0x20 || bytes[at] == '"')
			return false;
		at += step;
	}
	return true;
}

/* Scans what stands between quotes; OK only when all of it is one string, and no other. */
static JoseStatus scan(const uint8_t *bytes, size_t len, bool *escaped)
{
	uint8_t text[64];
	const uint8_t *at = text;
	JoseStatus status;

	memcpy(text, bytes, len);
	text[len] = '"';
	status = json_scan_string(&at, text + len + 1, escaped);
	return status == JOSE_OK && at != text + len + 1 ? JOSE_STATUS_COUNT : status;
}

static bool scans_as_it_should(const uint8_t *bytes, size_t len)
{
	bool escaped = true;

	for (size_t i = 0; i < len; i++)
	{
		if (bytes[i] == '\\')
			return true; /* not this test's subject */
	}
	return (scan(bytes, len, &escaped) == JOSE_OK) == may_stand(bytes, len) && !escaped;
}

/* One, two and three bytes exhaustively; a byte below 0x80 in front adds nothing to longer ones. */
static void test_short_sequences(void)
{
	int wrong = 0;

	for (uint32_t n = 0; n < 0x10000; n++)
	{
		uint8_t bytes[2] = {(uint8_t) (n >> 8), (uint8_t) n};

		wrong += scans_as_it_should(bytes + 1, 1) ? 0 : 1;
		wrong += scans_as_it_should(bytes, 2) ? 0 : 1;
	}
	is_int(wrong, 0, "all strings of one and two bytes are judged as RFC 3629 does");
	wrong = 0;
	for (uint32_t n = 0x800000; n < 0x1000000; n++)
	{
		uint8_t bytes[3] = {(uint8_t) (n >> 16), (uint8_t) (n >> 8), (uint8_t) n};

		wrong += scans_as_it_should(bytes, 3) ? 0 : 1;
	}
	is_int(wrong, 0, "all strings of three bytes that begin above ASCII");
}

static void test_four_bytes(void)
{
	static const uint8_t ends[] = {0x00, 0x1F, 0x22, 0x41, 0x7F, 0x80,
								   0x81, 0xBF, 0xC0, 0xC3, 0xFF};
	int wrong = 0;

	for (uint32_t n = 0xC000; n < 0x10000; n++)
	{
		for (size_t i = 0; i < COUNT_OF(ends) * COUNT_OF(ends); i++)
		{
			uint8_t bytes[4] = {(uint8_t) (n >> 8), (uint8_t) n, ends[i / COUNT_OF(ends)],
								ends[i % COUNT_OF(ends)]};

			wrong += scans_as_it_should(bytes, 4) ? 0 : 1;
		}
	}
	is_int(wrong, 0, "four bytes: every first two, 121 ends");
}

static void test_utf8_statuses(void)
{
	static const struct
	{
		ByteView bytes;
		JoseStatus status;
		const char *what;
	} rows[] = {
		{TEXT("\xFF"), JOSE_JSON_UTF8, "byte 0xFF (J11)"},
		{TEXT("\xC0\xAF"), JOSE_JSON_UTF8, "overlong slash (J12)"},
		{TEXT("\xE0\x80\xAF"), JOSE_JSON_UTF8, "overlong slash of three bytes"},
		{TEXT("\xF0\x80\x80\xAF"), JOSE_JSON_UTF8, "overlong slash of four bytes"},
		{TEXT("\xC0\x80"), JOSE_JSON_UTF8, "overlong NUL"},
		{TEXT("\xED\xA0\x80"), JOSE_JSON_UTF8, "encoded surrogate (J17)"},
		{TEXT("\xED\xA0\xBD\xED\xB8\x80"), JOSE_JSON_UTF8, "encoded pair of surrogates (CESU-8)"},
		{TEXT("\xF4\x90\x80\x80"), JOSE_JSON_UTF8, "above U+10FFFF"},
		{TEXT("\xF8\x88\x80\x80\x80"), JOSE_JSON_UTF8, "five bytes"},
		{TEXT("\x80"), JOSE_JSON_UTF8, "a continuation alone"},
		{TEXT("\xE2\x82"), JOSE_JSON_UTF8, "a character cut off"},
		{TEXT("\x00"), JOSE_JSON_SYNTAX, "a raw NUL"},
		{TEXT("\t"), JOSE_JSON_SYNTAX, "a raw TAB (J23)"},
		{TEXT("\x1F"), JOSE_JSON_SYNTAX, "the last control"},
		{TEXT("\x7F"), JOSE_OK, "DEL"},
		{TEXT("\xF4\x8F\xBF\xBF"), JOSE_OK, "U+10FFFF"},
		{TEXT("\xEF\xBF\xBF"), JOSE_OK, "U+FFFF"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		bool escaped;

		is_status(scan(rows[i].bytes.data, rows[i].bytes.len, &escaped), rows[i].status, "%s",
				  rows[i].what);
	}
}

/* Whether an escaped text is accepted and stands for exactly these bytes. */
static bool stands_for(const char *text, size_t len, const uint8_t *expected, size_t expected_len)
{
	const uint8_t *at = (const uint8_t *) text;
	const uint8_t *end = at + len;
	uint8_t got[64];
	size_t got_len = 0;
	bool escaped = false;

	if (scan(at, len, &escaped) != JOSE_OK || !escaped)
		return false;
	while (at < end)
		got_len += json_next_unit(&at, got + got_len);
	return at == end && bytes_equal(bytes_of(got, got_len), bytes_of(expected, expected_len));
}

static void test_unicode_escapes(void)
{
	static const char *const formats[] = {"\\u%04x", "\\u%04X"};
	int wrong = 0;

	for (uint32_t code = 0; code < 0x10000; code++)
	{
		bool refused = code == 0 || (code >= 0xD800 && code <= 0xDFFF);

		for (size_t i = 0; i < COUNT_OF(formats); i++)
		{
			char text[16];
			uint8_t utf8[4];
			bool escaped;
			size_t len = (size_t) snprintf(text, sizeof(text), formats[i], code);
			JoseStatus status = scan((uint8_t *) text, len, &escaped);

			if (refused ? status != JOSE_JSON_ESCAPE
						: !stands_for(text, len, utf8, utf8_of(code, utf8)))
				wrong++;
		}
	}
	is_int(wrong, 0, "every \\uXXXX, in both cases of letters: NUL and surrogates are refused");
}

static void test_pairs(void)
{
	int wrong = 0;

	for (uint32_t code = 0x10000; code <= 0x10FFFF; code++)
	{
		char text[16];
		uint8_t utf8[4];
		size_t len = (size_t) snprintf(text, sizeof(text), "\\u%04x\\u%04X",
									   0xD800 + ((code - 0x10000) >> 10), 0xDC00 + (code & 0x3FF));

		if (!stands_for(text, len, utf8, utf8_of(code, utf8)))
			wrong++;
	}
	is_int(wrong, 0, "every pair of surrogates is the one character that it stands for");
}

static void test_half_pairs(void)
{
	static const ByteView texts[] = {
		TEXT("\\ud800"),
		TEXT("\\udbff"),
		TEXT("\\udc00"),
		TEXT("\\udfff"),
		TEXT("\\ud800x"),
		TEXT("\\ud800\\n"),
		TEXT("\\ud800\\u0041"),
		TEXT("\\ud800\\ud800"),
		TEXT("\\udc00\\ud800"),
		TEXT("\\ud800\\udbff"),
		TEXT("\\ud800\\ue000"),
		TEXT("\\ud83d\\ude0"),
		TEXT("\\ud83d\\ude0g"),
		TEXT("\\ud83d\\\\ude00"),
		TEXT("\\ud83d \\ude00"),
		TEXT("\\ud83d\xF0\x9F\x98\x80"),
		TEXT("\\ud83d\\ude00\\ude00"),
		TEXT("a\\u0000"),
		TEXT("\\ud83d\\Ude00"),
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		bool escaped;

		is_status(scan(texts[i].data, texts[i].len, &escaped), JOSE_JSON_ESCAPE, "%.*s is refused",
				  (int) texts[i].len, (const char *) texts[i].data);
	}
}

static void test_short_escapes(void)
{
	static const char meaning[][2] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'b', '\b'},
									  {'f', '\f'}, {'n', '\n'},  {'r', '\r'}, {'t', '\t'}};
	int accepted = 0;

	for (int c = 0; c < 256; c++)
	{
		uint8_t text[2] = {'\\', (uint8_t) c};
		bool escaped;

		if (c == '"')
			continue; /* would be the closing quote of this test's frame; see the table */
		accepted += scan(text, 2, &escaped) == JOSE_OK ? 1 : 0;
	}
	is_int(accepted, 7, "seven characters may follow a backslash, besides the quote and u");
	for (size_t i = 0; i < COUNT_OF(meaning); i++)
	{
		char text[2] = {'\\', meaning[i][0]};

		ok(stands_for(text, 2, (const uint8_t *) &meaning[i][1], 1), "\\%c is byte %d",
		   meaning[i][0], meaning[i][1]);
	}
}

/* Every byte at each place of the four digits. */
static void test_hex_digits(void)
{
	int accepted = 0;

	for (size_t at = 2; at < 6; at++)
	{
		for (int c = 0; c < 256; c++)
		{
			uint8_t text[6] = {'\\', 'u', '1', '1', '1', '1'};
			bool escaped;

			text[at] = (uint8_t) c;
			accepted += scan(text, 6, &escaped) == JOSE_OK ? 1 : 0;
		}
	}
	is_int(accepted, 4 * 22, "0-9, a-f, A-F and no other byte are digits");
}

/* A string cut off anywhere: refused, and AddressSanitizer sees no read behind the cut. */
static void test_cut_off(void)
{
	static const char text[] = "a\\u00e9\\ud83d\\ude00\xE2\x82\xAC\xF0\x9F\x98\x80\\n\\\"z\"";
	size_t len = sizeof(text) - 1;
	int accepted = 0;
	bool escaped;

	for (size_t cut = 0; cut < len; cut++)
	{
		ByteView copy = exact_copy(bytes_of(text, cut));
		const uint8_t *at = copy.data;

		accepted += json_scan_string(&at, copy.data + cut, &escaped) == JOSE_OK ? 1 : 0;
		exact_free(copy);
	}
	is_int(accepted, 0, "a string that is cut off is refused at each of %zu places", len);
	const uint8_t *at = (const uint8_t *) text;

	is_status(json_scan_string(&at, at + len, &escaped), JOSE_OK, "the whole string is accepted");
	ok(at == (const uint8_t *) text + len && escaped, "and taken to its end, as one with escapes");
}

/* On what has been accepted, skipping ends where scanning ended and says the same of escapes. */
static void test_skip_agrees(void)
{
	static const char *const pieces[] = {"a",   " ",        "\\\\",    "\\\"",
										 "\\n", "\xC3\xA9", "\\u0041", "\\ud83d\\ude00",
										 "{",   "]",        ",",       ":"};
	Random random = {.state = 3};
	int wrong = 0;

	for (int n = 0; n < 20000; n++)
	{
		char text[64] = "";
		const uint8_t *scanned = (const uint8_t *) text;
		const uint8_t *skipped = scanned;
		bool escaped[2];

		for (uint64_t count = random_below(&random, 5); count > 0; count--)
			strcat(text, pieces[random_below(&random, COUNT_OF(pieces))]);
		strcat(text, "\"");
		if (json_scan_string(&scanned, scanned + strlen(text), &escaped[0]) != JOSE_OK)
			wrong++;
		json_skip_string(&skipped, &escaped[1]);
		if (scanned != skipped || escaped[0] != escaped[1] ||
			scanned != (const uint8_t *) text + strlen(text))
			wrong++;
	}
	is_int(wrong, 0, "20000 strings: json_skip_string goes as far as json_scan_string");
}

int main(void)
{
	test_short_sequences();
	test_four_bytes();
	test_utf8_statuses();
	test_unicode_escapes();
	test_pairs();
	test_half_pairs();
	test_short_escapes();
	test_hex_digits();
	test_cut_off();
	test_skip_agrees();
	return done();
}
