/*
 * The primes of an RSA key that came as n, e and d alone, and what else a two-prime key has: the other
 * forms of a key (JWK with all its members, PKCS#8) cannot be written without them, and signing with
 * them is several times faster.
 */
#include "jose/jwk_rsa_primes.h"

#include <openssl/bn.h>

/*
 * Each base fails for half of all keys, independently of the others: a key of two primes is refused
 * once in 2^32.
 */
static const BN_ULONG bases[] = {2,  3,  5,  7,   11,  13,  17,  19,  23,  29, 31,
								 37, 41, 43, 47,  53,  59,  61,  67,  71,  73, 79,
								 83, 89, 97, 101, 103, 107, 109, 113, 127, 131};

/* d e - 1 = odd 2^twos is a multiple of the order of every number modulo n. */
typedef struct Order
{
	BIGNUM *odd;
	int twos;
} Order;

static bool find_order(BIGNUM *const *by, Order *order, BN_CTX *ctx)
{
	order->odd = BN_CTX_get(ctx);
	order->twos = 0;
	if (order->odd == NULL || BN_mul(order->odd, by[JWK_D], by[JWK_E], ctx) != 1 ||
		BN_sub_word(order->odd, 1) != 1 || BN_is_zero(order->odd))
		return false;
	while (!BN_is_bit_set(order->odd, order->twos))
		order->twos++;
	BN_set_flags(order->odd, BN_FLG_CONSTTIME);
	return order->twos > 0 && BN_rshift(order->odd, order->odd, order->twos) == 1;
}

/*
 * Squares base^odd until it is 1. What stood before is a square root of 1, and when it is neither 1
 * nor -1, it splits n.
 */
static bool find_root(BN_ULONG base, const Order *order, const BIGNUM *n, BIGNUM *root, BN_CTX *ctx)
{
	BIGNUM *square = BN_CTX_get(ctx);
	BIGNUM *minus_one = BN_CTX_get(ctx);

	if (minus_one == NULL || BN_sub(minus_one, n, BN_value_one()) != 1 ||
		BN_set_word(square, base) != 1 || BN_mod_exp(root, square, order->odd, n, ctx) != 1)
		return false;
	for (int i = 0; i < order->twos && !BN_is_one(root) && BN_cmp(root, minus_one) != 0; i++)
	{
		if (BN_mod_sqr(square, root, n, ctx) != 1)
			return false;
		if (BN_is_one(square))
			return true;
		if (BN_copy(root, square) == NULL)
			return false;
	}
	return false;
}

/* The greater prime is p: qi is then less than p whichever way it is computed. */
static bool split(BIGNUM *const *by, BIGNUM *root, BN_CTX *ctx)
{
	if (BN_sub_word(root, 1) != 1 || BN_gcd(by[JWK_P], root, by[JWK_N], ctx) != 1 ||
		BN_div(by[JWK_Q], NULL, by[JWK_N], by[JWK_P], ctx) != 1)
		return false;
	if (BN_cmp(by[JWK_P], by[JWK_Q]) < 0)
		BN_swap(by[JWK_P], by[JWK_Q]);
	BN_set_flags(by[JWK_P], BN_FLG_CONSTTIME);
	BN_set_flags(by[JWK_Q], BN_FLG_CONSTTIME);
	return true;
}

/*
 * Of a prime or its powers every base would be tried, which takes seconds for the longest n. Modulo
 * such a prime 2^n is 2 (Fermat); modulo two others it is not.
 */
static bool is_prime_power(const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *two = BN_CTX_get(ctx);
	BIGNUM *power = BN_CTX_get(ctx);

	return power == NULL || BN_set_word(two, 2) != 1 || BN_mod_exp(power, two, n, n, ctx) != 1 ||
		   BN_sub(power, power, two) != 1 || BN_gcd(power, power, n, ctx) != 1 || !BN_is_one(power);
}

static bool find_primes(BIGNUM *const *by, BN_CTX *ctx)
{
	BIGNUM *root = BN_CTX_get(ctx);
	Order order;

	if (root == NULL || is_prime_power(by[JWK_N], ctx) || !find_order(by, &order, ctx))
		return false;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
	{
		bool found;

		BN_CTX_start(ctx);
		found = find_root(bases[i], &order, by[JWK_N], root, ctx);
		BN_CTX_end(ctx);
		if (found)
			return split(by, root, ctx);
	}
	return false;
}

static bool reduce_exponent(BIGNUM *remainder, const BIGNUM *d, const BIGNUM *prime, BN_CTX *ctx)
{
	BIGNUM *less_one = BN_CTX_get(ctx);

	return less_one != NULL && BN_sub(less_one, prime, BN_value_one()) == 1 &&
		   BN_mod(remainder, d, less_one, ctx) == 1;
}

/*
 * Whether the short exponent undoes e modulo this factor, tried on one number. It does not where the
 * factor is a product: n has more than two primes then.
 */
static bool undoes_e(const BIGNUM *exponent, const BIGNUM *e, const BIGNUM *factor, BN_CTX *ctx)
{
	BIGNUM *number = BN_CTX_get(ctx);
	BIGNUM *power = BN_CTX_get(ctx);

	return power != NULL && BN_set_word(number, 2) == 1 &&
		   BN_mod_exp(power, number, e, factor, ctx) == 1 &&
		   BN_mod_exp(number, power, exponent, factor, ctx) == 1 && BN_is_word(number, 2);
}

bool jwk_rsa_find_primes(BIGNUM *by[JWK_MEMBER_COUNT], BN_CTX *ctx)
{
	bool found = true;

	for (JwkMember i = JWK_P; i <= JWK_QI; i++)
	{
		by[i] = BN_secure_new();
		found = found && by[i] != NULL;
	}
	BN_CTX_start(ctx);
	found = found && find_primes(by, ctx) &&
			reduce_exponent(by[JWK_DP], by[JWK_D], by[JWK_P], ctx) &&
			reduce_exponent(by[JWK_DQ], by[JWK_D], by[JWK_Q], ctx) &&
			BN_mod_inverse(by[JWK_QI], by[JWK_Q], by[JWK_P], ctx) != NULL &&
			undoes_e(by[JWK_DP], by[JWK_E], by[JWK_P], ctx) &&
			undoes_e(by[JWK_DQ], by[JWK_E], by[JWK_Q], ctx);
	BN_CTX_end(ctx);
	return found;
}
