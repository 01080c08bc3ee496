/*
 * openssl_floor.c: what one MAC or one signature costs when nothing else is done.
 *
 * Reads lines from standard input: the key and the message; to verify, also the
 * signature in hexadecimal. The key of a MAC is the line's own bytes, that of a
 * signature base64 of its DER form. Does the work <iterations> times with what
 * OpenSSL 3 can keep ready: an EVP_MAC_CTX that is re-initialised with a NULL
 * key, an EVP_PKEY_CTX that is initialised once, and for Ed25519, which has no
 * more than EVP_DigestSign, a context whose key is known.
 * Prints the nanoseconds of one and its result in hexadecimal, so that the
 * caller can see that the very same work was done; a signature that does not
 * verify ends the program.
 *
 * usage: openssl_floor <digest> <iterations>
 *        openssl_floor sign|verify RS256|ES256|EdDSA <iterations>
 *        openssl_floor --version
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/core_names.h>

#define LINE_SIZE 65536
#define WARM_UP 20000
#define SIGNATURE_SIZE 1024

static void die(const char *what)
{
	fprintf(stderr, "openssl_floor: %s failed\n", what);
	exit(1);
}

/* Reads one line without its newline; dies where the line does not fit. */
static size_t read_line(char *line)
{
	size_t length;

	if (fgets(line, LINE_SIZE, stdin) == NULL)
		die("reading standard input");
	length = strlen(line);
	if (length == 0 || line[length - 1] != '\n')
		die("finding the end of a line");
	line[--length] = '\0';
	return length;
}

static EVP_MAC_CTX *keyed_context(char *digest, const char *key, size_t key_length)
{
	OSSL_PARAM params[2];
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (context == NULL || !EVP_MAC_init(context, (const unsigned char *) key, key_length, params))
		die("EVP_MAC_init");
	EVP_MAC_free(mac);
	return context;
}

static size_t compute_mac(EVP_MAC_CTX *context, const char *message, size_t length,
						  unsigned char *mac)
{
	size_t mac_length = 0;

	if (!EVP_MAC_init(context, NULL, 0, NULL) ||
		!EVP_MAC_update(context, (const unsigned char *) message, length) ||
		!EVP_MAC_final(context, mac, &mac_length, EVP_MAX_MD_SIZE))
		die("EVP_MAC");
	return mac_length;
}

static double now_in_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

static void print_result(double elapsed, long iterations, const unsigned char *result,
						 size_t length)
{
	printf("%.1f ", elapsed / (double) iterations);
	for (size_t i = 0; i < length; i++)
		printf("%02x", result[i]);
	putchar('\n');
}

static int run_mac(char *digest, long iterations)
{
	static char key[LINE_SIZE];
	static char message[LINE_SIZE];
	unsigned char mac[EVP_MAX_MD_SIZE];
	size_t key_length = read_line(key);
	size_t length = read_line(message);
	size_t mac_length = 0;
	EVP_MAC_CTX *context = keyed_context(digest, key, key_length);
	double start;

	for (long i = 0; i < WARM_UP; i++)
		(void) compute_mac(context, message, length, mac);

	start = now_in_ns();
	for (long i = 0; i < iterations; i++)
		mac_length = compute_mac(context, message, length, mac);
	print_result(now_in_ns() - start, iterations, mac, mac_length);
	EVP_MAC_CTX_free(context);
	return 0;
}

/* A key with what can be made ready for one operation. */
typedef struct Signer
{
	int verifies;
	EVP_PKEY *pkey;
	EVP_MD *digest;        /* NULL for Ed25519, which hashes by itself */
	EVP_PKEY_CTX *context; /* with a digest */
	EVP_MD_CTX *whole;     /* without one */
} Signer;

static EVP_PKEY *read_key(int is_public)
{
	static char line[LINE_SIZE];
	static unsigned char der[LINE_SIZE];
	const unsigned char *at = der;
	size_t length = read_line(line);
	int decoded = EVP_DecodeBlock(der, (const unsigned char *) line, (int) length);

	if (decoded < 0)
		die("EVP_DecodeBlock");
	return is_public ? d2i_PUBKEY(NULL, &at, decoded) : d2i_AutoPrivateKey(NULL, &at, decoded);
}

