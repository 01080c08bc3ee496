/* The algorithm table; see alg.h. */
#include "jose/alg.h"

static const JoseAlg algorithms[] = {
	{.name = "HS256", .digest = "SHA2-256", .hash_len = 32},
	{.name = "HS384", .digest = "SHA2-384", .hash_len = 48},
	{.name = "HS512", .digest = "SHA2-512", .hash_len = 64},
};

const JoseAlg *jose_alg_by_name(ByteView name)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
	{
		if (bytes_equal(name, bytes_of(algorithms[i].name, strlen(algorithms[i].name))))
			return &algorithms[i];
	}
	return NULL;
}
