/* PEM by label, DER by OpenSSL's decoders; rules: pem.h. */
#include "jose/pem.h"

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "jose/secure.h"

/* What a label promises; without structure it is known, but not read. */
typedef struct PemLabel
{
	ByteView name;
	const char *structure; /* OpenSSL's name of the DER structure */
	const char *key_type;  /* NULL: the structure says */
	int selection;
} PemLabel;

static const PemLabel labels[] = {
	{BYTES_INIT("PUBLIC KEY"), "SubjectPublicKeyInfo", NULL, EVP_PKEY_PUBLIC_KEY},
	{BYTES_INIT("PRIVATE KEY"), "PrivateKeyInfo", NULL, EVP_PKEY_KEYPAIR},
	{BYTES_INIT("RSA PUBLIC KEY"), "type-specific", "RSA", EVP_PKEY_PUBLIC_KEY},
	{BYTES_INIT("RSA PRIVATE KEY"), "type-specific", "RSA", EVP_PKEY_KEYPAIR},
	{BYTES_INIT("EC PRIVATE KEY"), "type-specific", "EC", EVP_PKEY_KEYPAIR},
	{BYTES_INIT("ENCRYPTED PRIVATE KEY"), NULL, NULL, 0},
	{BYTES_INIT("CERTIFICATE"), NULL, NULL, 0},
	{BYTES_INIT("EC PARAMETERS"), NULL, NULL, 0},
	{BYTES_INIT("DSA PRIVATE KEY"), NULL, NULL, 0},
	{BYTES_INIT("OPENSSH PRIVATE KEY"), NULL, NULL, 0},
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static ByteView trim(ByteView text)
{
	while (text.len > 0 && is_space(text.data[0]))
		text = bytes_of(text.data + 1, text.len - 1);
	while (text.len > 0 && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* Takes a prefix off the front; false when the text does not begin with it. */
static bool take_front(ByteView *text, ByteView prefix)
{
	if (text->len < prefix.len || memcmp(text->data, prefix.data, prefix.len) != 0)
		return false;
	*text = bytes_of(text->data + prefix.len, text->len - prefix.len);
	return true;
}

static bool take_back(ByteView *text, ByteView suffix)
{
	if (text->len < suffix.len ||
		memcmp(text->data + text->len - suffix.len, suffix.data, suffix.len) != 0)
		return false;
	text->len -= suffix.len;
	return true;
}

bool pem_is_likely(ByteView text)
{
	text = trim(text);
	return take_front(&text, BYTES_LITERAL("-----BEGIN "));
}

/* The label whose block the text is; *body is what stands between its lines. */
static const PemLabel *match_label(ByteView text, ByteView *body)
{
	const ByteView dashes = BYTES_LITERAL("-----");

	text = trim(text);
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
	{
		*body = text;
		if (take_front(body, BYTES_LITERAL("-----BEGIN ")) && take_front(body, labels[i].name) &&
			take_front(body, dashes) && take_back(body, dashes) &&
			take_back(body, labels[i].name) && take_back(body, BYTES_LITERAL("-----END ")))
			return &labels[i];
	}
	return NULL;
}

static bool is_base64_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
		   c == '/';
}

/*
 * Joins the lines of the body and counts the padding at its end; 0 for anything else than base64, such
 * as a header line or a second block.
 */
static size_t join_lines(ByteView body, uint8_t out[PEM_MAX_TEXT_LEN], size_t *padding)
{
	size_t len = 0;

	*padding = 0;
	if (body.len > PEM_MAX_TEXT_LEN)
		return 0;
	for (size_t i = 0; i < body.len; i++)
	{
		uint8_t c = body.data[i];

		if (is_space(c))
			continue;
		if (c == '=')
			(*padding)++;
		else if (!is_base64_char(c) || *padding > 0)
			return 0;
		out[len++] = c;
	}
	return len % 4 == 0 && *padding <= 2 ? len : 0;
}

static size_t decode_body(ByteView body, uint8_t out[PEM_MAX_TEXT_LEN])
{
	uint8_t joined[PEM_MAX_TEXT_LEN];
	size_t padding;
	size_t len = join_lines(body, joined, &padding);
	int decoded = len > 0 ? EVP_DecodeBlock(out, joined, (int) len) : -1;

	secure_wipe(joined, sizeof(joined));
	return decoded > 0 ? (size_t) decoded - padding : 0;
}

static EVP_PKEY *decode_der(const PemLabel *label, ByteView der)
{
	EVP_PKEY *pkey = NULL;
	const unsigned char *at = der.data;
	size_t left = der.len;
	OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(&pkey, "DER", label->structure,
														  label->key_type, label->selection, NULL,
														  NULL);

	if (ctx == NULL || OSSL_DECODER_from_data(ctx, &at, &left) != 1 || left != 0)
	{
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_DECODER_CTX_free(ctx);
	return pkey;
}

/* Parameters spelled out can describe a curve whose discrete logarithm its author knows. */
static bool has_named_curve(const EVP_PKEY *pkey)
{
	char encoding[32];
	size_t len;
	int from_explicit = 0;

	return EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding,
										  sizeof(encoding), &len) == 1 &&
		   strcmp(encoding, "named_curve") == 0 &&
		   (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
								   &from_explicit) != 1 ||
			from_explicit == 0);
}

static bool is_supported(const EVP_PKEY *pkey)
{
	if (EVP_PKEY_is_a(pkey, "EC"))
		return has_named_curve(pkey);
	return EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_is_a(pkey, "ED25519") ||
		   EVP_PKEY_is_a(pkey, "X25519");
}

JoseStatus pem_to_jwk(ByteView pem, uint8_t out[JWK_MAX_TEXT_LEN], ByteView *jwk)
{
	uint8_t der[PEM_MAX_TEXT_LEN];
	ByteView body;
	const PemLabel *label = match_label(pem, &body);
	JoseStatus status = JOSE_KEY_MALFORMED;
	EVP_PKEY *pkey = NULL;

	*jwk = bytes_of(NULL, 0);
	if (label == NULL)
		return JOSE_KEY_MALFORMED;
	if (label->structure == NULL)
		return JOSE_KEY_UNSUPPORTED;
	pkey = decode_der(label, bytes_of(der, decode_body(body, der)));
	if (pkey == NULL)
		goto out;
	status = JOSE_KEY_UNSUPPORTED;
	if (is_supported(pkey))
		*jwk = jwk_write(pkey, label->selection == EVP_PKEY_KEYPAIR, NULL, out, JWK_MAX_TEXT_LEN);
	if (jwk->data != NULL)
		status = JOSE_OK;
out:
	EVP_PKEY_free(pkey);
	secure_wipe(der, sizeof(der));
	ERR_clear_error();
	return status;
}

ByteView pem_write(const Jwk *jwk, uint8_t *out, size_t capacity)
{
	OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(jwk->pkey,
														  jwk->is_private ? EVP_PKEY_KEYPAIR
																		  : EVP_PKEY_PUBLIC_KEY,
														  "PEM",
														  jwk->is_private ? "PrivateKeyInfo"
																		  : "SubjectPublicKeyInfo",
														  NULL);
	unsigned char *at = out;
	size_t left = capacity;
	bool done = ctx != NULL && OSSL_ENCODER_to_data(ctx, &at, &left) == 1;

	OSSL_ENCODER_CTX_free(ctx);
	if (!done)
		ERR_clear_error();
	return done ? bytes_of(out, capacity - left) : bytes_of(NULL, 0);
}