static void ready_signer(Signer *signer, const char *algorithm)
{
	int is_rsa = strcmp(algorithm, "RS256") == 0;

	signer->pkey = read_key(signer->verifies);
	if (signer->pkey == NULL)
		die("reading the key");
	if (strcmp(algorithm, "EdDSA") == 0)
	{
		signer->whole = EVP_MD_CTX_new();
		return;
	}
	signer->digest = EVP_MD_fetch(NULL, "SHA256", NULL);
	signer->context = EVP_PKEY_CTX_new(signer->pkey, NULL);
	if ((signer->verifies ? EVP_PKEY_verify_init(signer->context)
						  : EVP_PKEY_sign_init(signer->context)) != 1 ||
		EVP_PKEY_CTX_set_signature_md(signer->context, signer->digest) != 1 ||
		(is_rsa && EVP_PKEY_CTX_set_rsa_padding(signer->context, RSA_PKCS1_PADDING) != 1))
		die("EVP_PKEY_sign_init");
}

static void close_signer(Signer *signer)
{
	EVP_MD_CTX_free(signer->whole);
	EVP_PKEY_CTX_free(signer->context);
	EVP_MD_free(signer->digest);
	EVP_PKEY_free(signer->pkey);
}

static void hash(const Signer *signer, const unsigned char *message, size_t length,
				 unsigned char *out)
{
	if (EVP_Digest(message, length, out, NULL, signer->digest, NULL) != 1)
		die("EVP_Digest");
}

/* Returns the length of the signature. */
static size_t sign(Signer *signer, const unsigned char *message, size_t length, unsigned char *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t out_length = SIGNATURE_SIZE;

	if (signer->whole != NULL)
	{
		if (EVP_DigestSignInit(signer->whole, NULL, NULL, NULL, signer->pkey) != 1 ||
			EVP_DigestSign(signer->whole, out, &out_length, message, length) != 1)
			die("EVP_DigestSign");
		return out_length;
	}
	hash(signer, message, length, digest);
	if (EVP_PKEY_sign(signer->context, out, &out_length, digest, 32) != 1)
		die("EVP_PKEY_sign");
	return out_length;
}

static void verify(Signer *signer, const unsigned char *message, size_t length,
				   const unsigned char *signature, size_t signature_length)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (signer->whole != NULL)
	{
		if (EVP_DigestVerifyInit(signer->whole, NULL, NULL, NULL, signer->pkey) != 1 ||
			EVP_DigestVerify(signer->whole, signature, signature_length, message, length) != 1)
			die("EVP_DigestVerify");
		return;
	}
	hash(signer, message, length, digest);
	if (EVP_PKEY_verify(signer->context, signature, signature_length, digest, 32) != 1)
		die("EVP_PKEY_verify");
}

static size_t read_hexadecimal(unsigned char *out)
{
	static char line[LINE_SIZE];
	size_t length = 0;

	(void) read_line(line);
	if (OPENSSL_hexstr2buf_ex(out, SIGNATURE_SIZE, &length, line, '\0') != 1)
		die("reading the signature");
	return length;
}

static int run_signature(int verifies, const char *algorithm, long iterations)
{
	static char message[LINE_SIZE];
	unsigned char signature[SIGNATURE_SIZE];
	Signer signer = {.verifies = verifies};
	size_t signature_length = 0;
	size_t length;
	double start = 0;

	ready_signer(&signer, algorithm);
	length = read_line(message);
	if (verifies)
		signature_length = read_hexadecimal(signature);
	for (long i = -(iterations / 8); i < iterations; i++)
	{
		if (i == 0)
			start = now_in_ns(); /* what came before was to warm up */
		if (verifies)
			verify(&signer, (const unsigned char *) message, length, signature, signature_length);
		else
			signature_length = sign(&signer, (const unsigned char *) message, length, signature);
	}
	print_result(now_in_ns() - start, iterations, signature, signature_length);
	close_signer(&signer);
	return 0;
}

int main(int argc, char **argv)
{
	long iterations = argc >= 3 ? strtol(argv[argc - 1], NULL, 10) : 0;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
	{
		puts(OpenSSL_version(OPENSSL_VERSION));
		return 0;
	}
	if (argc == 3 && iterations > 0)
		return run_mac(argv[1], iterations);
	if (argc == 4 && iterations > 0)
		return run_signature(strcmp(argv[1], "verify") == 0, argv[2], iterations);
	fprintf(stderr, "usage: openssl_floor <digest> <iterations>\n"
					"       openssl_floor sign|verify RS256|ES256|EdDSA <iterations>\n");
	return 2;
}
