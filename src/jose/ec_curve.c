/* The curves of EC keys; see ec_curve.h. */
#include "jose/ec_curve.h"

#include <openssl/evp.h>

static const EcCurve curves[] = {
	{"P-256", "prime256v1", 32},
	{"P-384", "secp384r1", 48},
	{"P-521", "secp521r1", EC_CURVE_MAX_FIELD_LEN},
};

const EcCurve *ec_curve_named(const JsonValue *crv)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
	{
		if (json_string_equals(crv, bytes_of_string(curves[i].name)))
			return &curves[i];
	}
	return NULL;
}

const EcCurve *ec_curve_of(const EVP_PKEY *pkey)
{
	char group[32];
	size_t len;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
	{
		if (strcmp(curves[i].group, group) == 0)
			return &curves[i];
	}
	return NULL;
}
