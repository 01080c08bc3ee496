/*
 * RSA keys (RFC 7518 section 6.3): integers in minimal form, 2048 to 8192 bits, a sane exponent, no
 * ROCA modulus (CVE-2017-15361), and private parts that belong to n and e.
 */
#include "jose/jwk_rsa_primes.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "jose/secure.h"

/* Bytes of the longest exponent; what is used is 65537. */
#define MAX_EXPONENT_LEN 8
#define MIN_EXPONENT 65537

/* The private members of a two-prime key; `oth` is refused. */
static const JwkMember crt_members[] = {JWK_P, JWK_Q, JWK_DP, JWK_DQ, JWK_QI};
#define CRT_COUNT (sizeof(crt_members) / sizeof(crt_members[0]))

/* All numbers of a key by member; NULL where absent. */
typedef struct RsaNumbers
{
	BIGNUM *by_member[JWK_MEMBER_COUNT];
	BN_CTX *ctx;
} RsaNumbers;

/* NULL when it is malformed, or OpenSSL has no memory. */
static BIGNUM *read_number(const JsonValue *member, bool is_secret)
{
	uint8_t bytes[JWK_MAX_PART_LEN];
	size_t len = 0;
	BIGNUM *number = NULL;

	/* Public numbers in minimal form only, so that a key has one thumbprint (RFC 7638 section 7). */
	if (jwk_decode_member(member, bytes, sizeof(bytes), &len) == JOSE_OK &&
		(is_secret || bytes[0] != 0))
	{
		number = is_secret ? BN_secure_new() : BN_new();
		if (number != NULL && BN_bin2bn(bytes, (int) len, number) == NULL)
		{
			BN_clear_free(number);
			number = NULL;
		}
	}
	secure_wipe(bytes, sizeof(bytes));
	return number;
}

static bool read_numbers(const JsonValue members[JWK_MEMBER_COUNT], RsaNumbers *numbers)
{
	for (JwkMember i = JWK_N; i <= JWK_QI; i++)
	{
		bool is_secret = i != JWK_N && i != JWK_E;

		if (is_secret && members[i].type == JSON_ABSENT)
			continue;
		numbers->by_member[i] = read_number(&members[i], is_secret);
		if (numbers->by_member[i] == NULL)
			return false;
	}
	numbers->ctx = BN_CTX_secure_new();
	return numbers->ctx != NULL;
}

static void free_numbers(RsaNumbers *numbers)
{
	for (size_t i = 0; i < JWK_MEMBER_COUNT; i++)
		BN_clear_free(numbers->by_member[i]);
	BN_CTX_free(numbers->ctx);
}

/* Whether r is a power of 65537 modulo prime. */
static bool is_power_of_generator(BN_ULONG r, BN_ULONG prime)
{
	BN_ULONG generator = 65537 % prime;
	BN_ULONG power = 1;

	do
	{
		if (power == r)
			return true;
		power = power * generator % prime;
	} while (power != 1);
	return false;
}

/*
 * Moduli of one faulty library are powers of 65537 modulo every small prime; by chance that happens
 * once in 2^28 or so.
 */
static bool has_roca_fingerprint(const BIGNUM *n)
{
	static const uint8_t primes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,
									 37,  41,  43,  47,  53,  59,  61,  67,  71,  73,
									 79,  83,  89,  97,  101, 103, 107, 109, 113, 127,
									 131, 137, 139, 149, 151, 157, 163, 167};

	for (size_t i = 0; i < sizeof(primes); i++)
	{
		if (!is_power_of_generator(BN_mod_word(n, primes[i]), primes[i]))
			return false;
	}
	return true;
}

static JoseStatus check_public(const RsaNumbers *numbers)
{
	const BIGNUM *n = numbers->by_member[JWK_N];
	const BIGNUM *e = numbers->by_member[JWK_E];
	int bits = BN_num_bits(n);

	if (!BN_is_odd(n) || !BN_is_odd(e) || BN_num_bytes(e) > MAX_EXPONENT_LEN)
		return JOSE_KEY_MALFORMED;
	if (bits < JOSE_MIN_RSA_BITS || bits > JOSE_MAX_RSA_BITS || BN_num_bits(e) < 17 ||
		has_roca_fingerprint(n))
		return JOSE_KEY_WEAK; /* an odd number of 17 bits and more is at least 65537 */
	return JOSE_OK;
}

/* Whether remainder equals d modulo (prime - 1). */
static bool is_crt_exponent(const BIGNUM *remainder, const BIGNUM *d, const BIGNUM *prime,
							BN_CTX *ctx)
{
	BIGNUM *scratch = BN_CTX_get(ctx);
	BIGNUM *less_one = BN_CTX_get(ctx);

	return less_one != NULL && BN_copy(less_one, prime) != NULL && BN_sub_word(less_one, 1) == 1 &&
		   !BN_is_zero(less_one) && BN_mod(scratch, d, less_one, ctx) == 1 &&
		   BN_cmp(scratch, remainder) == 0;
}

