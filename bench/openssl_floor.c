/*
 * openssl_floor.c: what one HMAC costs when nothing else is done.
 *
 * Reads two lines, the key and the message, from standard input and computes
 * the MAC <iterations> times with one EVP_MAC_CTX that is re-initialised with
 * a NULL key (the cheapest way OpenSSL 3 offers with a key that is known).
 * Prints the nanoseconds of one MAC and the MAC itself in hexadecimal, so that
 * the caller can see that the very same work was done.
 *
 * usage: openssl_floor <digest> <iterations>
 *        openssl_floor --version
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/core_names.h>

#define LINE_SIZE 65536
#define WARM_UP 20000

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

int main(int argc, char **argv)
{
	static char key[LINE_SIZE];
	static char message[LINE_SIZE];
	unsigned char mac[EVP_MAX_MD_SIZE];
	size_t key_length;
	size_t length;
	size_t mac_length = 0;
	long iterations = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	EVP_MAC_CTX *context;
	double start;
	double elapsed;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
	{
		puts(OpenSSL_version(OPENSSL_VERSION));
		return 0;
	}
	if (iterations <= 0)
	{
		fprintf(stderr, "usage: openssl_floor <digest> <iterations>\n");
		return 2;
	}
	key_length = read_line(key);
	length = read_line(message);
	context = keyed_context(argv[1], key, key_length);

	for (long i = 0; i < WARM_UP; i++)
		(void) compute_mac(context, message, length, mac);

	start = now_in_ns();
	for (long i = 0; i < iterations; i++)
		mac_length = compute_mac(context, message, length, mac);
	elapsed = now_in_ns() - start;

	printf("%.1f ", elapsed / (double) iterations);
	for (size_t i = 0; i < mac_length; i++)
		printf("%02x", mac[i]);
	putchar('\n');
	EVP_MAC_CTX_free(context);
	return 0;
}
