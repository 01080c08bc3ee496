/*
 * JSONTestSuite (github.com/nst/JSONTestSuite) through both readers, and each file as a header and
 * as a payload. y_ files are accepted but for the settled decisions of this project, n_ files
 * refused, and i_ files answered cleanly: the tables below say for each which.
 */
#include <stdlib.h>

#include "jose/claims.h"
#include "jose/json_read.h"
#include "jose/jws.h"
#include "support/exact.h"
#include "support/tap.h"
#include "support/vectors.h"

#define PARSING "jsontestsuite/test_parsing"
#define TRANSFORM "jsontestsuite/test_transform"
#define PARSING_FILES 318
#define TRANSFORM_FILES 22

typedef struct Verdict
{
	const char *name;
	JoseStatus status;
} Verdict;

/*
 * Refused although the suite accepts them: duplicate names and \u0000, where two readers may
 * disagree about one text.
 */
static const Verdict settled[] = {
	{"y_object_duplicated_key.json", JOSE_JSON_DUPLICATE},
	{"y_object_duplicated_key_and_value.json", JOSE_JSON_DUPLICATE},
	{"y_object_escaped_null_in_key.json", JOSE_JSON_ESCAPE},
	{"y_string_null_escape.json", JOSE_JSON_ESCAPE},
};

/* What the suite leaves to the implementation. */
static const Verdict left_open[] = {
	{"i_number_double_huge_neg_exp.json", JOSE_JSON_LIMIT},
	{"i_number_huge_exp.json", JOSE_JSON_LIMIT},
	{"i_number_neg_int_huge_exp.json", JOSE_JSON_LIMIT},
	{"i_number_pos_double_huge_exp.json", JOSE_JSON_LIMIT},
	{"i_number_real_neg_overflow.json", JOSE_JSON_LIMIT},
	{"i_number_real_pos_overflow.json", JOSE_JSON_LIMIT},
	{"i_number_real_underflow.json", JOSE_JSON_LIMIT},
	{"i_number_too_big_neg_int.json", JOSE_OK},
	{"i_number_too_big_pos_int.json", JOSE_OK},
	{"i_number_very_big_negative_int.json", JOSE_OK},
	{"i_object_key_lone_2nd_surrogate.json", JOSE_JSON_ESCAPE},
	{"i_string_1st_surrogate_but_2nd_missing.json", JOSE_JSON_ESCAPE},
	{"i_string_1st_valid_surrogate_2nd_invalid.json", JOSE_JSON_ESCAPE},
	{"i_string_UTF-16LE_with_BOM.json", JOSE_JSON_SYNTAX},
	{"i_string_UTF-8_invalid_sequence.json", JOSE_JSON_UTF8},
	{"i_string_UTF8_surrogate_U+D800.json", JOSE_JSON_UTF8},
	{"i_string_incomplete_surrogate_and_escape_valid.json", JOSE_JSON_ESCAPE},
	{"i_string_incomplete_surrogate_pair.json", JOSE_JSON_ESCAPE},
	{"i_string_incomplete_surrogates_escape_valid.json", JOSE_JSON_ESCAPE},
	{"i_string_invalid_lonely_surrogate.json", JOSE_JSON_ESCAPE},
	{"i_string_invalid_surrogate.json", JOSE_JSON_ESCAPE},
	{"i_string_invalid_utf-8.json", JOSE_JSON_UTF8},
	{"i_string_inverted_surrogates_U+1D11E.json", JOSE_JSON_ESCAPE},
	{"i_string_iso_latin_1.json", JOSE_JSON_UTF8},
	{"i_string_lone_second_surrogate.json", JOSE_JSON_ESCAPE},
	{"i_string_lone_utf8_continuation_byte.json", JOSE_JSON_UTF8},
	{"i_string_not_in_unicode_range.json", JOSE_JSON_UTF8},
	{"i_string_overlong_sequence_2_bytes.json", JOSE_JSON_UTF8},
	{"i_string_overlong_sequence_6_bytes.json", JOSE_JSON_UTF8},
	{"i_string_overlong_sequence_6_bytes_null.json", JOSE_JSON_UTF8},
	{"i_string_truncated-utf-8.json", JOSE_JSON_UTF8},
	{"i_string_utf16BE_no_BOM.json", JOSE_JSON_SYNTAX},
	{"i_string_utf16LE_no_BOM.json", JOSE_JSON_SYNTAX},
	{"i_structure_500_nested_arrays.json", JOSE_JSON_LIMIT},
	{"i_structure_UTF-8_BOM_empty_object.json", JOSE_JSON_SYNTAX},
};

