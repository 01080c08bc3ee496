/* Encrypted tokens; purpose: toolbox_jwe.h. */
#include "postgres.h"

#include "token/toolbox_jwe.h"

#include "jose/jwe.h"
#include "pg/errors.h"
#include "pg/settings.h"
#include "pg/text.h"
#include "store/parsed_key.h"
#include "token/claim_rules.h"
#include "token/compact.h"
#include "token/verify.h"

static const JweAlg *require_alg(ByteView name)
{
	const JweAlg *alg = jwe_alg_by_name(name);

	if (alg == NULL)
		errors_raise_argument(
			"algorithm is not supported",
			"Supported are dir, A128KW, A192KW, A256KW, A128GCMKW, A192GCMKW, "
			"A256GCMKW, RSA-OAEP, RSA-OAEP-256, ECDH-ES and ECDH-ES+A128KW, +A192KW, "
			"+A256KW.",
			"Names are case-sensitive; RSA1_5 and PBES2 are never supported.");
	return alg;
}

static const JweEnc *require_enc(ByteView name)
{
	const JweEnc *enc = jwe_enc_by_name(name);

	if (enc == NULL)
		errors_raise_argument("encryption is not supported",
							  "Supported are A128CBC-HS256, A192CBC-HS384, A256CBC-HS512, A128GCM, "
							  "A192GCM and A256GCM.",
							  "Names are case-sensitive.");
	return enc;
}

static void raise_encryption_fault(JoseStatus status)
{
	if (status == JOSE_HEADER_MEMBER || status == JOSE_HEADER_TOO_LARGE)
		errors_raise_argument(
			"header may not be encrypted so",
			"alg, enc, epk, iv, tag, zip and crit are not the caller's to set, apu and "
			"apv are base64url, and the whole has 8192 characters at most.",
			"Leave them away.");
	errors_raise_status(status);
}

struct varlena *toolbox_encrypt(const EncryptRequest *request)
{
	KeyWanted wanted = {.text = request->key,
						.jwe_alg = require_alg(request->algorithm),
						.jwe_enc = require_enc(request->encryption)};
	JweRequest jwe = {.alg = wanted.jwe_alg,
					  .enc = wanted.jwe_enc,
					  .header = request->header,
					  .plain = request->plain};
	ParsedKey *key;
	JweText token;

	/* Which members may not be set is jwe_encrypt's to say. */
	if (request->header.data != NULL)
		compact_read_object(request->header, "header");
	key = parsed_key_for_encryption(&wanted);
	if (key == NULL)
		errors_refuse(JOSE_KEY_WRONG_USE);
	jwe.jwk = &key->jwk;
	token.capacity = jwe_capacity(&jwe);
	token.chars = palloc(token.capacity);
	raise_encryption_fault(jwe_encrypt(&jwe, palloc(request->plain.len + JWE_MAX_PADDING), &token));
	if (token.len > (size_t) settings_max_token_size)
		errors_raise_argument(
			"token would be too large",
			"access_token.max_token_size holds for encrypted tokens, too.",
			"Encrypt less, or have a superuser raise access_token.max_token_size.");
	return text_from_view(bytes_of(token.chars, token.len));
}

/* Raises 22023 for an argument that is no algorithm, even where another one matched. */
static bool allows_alg(const DecryptRequest *request, const JweAlg *alg)
{
	bool allowed = false;

	for (int i = 0; i < request->algorithm_count; i++)
		allowed |= require_alg(request->algorithms[i]) == alg;
	return allowed;
}

static bool allows_enc(const DecryptRequest *request, const JweEnc *enc)
{
	bool allowed = false;

	for (int i = 0; i < request->encryption_count; i++)
		allowed |= require_enc(request->encryptions[i]) == enc;
	return allowed;
}

static JoseFault read_token(ByteView token, Jwe *jwe)
{
	JoseFault fault = verify_check_size(token);
	size_t error_at = 0;
	JoseStatus status;

	if (fault.status != JOSE_OK)
		return fault;
	status = jwe_read(token, palloc(jwe_room(token.len)), jwe, &error_at);
	return FAULT(.status = status, .part = JOSE_PART_HEADER, .value = (int64_t) error_at);
}

JoseFault toolbox_decrypt(const DecryptRequest *request, struct varlena **plain)
{
	KeyWanted wanted = {.text = request->key, .needs_private = true};
	Jwe jwe = {.alg = NULL};
	JoseFault fault = read_token(request->token, &jwe);
	bool alg_allowed = allows_alg(request, jwe.alg);
	bool enc_allowed = allows_enc(request, jwe.enc);
	ParsedKey *key;
	JoseStatus status;
	uint8_t *out;
	size_t len;

	*plain = NULL;
	if (fault.status != JOSE_OK)
		return fault;
	if (!alg_allowed || !enc_allowed)
		return FAULT(.status = JOSE_ALG_NOT_ALLOWED);
	wanted.jwe_alg = jwe.alg;
	wanted.jwe_enc = jwe.enc;
	wanted.kid = jwe.kid;
	key = parsed_key_for_encryption(&wanted);
	if (key == NULL)
		return FAULT(.status = JOSE_DECRYPTION_FAILED);
	out = palloc(jwe.cipher.len + JWE_MAX_PADDING);
	status = jwe_decrypt(&jwe, &key->jwk, out, &len);
	if (status == JOSE_OK)
		*plain = text_from_view(bytes_of(out, len));
	return FAULT(.status = status == JOSE_OK || status == JOSE_CRYPTO_FAILURE
							   ? status
							   : JOSE_DECRYPTION_FAILED);
}
