/*
 * NumericDate (RFC 7519 section 2): any JSON number, in microseconds, exact, never wrapped around.
 * Hostile rows C01 to C28 as far as they are types and magnitudes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "jose/claims.h"
#include "support/exact.h"
#include "support/random.h"
#include "support/tap.h"

#define SECOND JOSE_TIME_PER_SECOND
#define LAST_SECOND INT64_C(253402300799)

static JoseStatus time_of(const char *text, JoseTime *time)
{
	JsonValue value;
	size_t error_at;
	JoseStatus status = json_read_value(view_of(text), &value, &error_at);

	return status == JOSE_OK ? claims_read_time(&value, time) : status;
}

static void test_times(void)
{
	static const struct
	{
		const char *text;
		JoseTime time;
	} rows[] = {
		{"0", 0},
		{"-0", 0},
		{"0.0", 0},
		{"-0.0e5", 0},
		{"1", SECOND},
		{"-1", -SECOND},
		{"1700000000", 1700000000 * SECOND},
		{"1700000000.0", 1700000000 * SECOND},
		{"1700000000.5", 1700000000 * SECOND + 500000},
		{"1700000000.000001", 1700000000 * SECOND + 1},
		{"1700000000.123456", 1700000000 * SECOND + 123456},
		{"-1700000000.123456", -(1700000000 * SECOND + 123456)},
		{"17e8", 1700000000 * SECOND},
		{"1.7e9", 1700000000 * SECOND},
		{"1.7E+9", 1700000000 * SECOND},
		{"0.17E10", 1700000000 * SECOND},
		{"17000000000000e-4", 1700000000 * SECOND},
		{"1700000000e0", 1700000000 * SECOND},
		{"1700000000e-00", 1700000000 * SECOND},
		{"1.7000000005e9", 1700000000 * SECOND + 500000},
		{"1700000000000000000000e-12", 1700000000 * SECOND},
		{"0.00000000000000000000000001700000000e35", 1700000000 * SECOND},
		{"1.00000000000000000000000000000000000000000000000", SECOND},
		{"1e-6", 1},
		{"0.000001", 1},
		{"0e308", 0},
		{"-0e-308", 0},
		{"1e-308", 0},
		{"253402300799", LAST_SECOND * SECOND},
		{"253402300799.000000", LAST_SECOND * SECOND},
		{"2.53402300799e11", LAST_SECOND * SECOND},
		{"253402300798.999999", LAST_SECOND * SECOND - 1},
		{"-253402300799", -LAST_SECOND * SECOND},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		JoseTime time = 77;

		is_status(time_of(rows[i].text, &time), JOSE_OK, "%s is a time", rows[i].text);
		is_int(time, rows[i].time, "%s in microseconds", rows[i].text);
	}
}

/* A microsecond is the smallest part; what is smaller is cut off, so that exp never grows. */
static void test_cut_off(void)
{
	static const struct
	{
		const char *text;
		JoseTime time;
	} rows[] = {
		{"0.0000009", 0},
		{"1.9999999", 1999999},
		{"1700000000.9999999999999999", 1700000000 * SECOND + 999999},
		{"1700000000.1234567", 1700000000 * SECOND + 123456},
		{"9e-7", 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		JoseTime time = 77;

		is_status(time_of(rows[i].text, &time), JOSE_OK, "%s is a time", rows[i].text);
		is_int(time, rows[i].time, "%s is not rounded up", rows[i].text);
	}
}

static void test_refused(void)
{
	static const struct
	{
		const char *text;
		JoseStatus status;
	} rows[] = {
		{"253402300800", JOSE_CLAIM_TYPE},
		{"-253402300800", JOSE_CLAIM_TYPE},
		{"253402300800.0", JOSE_CLAIM_TYPE},
		{"253402300800.000000", JOSE_CLAIM_TYPE},
		{"999999999999.999999", JOSE_CLAIM_TYPE},
		{"-999999999999.999999", JOSE_CLAIM_TYPE},
		{"999999999999999999e-6", JOSE_CLAIM_TYPE},
		{"2.534023008e11", JOSE_CLAIM_TYPE},
		{"1e12", JOSE_CLAIM_TYPE},
		{"-1e12", JOSE_CLAIM_TYPE},
		{"1700000000000", JOSE_CLAIM_TYPE},    /* milliseconds, a usual mistake */
		{"9007199254740993", JOSE_CLAIM_TYPE}, /* 2^53 + 1 */
		{"9223372036854775807", JOSE_CLAIM_TYPE},
		{"9223372036854775808", JOSE_CLAIM_TYPE}, /* 2^63 */
		{"-9223372036854775808", JOSE_CLAIM_TYPE},
		{"18446744073709551616", JOSE_CLAIM_TYPE}, /* 2^64 */
		{"18446744075409551616", JOSE_CLAIM_TYPE}, /* 2^64 + 17e8: wraps to a good time */
		{"18448444073709551616000000e-6", JOSE_CLAIM_TYPE},
		{"1e18", JOSE_CLAIM_TYPE},
		{"1e308", JOSE_CLAIM_TYPE},
		{"-1e308", JOSE_CLAIM_TYPE},
		{"1e309", JOSE_JSON_LIMIT},
		{"1e400", JOSE_JSON_LIMIT},
		{"-1e400", JOSE_JSON_LIMIT},
		{"1e200000", JOSE_JSON_LIMIT},
		{"\"1700000000\"", JOSE_CLAIM_TYPE},
		{"\"never\"", JOSE_CLAIM_TYPE},
		{"\"\"", JOSE_CLAIM_TYPE},
		{"true", JOSE_CLAIM_TYPE},
		{"false", JOSE_CLAIM_TYPE},
		{"null", JOSE_CLAIM_TYPE},
		{"[]", JOSE_CLAIM_TYPE},
		{"[1700000000]", JOSE_CLAIM_TYPE},
		{"{}", JOSE_CLAIM_TYPE},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		JoseTime time = 77;

		is_status(time_of(rows[i].text, &time), rows[i].status, "%s is refused", rows[i].text);
	}
}

/* What has more digits than an int64_t holds. */
static void test_many_digits(void)
{
	char text[160] = "";
	JoseTime time = 77;

	memset(text, '9', 128);
	is_status(time_of(text, &time), JOSE_CLAIM_TYPE, "128 nines");
	memcpy(text, "1.", 2);
	is_status(time_of(text, &time), JOSE_OK, "1 and 126 nines behind the point");
	is_int(time, 1999999, "are less than two seconds");
	memset(text, '0', 128);
	memcpy(text, "0.", 2);
	memcpy(text + 120, "17e127", 7);
	is_status(time_of(text, &time), JOSE_OK, "17 far behind the point, and an exponent");
	is_int(time, 170000000 * SECOND, "that brings it back");
}

/* The same random time in several spellings. */
static void check_spellings(int64_t time, int *wrong)
{
	char texts[6][64];
	uint64_t size = time < 0 ? 0 - (uint64_t) time : (uint64_t) time;
	const char *sign = time < 0 ? "-" : "";
	uint64_t seconds = size / 1000000;
	uint64_t micros = size % 1000000;

	snprintf(texts[0], 64, "%s%" PRIu64 ".%06" PRIu64, sign, seconds, micros);
	snprintf(texts[1], 64, "%s%" PRIu64 "e-6", sign, size);
	snprintf(texts[2], 64, "%s%" PRIu64 "000E-9", sign, size);
	snprintf(texts[3], 64, "%s%" PRIu64 ".%06" PRIu64 "000000e+0", sign, seconds, micros);
	snprintf(texts[4], 64, "%s0.000%018" PRIu64 "e15", sign, size);
	snprintf(texts[5], 64, "%s%" PRIu64 ".0e-06", sign, size);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		JoseTime got = 77;

		if (time_of(texts[i], &got) != JOSE_OK || got != time)
		{
			if (*wrong == 0)
				note("%s gives %" PRId64 ", not %" PRId64, texts[i], got, time);
			(*wrong)++;
		}
	}
}

