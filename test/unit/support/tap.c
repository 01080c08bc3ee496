/* The writer of tap.h. */
#include "support/tap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static int run_count;
static int failed_count;

#define NAMED(status) [status] = #status
static const char *const status_names[JOSE_STATUS_COUNT] = {
	NAMED(JOSE_OK),
	NAMED(JOSE_TOKEN_NULL),
	NAMED(JOSE_TOKEN_TOO_LARGE),
	NAMED(JOSE_NOT_COMPACT),
	NAMED(JOSE_BAD_BASE64URL),
	NAMED(JOSE_HEADER_TOO_LARGE),
	NAMED(JOSE_JSON_SYNTAX),
	NAMED(JOSE_JSON_UTF8),
	NAMED(JOSE_JSON_ESCAPE),
	NAMED(JOSE_JSON_DUPLICATE),
	NAMED(JOSE_JSON_LIMIT),
	NAMED(JOSE_JSON_NOT_OBJECT),
	NAMED(JOSE_HEADER_MEMBER),
	NAMED(JOSE_CLAIM_TYPE),
	NAMED(JOSE_UNSUPPORTED_ALG),
	NAMED(JOSE_CRITICAL_HEADER),
	NAMED(JOSE_UNSUPPORTED_HEADER),
	NAMED(JOSE_BAD_SIGNATURE),
	NAMED(JOSE_DECRYPTION_FAILED),
	NAMED(JOSE_KEY_MALFORMED),
	NAMED(JOSE_KEY_UNSUPPORTED),
	NAMED(JOSE_KEY_WEAK),
	NAMED(JOSE_KEY_INCONSISTENT),
	NAMED(JOSE_KEY_WRONG_USE),
	NAMED(JOSE_BAD_KEY),
	NAMED(JOSE_CRYPTO_FAILURE),
};

const char *status_name(JoseStatus status)
{
	bool known = (unsigned) status < JOSE_STATUS_COUNT && status_names[status] != NULL;

	return known ? status_names[status] : "another status";
}

/* A '#' in a description would begin a directive. */
static void print_description(const char *format, va_list arguments)
{
	char description[400];

	vsnprintf(description, sizeof(description), format, arguments);
	for (char *c = description; *c != '\0'; c++)
	{
		if (*c == '#' || *c == '\n')
			*c = '.';
	}
	fputs(description, stdout);
}

static bool report(bool passed, const char *format, va_list arguments)
{
	run_count++;
	failed_count += passed ? 0 : 1;
	printf("%s %d - ", passed ? "ok" : "not ok", run_count);
	print_description(format, arguments);
	putchar('\n');
	fflush(stdout); /* so that a sanitizer's report stands behind the last result */
	return passed;
}

bool ok(bool passed, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(passed, format, arguments);
	va_end(arguments);
	return passed;
}

bool is_int(int64_t got, int64_t expected, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!report(got == expected, format, arguments))
		note("got %" PRId64 ", expected %" PRId64, got, expected);
	va_end(arguments);
	return got == expected;
}

bool is_status(JoseStatus got, JoseStatus expected, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!report(got == expected, format, arguments))
		note("got %s (%d), expected %s (%d)", status_name(got), (int) got, status_name(expected),
			 (int) expected);
	va_end(arguments);
	return got == expected;
}

static void note_bytes(const char *label, ByteView bytes)
{
	const size_t shown = bytes.len < 96 ? bytes.len : 96;

	printf("# %s %zu bytes:", label, bytes.len);
	for (size_t i = 0; i < shown; i++)
		printf(" %02x", bytes.data[i]);
	puts(shown < bytes.len ? " ..." : "");
}

bool is_bytes(ByteView got, ByteView expected, const char *format, ...)
{
	va_list arguments;
	bool equal = bytes_equal(got, expected);

	va_start(arguments, format);
	if (!report(equal, format, arguments))
	{
		note_bytes("got     ", got);
		note_bytes("expected", expected);
	}
	va_end(arguments);
	return equal;
}

void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("# ", stdout);
	print_description(format, arguments);
	putchar('\n');
	va_end(arguments);
}

void skip(int count, const char *format, ...)
{
	for (int i = 0; i < count; i++)
	{
		va_list arguments;

		run_count++;
		printf("ok %d # SKIP ", run_count);
		va_start(arguments, format);
		print_description(format, arguments);
		va_end(arguments);
		putchar('\n');
	}
}

int done(void)
{
	printf("1..%d\n", run_count);
	if (failed_count > 0)
		note("%d of %d tests failed", failed_count, run_count);
	fflush(stdout); /* a leak ends the program before the streams are flushed */
	return run_count > 0 && failed_count == 0 ? 0 : 1;
}
