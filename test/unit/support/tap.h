/*
 * Test results in the Test Anything Protocol: one line a test, the plan at the end.
 *
 * A property over many inputs is one test that counts its counterexamples; the first of them is
 * shown by note. A test that is skipped says so on a line of its own and never looks like one that
 * passed.
 */
#ifndef ACCESS_TOKEN_UNIT_TAP_H
#define ACCESS_TOKEN_UNIT_TAP_H

#include "jose/bytes.h"
#include "jose/status.h"

#define TAP_PRINTF(format_at) __attribute__((format(printf, format_at, (format_at) + 1)))

/* One test; returns passed. */
bool ok(bool passed, const char *format, ...) TAP_PRINTF(2);

/* One test each; a difference is shown as notes. */
bool is_int(int64_t got, int64_t expected, const char *format, ...) TAP_PRINTF(3);
bool is_status(JoseStatus got, JoseStatus expected, const char *format, ...) TAP_PRINTF(3);
bool is_bytes(ByteView got, ByteView expected, const char *format, ...) TAP_PRINTF(3);

/* A line that is no result. */
void note(const char *format, ...) TAP_PRINTF(1);

/* Counts tests that cannot run here as skipped, each with the reason. */
void skip(int count, const char *format, ...) TAP_PRINTF(2);

/* Prints the plan; the value of main: 0 when tests ran and none failed. */
int done(void);

/* The name of a status, for messages. */
const char *status_name(JoseStatus status);

/* A row of a table of literals, NUL bytes inside included. */
#define TEXT(literal) \
	{ \
		(const uint8_t *) (literal), sizeof(literal) - 1 \
	}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