static void test_spellings(void)
{
	const uint64_t most = (uint64_t) (LAST_SECOND * SECOND);
	Random random = {.state = 6};
	int wrong = 0;

	for (int i = 0; i < 20000; i++)
	{
		uint64_t bits = random_below(&random, 58);
		int64_t time = (int64_t) (random_next(&random) % (most + 1) >> bits);

		if (time != 0) /* 0 has rows above, and "0000" is no number */
			check_spellings(i % 2 == 0 ? time : -time, &wrong);
	}
	check_spellings((int64_t) most, &wrong);
	is_int(wrong, 0, "20000 times in six spellings each are exact");
}

/* In the place of each of the three claims. */
static void test_in_claims(void)
{
	static const char *const names[] = {"exp", "nbf", "iat"};
	static const char *const bad[] = {"\"1700000000\"", "null", "true", "[]", "[1]", "{}", "1e300"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		char json[64];
		Claims claims;
		size_t error_at;

		for (size_t j = 0; j < COUNT_OF(bad); j++)
		{
			snprintf(json, sizeof(json), "{\"%s\":%s}", names[i], bad[j]);
			is_status(claims_read(view_of(json), &claims, &error_at), JOSE_CLAIM_TYPE, "%s", json);
		}
		snprintf(json, sizeof(json), "{\"%s\":1e400}", names[i]);
		is_status(claims_read(view_of(json), &claims, &error_at), JOSE_JSON_LIMIT, "%s", json);
		snprintf(json, sizeof(json), "{\"%s\":-0}", names[i]);
		is_status(claims_read(view_of(json), &claims, &error_at), JOSE_OK, "%s", json);
		ok(claims.has_exp == (i == 0) && claims.has_nbf == (i == 1) && claims.has_iat == (i == 2),
		   "it is %s that is there, with the time 0", names[i]);
		is_int(claims.exp | claims.nbf | claims.iat, 0, "and 0 is not taken for absence");
	}
}

int main(void)
{
	test_times();
	test_cut_off();
	test_refused();
	test_many_digits();
	test_spellings();
	test_in_claims();
	return done();
}