/* n = p q, dp and dq are d's remainders, and qi is q's inverse (RFC 8017 section 3.2). */
static bool crt_fits(const RsaNumbers *numbers)
{
	BIGNUM *const *by = numbers->by_member;
	BN_CTX *ctx = numbers->ctx;
	BIGNUM *scratch = BN_CTX_get(ctx);

	return scratch != NULL && !BN_is_one(by[JWK_P]) && !BN_is_one(by[JWK_Q]) &&
		   !BN_is_zero(by[JWK_P]) && BN_cmp(by[JWK_QI], by[JWK_P]) < 0 &&
		   BN_mul(scratch, by[JWK_P], by[JWK_Q], ctx) == 1 && BN_cmp(scratch, by[JWK_N]) == 0 &&
		   is_crt_exponent(by[JWK_DP], by[JWK_D], by[JWK_P], ctx) &&
		   is_crt_exponent(by[JWK_DQ], by[JWK_D], by[JWK_Q], ctx) &&
		   BN_mod_mul(scratch, by[JWK_QI], by[JWK_Q], by[JWK_P], ctx) == 1 && BN_is_one(scratch);
}

/* Whether d undoes e, tried on one number. */
static bool d_undoes_e(const RsaNumbers *numbers)
{
	const BIGNUM *n = numbers->by_member[JWK_N];
	BIGNUM *number = BN_CTX_get(numbers->ctx);
	BIGNUM *power = BN_CTX_get(numbers->ctx);

	if (power == NULL || BN_set_word(number, 2) != 1)
		return false;
	BN_set_flags(numbers->by_member[JWK_D], BN_FLG_CONSTTIME);
	return BN_mod_exp(power, number, numbers->by_member[JWK_E], n, numbers->ctx) == 1 &&
		   BN_mod_exp(number, power, numbers->by_member[JWK_D], n, numbers->ctx) == 1 &&
		   BN_is_word(number, 2);
}

/* A key whose primes were left out, which RFC 7518 section 6.3.2 allows, is given them. */
static JoseStatus check_private(RsaNumbers *numbers)
{
	const BIGNUM *d = numbers->by_member[JWK_D];
	size_t crt_present = 0;
	bool fits;

	for (size_t i = 0; i < CRT_COUNT; i++)
		crt_present += numbers->by_member[crt_members[i]] != NULL ? 1 : 0;
	if (d == NULL)
		return crt_present == 0 ? JOSE_OK : JOSE_KEY_MALFORMED;
	if (crt_present != 0 && crt_present != CRT_COUNT)
		return JOSE_KEY_MALFORMED;
	if (BN_is_zero(d) || BN_cmp(d, numbers->by_member[JWK_N]) >= 0)
		return JOSE_KEY_INCONSISTENT;
	BN_CTX_start(numbers->ctx);
	fits = d_undoes_e(numbers) &&
		   (crt_present != 0 || jwk_rsa_find_primes(numbers->by_member, numbers->ctx)) &&
		   crt_fits(numbers);
	BN_CTX_end(numbers->ctx);
	return fits ? JOSE_OK : JOSE_KEY_INCONSISTENT;
}

/* OpenSSL's parameter for each member. */
static const char *const parameter_names[JWK_MEMBER_COUNT] = {
	[JWK_N] = OSSL_PKEY_PARAM_RSA_N,          [JWK_E] = OSSL_PKEY_PARAM_RSA_E,
	[JWK_D] = OSSL_PKEY_PARAM_RSA_D,          [JWK_P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[JWK_Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,    [JWK_DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[JWK_DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2, [JWK_QI] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static EVP_PKEY *make_pkey(const RsaNumbers *numbers, bool is_private)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (builder == NULL)
		goto out;
	for (size_t i = 0; i < JWK_MEMBER_COUNT; i++)
	{
		if (numbers->by_member[i] != NULL &&
			OSSL_PARAM_BLD_push_BN(builder, parameter_names[i], numbers->by_member[i]) != 1)
			goto out;
	}
	params = OSSL_PARAM_BLD_to_param(builder);
	if (params != NULL)
		pkey = jwk_pkey_from("RSA", is_private, params);
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	return pkey;
}

JoseStatus jwk_read_rsa(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk)
{
	RsaNumbers numbers = {0};
	JoseStatus status = JOSE_KEY_MALFORMED;

	if (members[JWK_OTH].type != JSON_ABSENT)
		return JOSE_KEY_UNSUPPORTED;
	if (read_numbers(members, &numbers))
		status = check_public(&numbers);
	if (status == JOSE_OK)
		status = check_private(&numbers);
	if (status == JOSE_OK)
	{
		jwk->is_private = numbers.by_member[JWK_D] != NULL;
		jwk->pkey = make_pkey(&numbers, jwk->is_private);
		status = jwk->pkey != NULL ? JOSE_OK : JOSE_KEY_INCONSISTENT;
	}
	free_numbers(&numbers);
	ERR_clear_error();
	return status;
}
