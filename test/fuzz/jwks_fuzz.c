/*
 * JWKS: what is selected from an accepted set is a public key that is fit for the algorithm, and of
 * the kid asked for. The first byte chooses the algorithm, a line the kid, the rest is the set.
 */
#include "jose/jwks.h"

#include <openssl/err.h>

#include "require.h"

static const char *const algorithms[] = {"HS256", "RS256", "PS512", "ES256",
										 "ES384", "ES512", "EdDSA"};

static void fuzz_select(ByteView set, const JsonValue *kid, const JoseAlg *alg, bool accepted)
{
	Jwk jwk;
	JoseStatus status = jwks_select(set, kid, alg, &jwk);

	if (status == JOSE_OK)
	{
		REQUIRE(jwk_check_alg(&jwk, alg, JWK_OP_VERIFY) == JOSE_OK);
		REQUIRE(!accepted || !jwk.is_private);
		REQUIRE(kid->type == JSON_ABSENT || jwk.kid.type == JSON_STRING);
		if (kid->type == JSON_STRING && !kid->escaped)
			REQUIRE(json_string_equals(&jwk.kid, kid->text));
		if (kid->type == JSON_STRING && !jwk.kid.escaped)
			REQUIRE(json_string_equals(kid, jwk.kid.text));
	}
	else
		REQUIRE(status == JOSE_BAD_SIGNATURE && jwk.pkey == NULL);
	jwk_close(&jwk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const JoseAlg *alg;
	const uint8_t *line_end;
	JsonValue kid;
	ByteView set;
	size_t error_at = SIZE_MAX;
	JoseStatus status;

	if (size < 2)
		return 0;
	alg = jose_alg_by_name(
		bytes_of(algorithms[data[0] % (sizeof(algorithms) / sizeof(algorithms[0]))], 5));
	line_end = memchr(data + 1, '\n', size - 1);
	if (line_end == NULL ||
		json_read_value(bytes_of(data + 1, (size_t) (line_end - data - 1)), &kid, &error_at) !=
			JOSE_OK ||
		kid.type != JSON_STRING)
		kid = (JsonValue) {0};
	set = line_end == NULL ? bytes_of(data + 1, size - 1)
						   : bytes_of(line_end + 1, size - (size_t) (line_end + 1 - data));

	error_at = SIZE_MAX;
	status = jwks_check(set, &error_at);
	REQUIRE(status == JOSE_OK || (status >= JOSE_KEY_MALFORMED && status <= JOSE_KEY_WRONG_USE));
	REQUIRE(error_at <= set.len);
	REQUIRE(status != JOSE_OK || jwks_is_likely(set));
	fuzz_select(set, &kid, alg, status == JOSE_OK);
	REQUIRE(ERR_peek_error() == 0);
	return 0;
}
