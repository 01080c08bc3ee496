/* Keys of the toolbox: generating, converting, naming. toolbox.h. */
#include "postgres.h"

#include "token/toolbox.h"

#include "jose/jwe_key.h"
#include "jose/json_write.h"
#include "jose/pem.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/generate.h"
#include "pg/memory.h"
#include "pg/text.h"
#include "store/parsed_key.h"

#define RSA_BITS 2048

/* What to generate for an encryption algorithm is what a signature algorithm of that type would use. */
typedef struct KeyShape
{
	const JoseAlg *like;
	size_t secret_len; /* oct only */
	const char *use;
} KeyShape;

static bool shape_for(ByteView algorithm, KeyShape *shape)
{
	const JoseAlg *alg = jose_alg_by_name(algorithm);
	const JweAlg *jwe_alg = jwe_alg_by_name(algorithm);
	const JweEnc *enc = jwe_enc_by_name(algorithm);

	*shape = (KeyShape) {.like = alg, .secret_len = alg != NULL ? alg->hash_len : 0, .use = "sig"};
	if (alg != NULL)
		return true;
	shape->use = "enc";
	shape->like = jose_alg_by_name(BYTES_LITERAL("HS256"));
	if (enc != NULL)
		shape->secret_len = enc->cek_len;
	else if (jwe_alg != NULL && jwe_alg->family == JWE_RSA_OAEP)
		shape->like = jose_alg_by_name(BYTES_LITERAL("RS256"));
	else if (jwe_alg != NULL && jwe_alg->family == JWE_ECDH_ES)
		shape->like = jose_alg_by_name(BYTES_LITERAL("ES256"));
	else if (jwe_alg != NULL && jwe_alg->family != JWE_DIR)
		shape->secret_len = jwe_alg->kek_len;
	else
		return false;
	return true;
}

static ByteView write_key(const Jwk *jwk, bool with_private, const JwkLabels *labels, uint8_t *out)
{
	if (jwk->type == JOSE_KEY_OCT)
		return jwk_write_oct(jwk, labels, out, JWK_MAX_TEXT_LEN);
	return jwk_write(jwk->pkey, with_private, labels, out, JWK_MAX_TEXT_LEN);
}

/* Copies text that may hold a private key into the result and wipes the buffer. */
static struct varlena *take_text(ByteView text, uint8_t *buffer, size_t capacity)
{
	struct varlena *result;

	if (text.data == NULL)
		errors_refuse(JOSE_CRYPTO_FAILURE);
	result = text_from_view(text);
	secure_wipe(buffer, capacity);
	return result;
}

struct varlena *toolbox_generate(ByteView algorithm)
{
	uint8_t text[JWK_MAX_TEXT_LEN];
	char kid[JWK_THUMBPRINT_LEN];
	JwkLabels labels = {.alg = algorithm, .kid = bytes_of(kid, sizeof(kid))};
	KeyShape shape;
	JoseStatus status;
	ByteView json;
	Jwk jwk;

	if (!shape_for(algorithm, &shape))
		errors_raise_argument("algorithm is not supported",
							  "It is no signature algorithm, key management algorithm or content "
							  "encryption of this toolbox.",
							  "For dir, name the content encryption, for example A256GCM.");
	status = generate_key_cancellable(shape.like, RSA_BITS, &jwk);
	errors_raise_status(status);
	if (jwk.type == JOSE_KEY_OCT)
		status = generate_secret(&jwk, shape.secret_len);
	if (status == JOSE_OK)
		status = jwk_thumbprint(&jwk, kid);
	labels.use = bytes_of_string(shape.use);
	json = status == JOSE_OK ? write_key(&jwk, true, &labels, text) : bytes_of(NULL, 0);
	jwk_close(&jwk);
	return take_text(json, text, sizeof(text));
}

static JwkLabels labels_of(const Jwk *jwk)
{
	JwkLabels labels = {.alg = memory_unescaped(&jwk->alg), .kid = memory_unescaped(&jwk->kid)};

	if (jwk->operations != 0 && (jwk->operations & JWK_OPS_ENCRYPTION) == 0)
		labels.use = BYTES_LITERAL("sig");
	else if (jwk->operations != 0 && (jwk->operations & JWK_OPS_SIGNATURE) == 0)
		labels.use = BYTES_LITERAL("enc");
	return labels;
}

struct varlena *toolbox_public(ByteView key)
{
	const Jwk *jwk = &parsed_key(key)->jwk;
	JwkLabels labels = labels_of(jwk);
	uint8_t text[JWK_MAX_TEXT_LEN];

	if (jwk->type == JOSE_KEY_OCT)
		errors_raise_argument("a symmetric key has no public part", "The key's kty is oct.",
							  "Only RSA, EC and OKP keys can be published.");
	return take_text(jwk_write(jwk->pkey, false, &labels, text, sizeof(text)), text, sizeof(text));
}

struct varlena *toolbox_thumbprint(ByteView key)
{
	char thumbprint[JWK_THUMBPRINT_LEN];

	errors_raise_status(jwk_thumbprint(&parsed_key(key)->jwk, thumbprint));
	return text_from_view(bytes_of(thumbprint, sizeof(thumbprint)));
}

struct varlena *toolbox_from_pem(ByteView pem)
{
	uint8_t text[JWK_MAX_TEXT_LEN];
	size_t error_at;
	ByteView json;
	Jwk jwk;
	JoseStatus status = pem_to_jwk(pem, text, &json);

	/* What PEM held obeys the same rules as any other key. */
	if (status == JOSE_OK)
		status = jwk_read(json, &jwk, &error_at);
	if (status == JOSE_OK)
		jwk_close(&jwk);
	else
		secure_wipe(text, sizeof(text));
	errors_raise_status(status);
	return take_text(json, text, sizeof(text));
}

struct varlena *toolbox_to_pem(ByteView key)
{
	const Jwk *jwk = &parsed_key(key)->jwk;
	uint8_t text[PEM_MAX_TEXT_LEN];

	if (jwk->type == JOSE_KEY_OCT)
		errors_raise_argument("a symmetric key has no PEM form", "The key's kty is oct.",
							  "PEM is for RSA, EC and OKP keys.");
	return take_text(pem_write(jwk, text, sizeof(text)), text, sizeof(text));
}
