/*
 * Published encrypted tokens: RFC 7520 section 5 and the cookbook's X25519, RFC 7516 appendix A,
 * RFC 7518 appendix C, and a PBES2 bomb. What is supported comes out as its plaintext, what is not
 * is refused for its algorithm.
 */
#include <stdio.h>
#include <stdlib.h>

#include "jose/jwe.h"
#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/sealed.h"
#include "support/tap.h"
#include "support/vectors.h"

/* A case of the cookbook: the status that its compact form must give. */
typedef struct Case
{
	const char *path;
	JoseStatus expected;
} Case;

static const Case cases[] = {
	{"rfc7520/jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json", JOSE_UNSUPPORTED_ALG},
	{"rfc7520/jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json", JOSE_OK},
	{"rfc7520/jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json",
	 JOSE_UNSUPPORTED_ALG},
	{"rfc7520/jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm."
	 "json",
	 JOSE_OK},
	{"rfc7520/jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json", JOSE_OK},
	{"rfc7520/jwe/5_6.direct_encryption_using_aes-gcm.json", JOSE_OK},
	{"rfc7520/jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json", JOSE_OK},
	{"rfc7520/jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json", JOSE_OK},
	{"rfc7520/jwe/5_9.compressed_content.json", JOSE_UNSUPPORTED_HEADER},
	{"rfc7520/curve25519/ecdh-es.json", JOSE_OK},
};

/* Any key will do where the header is refused before one is looked at. */
static JoseStatus open_case(const JsonValue *file, ByteView *plain)
{
	JsonValue key_json = member_at(file, "input/key");
	JsonValue compact = member_at(file, "output/compact");
	ByteView token = string_bytes(&compact);
	TestKey key = key_of(key_json.type == JSON_OBJECT ? key_json.text : key_text("HS256"));
	JoseStatus status = sealed_open(token, &key.jwk, plain);

	key_close(&key);
	exact_free(token);
	return status;
}

static void test_cookbook(void)
{
	int decrypted = 0;
	int refused = 0;
	int absent = 0;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
	{
		bool opens = cases[i].expected == JOSE_OK;
		ByteView bytes;
		JsonValue file;
		JsonValue text;
		ByteView expected;
		ByteView plain;
		JoseStatus status;

		if (!vectors_read_json(cases[i].path, opens ? 2 : 1, &bytes, &file))
		{
			absent++;
			continue;
		}
		text = member_at(&file, "input/plaintext");
		expected = string_bytes(&text);
		status = open_case(&file, &plain);
		is_status(status, cases[i].expected, "%s", cases[i].path);
		if (opens)
			is_bytes(plain, expected, "%s: the plaintext", cases[i].path);
		*(status == JOSE_OK ? &decrypted : &refused) += 1;
		exact_free(plain);
		exact_free(expected);
		exact_free(bytes);
	}
	note("RFC 7520 section 5: %d decrypted, %d refused, %d absent", decrypted, refused, absent);
}

static void check_known(const char *key_json, const char *compact, const char *expected,
						const char *what)
{
	TestKey key = key_of(view_of(key_json));
	ByteView plain;

	is_status(sealed_open(view_of(compact), &key.jwk, &plain), JOSE_OK, "%s", what);
	is_bytes(plain, view_of(expected), "%s: the plaintext", what);
	exact_free(plain);
	key_close(&key);
}

/* RFC 7516 A.1 (RSA-OAEP) and A.3 (A128KW); A.2 is RSA1_5. */
static void test_rfc7516(void)
{
	check_known(
		"{\"kty\":\"RSA\",\"n\":\"oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWc"
		"JoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-"
		"PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZ"
		"wfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_T"
		"qOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw\",\"e\":\"AQAB\",\"d\":\"kLdtIj6GbDks_ApCSTYQtel"
		"cNttlKiOyPzMrXHeI-yk1F7-kpDxY4-WY5NWV5KntaEeXS1j82E375xxhWMHXyvjYecPT9fpwR_M9gV8n9H"
		"rh2anTpTD93Dt62ypW3yDsJzBnTnrYu1iwWRgBKrEYY46qAZIrA2xAwnm2X7uGR1hghkqDp0Vqj3kbSCz1X"
		"yfCs6_LehBwtxHIyh8Ripy40p24moOAbgxVw3rxT_vlt3UVe4WO3JkJOzlpUf-KTVI2Ptgm-dARxTEtE-id"
		"-4OJr0h-K-VFs3VSndVTIznSxfyrj8ILL6MG_Uv8YAu7VILSB3lOW085-4qE3DzgrTjgyQ\"}",
		"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ."
		"OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe"
		"ipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDb"
		"Sv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaV"
		"mqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je8"
		"1860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi"
		"6UklfCpIMfIjf7iGdXKHzg."
		"48V1_ALb6US04U3b."
		"5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji"
		"SdiwkIr3ajwQzaBtQD_A."
		"XFBoMYUZodetZdvTiFvSkQ",
		"The true sign of intelligence is not knowledge but imagination.", "RFC 7516 A.1");
	check_known("{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}",
				"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0."
				"6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ."
				"AxY8DCtDaGlsbGljb3RoZQ."
				"KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY."
				"U0m_YmjN04DJvceFICbCVQ",
				"Live long and prosper.", "RFC 7516 A.3");
	note("RFC 7516 appendix A: 2 of 2 that are supported; A.2 is RSA1_5, A.4 is no compact form");
}

/* RFC 7518 appendix C: what two sides agree on, with apu and apv. */
static void test_rfc7518(void)
{
	TestKey bob = key_of(BYTES_LITERAL(
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","
		"\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\","
		"\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"}"));
	JweKeyParts parts = {.epk = BYTES_LITERAL(
							 "{\"kty\":\"EC\",\"crv\":\"P-256\","
							 "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
							 "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}"),
						 .apu = BYTES_LITERAL("Alice"),
						 .apv = BYTES_LITERAL("Bob")};
	uint8_t cek[JWE_MAX_CEK_LEN] = {0};
	ByteView derived;

	is_status(jwe_key_unwrap(&bob.jwk, jwe_alg_by_name(BYTES_LITERAL("ECDH-ES")),
							 jwe_enc_by_name(BYTES_LITERAL("A128GCM")), &parts, cek),
			  JOSE_OK, "RFC 7518 C: a key is agreed on");
	derived = encoded(bytes_of(cek, 16));
	is_bytes(derived, BYTES_LITERAL("VqqN6vgjbSBcIijNcacQGg"), "RFC 7518 C: the derived key");
	exact_free(derived);
	key_close(&bob);
}

/* CVE-2023-50967: an iteration count that would take hours. */
static void test_bomb(void)
{
	ByteView token;
	TestKey key = key_of(key_text("HS256"));

	if (vectors_read("latchset-jose/tests/cve-2023-50967/cve-2023-50967.jwe", &token))
	{
		JoseStatus status = sealed_open(token, &key.jwk, NULL);

		ok(status != JOSE_OK, "the PBES2 bomb is refused at once: %s", status_name(status));
		exact_free(token);
	}
	else
		vectors_skip("latchset-jose/tests/cve-2023-50967/cve-2023-50967.jwe", 1);
	key_close(&key);
}

int main(void)
{
	test_cookbook();
	test_rfc7516();
	test_rfc7518();
	test_bomb();
	return done();
}