/* Of test_transform, where the suite only records what readers make of a text. */
static const Verdict transform[] = {
	{"number_-9223372036854775808.json", JOSE_OK},
	{"number_-9223372036854775809.json", JOSE_OK},
	{"number_1.0.json", JOSE_OK},
	{"number_1.000000000000000005.json", JOSE_OK},
	{"number_1000000000000000.json", JOSE_OK},
	{"number_10000000000000000999.json", JOSE_OK},
	{"number_1e-999.json", JOSE_JSON_LIMIT},
	{"number_1e6.json", JOSE_OK},
	{"number_9223372036854775807.json", JOSE_OK},
	{"number_9223372036854775808.json", JOSE_OK},
	{"object_key_nfc_nfd.json", JOSE_OK},
	{"object_key_nfd_nfc.json", JOSE_OK},
	{"object_same_key_different_values.json", JOSE_JSON_DUPLICATE},
	{"object_same_key_same_value.json", JOSE_JSON_DUPLICATE},
	{"object_same_key_unclear_values.json", JOSE_JSON_DUPLICATE},
	{"string_1_escaped_invalid_codepoint.json", JOSE_JSON_ESCAPE},
	{"string_1_invalid_codepoint.json", JOSE_JSON_UTF8},
	{"string_2_escaped_invalid_codepoints.json", JOSE_JSON_ESCAPE},
	{"string_2_invalid_codepoints.json", JOSE_JSON_UTF8},
	{"string_3_escaped_invalid_codepoints.json", JOSE_JSON_ESCAPE},
	{"string_3_invalid_codepoints.json", JOSE_JSON_UTF8},
	{"string_with_escaped_NULL.json", JOSE_JSON_ESCAPE},
};

static const Verdict *find_verdict(const Verdict *verdicts, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
	{
		if (strcmp(verdicts[i].name, name) == 0)
			return &verdicts[i];
	}
	return NULL;
}

static bool is_json_refusal(JoseStatus status)
{
	return status >= JOSE_JSON_SYNTAX && status <= JOSE_JSON_LIMIT;
}

/* As an object, as a header and as a payload: the verdict is that on the value, or "no object". */
static bool others_agree(ByteView text, JoseStatus status, JsonType type)
{
	JoseStatus top = status == JOSE_OK && type != JSON_OBJECT ? JOSE_JSON_NOT_OBJECT : status;
	size_t error_at;
	JwsHeader header;
	Claims claims;

	/*
	 * No file has a member of a header or a claim, so every object is a payload and none a header.
	 */
	return json_read_object(text, NULL, NULL, 0, &error_at) == top &&
		   jws_read_header(text, &header, &error_at) ==
			   (top == JOSE_OK ? JOSE_HEADER_MEMBER : top) &&
		   claims_read(text, &claims, &error_at) == top;
}

static JoseStatus read_file(const char *folder, const char *name, bool *agree)
{
	char path[512] = "";
	ByteView text;
	JsonValue value = {0};
	size_t error_at;
	JoseStatus status;

	strncat(path, folder, 200);
	strcat(path, "/");
	strncat(path, name, 200);
	*agree = false;
	if (!vectors_read(path, &text))
		return JOSE_STATUS_COUNT;
	status = json_read_value(text, &value, &error_at);
	*agree = others_agree(text, status, value.type);
	exact_free(text);
	return status;
}

/* What a file of test_parsing must come to. */
static bool is_right(const char *name, JoseStatus status)
{
	const Verdict *verdict = find_verdict(settled, COUNT_OF(settled), name);

	switch (name[0])
	{
		case 'y':
			return status == (verdict != NULL ? verdict->status : JOSE_OK);
		case 'n':
			return is_json_refusal(status);
		default:
			verdict = find_verdict(left_open, COUNT_OF(left_open), name);
			return verdict != NULL && status == verdict->status;
	}
}

static void test_parsing(void)
{
	VectorFolder folder;
	int accepted[128] = {0};
	int refused[128] = {0};

	if (!vectors_list(PARSING, &folder))
	{
		vectors_skip(PARSING, 2 * PARSING_FILES + 3);
		return;
	}
	for (size_t i = 0; i < folder.count; i++)
	{
		const char *name = folder.names[i];
		bool agree;
		JoseStatus status = read_file(PARSING, name, &agree);

		ok(is_right(name, status), "%s: %s", name, status_name(status));
		ok(agree, "%s: the same as object, header and payload", name);
		(status == JOSE_OK ? accepted : refused)[name[0] & 0x7F]++;
	}
	is_int((int64_t) folder.count, PARSING_FILES, "all files of test_parsing were there");
	is_int(refused['y'], COUNT_OF(settled), "as many y_ files are refused as decisions name");
	is_int(accepted['n'], 0, "no n_ file is accepted");
	note("JSONTestSuite: y %d accepted, %d refused; n %d refused; i %d accepted, %d refused",
		 accepted['y'], refused['y'], refused['n'], accepted['i'], refused['i']);
	for (size_t i = 0; i < COUNT_OF(settled); i++)
		note("refused by decision: %s", settled[i].name);
	vectors_close(&folder);
}

static void test_transform(void)
{
	VectorFolder folder;

	if (!vectors_list(TRANSFORM, &folder))
	{
		vectors_skip(TRANSFORM, 2 * TRANSFORM_FILES + 1);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(transform); i++)
	{
		bool agree;
		JoseStatus status = read_file(TRANSFORM, transform[i].name, &agree);

		is_status(status, transform[i].status, "%s", transform[i].name);
		ok(agree, "%s: the same as object, header and payload", transform[i].name);
	}
	is_int((int64_t) folder.count, TRANSFORM_FILES, "all files of test_transform were there");
	vectors_close(&folder);
}

int main(void)
{
	test_parsing();
	test_transform();
	return done();
}
