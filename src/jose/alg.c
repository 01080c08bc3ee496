/* The algorithm table; see alg.h. */
#include "jose/alg.h"

#define HMAC(bits) \
	{ \
		"HS" #bits, JOSE_FAMILY_HMAC, JOSE_KEY_OCT, "SHA2-" #bits, bits / 8, NULL, bits / 8 \
	}
#define RSA_PKCS1(bits) \
	{ \
		"RS" #bits, JOSE_FAMILY_RSA_PKCS1, JOSE_KEY_RSA, "SHA2-" #bits, bits / 8, NULL, 0 \
	}
#define RSA_PSS(bits) \
	{ \
		"PS" #bits, JOSE_FAMILY_RSA_PSS, JOSE_KEY_RSA, "SHA2-" #bits, bits / 8, NULL, 0 \
	}
#define ECDSA(bits, curve, signature_len) \
	{ \
		"ES" #bits, JOSE_FAMILY_ECDSA, JOSE_KEY_EC, "SHA2-" #bits, bits / 8, curve, signature_len \
	}

static const JoseAlg algorithms[] = {
	HMAC(256),
	HMAC(384),
	HMAC(512),
	RSA_PKCS1(256),
	RSA_PKCS1(384),
	RSA_PKCS1(512),
	RSA_PSS(256),
	RSA_PSS(384),
	RSA_PSS(512),
	ECDSA(256, "P-256", 64),
	ECDSA(384, "P-384", 96),
	ECDSA(512, "P-521", 132),
	{"EdDSA", JOSE_FAMILY_EDDSA, JOSE_KEY_OKP, NULL, 0, "Ed25519", 64},
};

const JoseAlg *jose_alg_by_name(ByteView name)
{
	if (bytes_equal(name, BYTES_LITERAL("Ed25519")))
		name = BYTES_LITERAL("EdDSA");
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
	{
		if (bytes_equal(name, bytes_of_string(algorithms[i].name)))
			return &algorithms[i];
	}
	return NULL;
}
