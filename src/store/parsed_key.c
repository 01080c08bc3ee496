/* Parsing and keeping the toolbox's keys; purpose: parsed_key.h. */
#include "postgres.h"

#include "store/parsed_key.h"

#include "common/hashfn.h"
#include "lib/ilist.h"
#include "utils/memutils.h"

#include "jose/jwks.h"
#include "jose/secret.h"
#include "jose/secure.h"
#include "pg/errors.h"
#include "pg/memory.h"

/* Under what a key is kept. */
typedef struct KeyName
{
	uint64 hash; /* of the text */
	ByteView text;
	JsonType kid_type; /* a token without a kid is another case than one with an empty kid */
	ByteView kid;      /* as it stands in the token, escapes and all */
	const void *purpose;
} KeyName;

/* One key as it was chosen: from this text, for this kid and algorithm. */
typedef struct KeptKey
{
	dlist_node node; /* in the order of use, most recent first */
	MemoryContext memory;
	KeyName name;
	ParsedKey key;
} KeptKey;

/* The purpose of an entry without a key: the text is a set that was found good as a whole. */
static const char checked_set = 0;

static MemoryContext kept_memory;
static dlist_head kept_keys = DLIST_STATIC_INIT(kept_keys);
static int kept_count = 0;

/* The row of the algorithm table stands for what a key was chosen for. */
static const void *purpose_of(const KeyWanted *wanted)
{
	return wanted->alg != NULL ? (const void *) wanted->alg : (const void *) wanted->jwe_alg;
}

static KeyName name_of(const KeyWanted *wanted)
{
	return (KeyName) {
		.hash = hash_bytes_extended(wanted->text.data, (int) wanted->text.len, 0),
		.text = wanted->text,
		.kid_type = wanted->kid.type,
		.kid = wanted->kid.text,
		.purpose = purpose_of(wanted),
	};
}

static bool same_name(const KeyName *a, const KeyName *b)
{
	return a->hash == b->hash && a->purpose == b->purpose && a->kid_type == b->kid_type &&
		   bytes_equal(a->kid, b->kid) && bytes_equal(a->text, b->text);
}

static KeptKey *find_kept(const KeyName *name)
{
	dlist_iter iter;

	dlist_foreach (iter, &kept_keys)
	{
		KeptKey *kept = dlist_container(KeptKey, node, iter.cur);

		if (!same_name(&kept->name, name))
			continue;
		dlist_move_head(&kept_keys, &kept->node);
		return kept;
	}
	return NULL;
}

static void close_kept(void *argument)
{
	KeptKey *kept = argument;

	hmac_key_close(&kept->key.mac);
	signature_key_close(&kept->key.signature);
	jwk_close(&kept->key.jwk);
	secure_wipe(unconstify(uint8_t *, kept->name.text.data), kept->name.text.len);
}

static void make_room(void)
{
	while (kept_count >= PARSED_KEY_CAPACITY)
	{
		KeptKey *oldest = dlist_tail_element(KeptKey, node, &kept_keys);

		dlist_delete(&oldest->node);
		kept_count--;
		MemoryContextDelete(oldest->memory);
	}
}

static KeptKey *new_kept(const KeyName *name)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "access_token parsed key",
												 ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(memory);
	KeptKey *kept = palloc0(sizeof(KeptKey));

	memory_on_reset(close_kept, kept);
	kept->memory = memory;
	kept->name = *name;
	kept->name.text = bytes_of(NULL, 0); /* nothing to wipe yet, should memory run out */
	kept->name.kid = memory_copy(name->kid);
	kept->name.text = memory_copy(name->text);
	MemoryContextSwitchTo(caller);
	return kept;
}

static void keep(KeptKey *kept)
{
	if (kept_memory == NULL)
		kept_memory = AllocSetContextCreate(CacheMemoryContext, "access_token parsed keys",
											ALLOCSET_SMALL_SIZES);
	make_room();
	MemoryContextSetParent(kept->memory, kept_memory);
	dlist_push_head(&kept_keys, &kept->node);
	kept_count++;
}

/* Raises what is the key's own fault; what is a matter of choice is left to the caller. */
static void raise_unusable(KeptKey *kept, JoseStatus status)
{
	if (status == JOSE_OK)
		return;
	MemoryContextDelete(kept->memory);
	errors_raise_status(status);
}

static bool kid_fits(const JsonValue *token_kid, const JsonValue *key_kid)
{
	if (token_kid->type == JSON_ABSENT || key_kid->type == JSON_ABSENT)
		return true;
	return json_same_string(token_kid, key_kid);
}

static JweRole role_of(const KeyWanted *wanted)
{
	return wanted->needs_private ? JWE_RECEIVER : JWE_SENDER;
}

/* What the key is to do: JwkOperation bits. */
static unsigned operations_for(const KeyWanted *wanted)
{
	if (wanted->alg == NULL)
		return jwe_key_operations(wanted->jwe_alg, role_of(wanted));
	return wanted->needs_private ? JWK_OP_SIGN : JWK_OP_VERIFY;
}

/*
 * Whether the key itself is what the caller needs, whatever token it is for. Asked anew where a kept
 * key serves again: it may have been wanted for less before.
 */
static bool serves(const KeyWanted *wanted, const Jwk *jwk)
{
	if (purpose_of(wanted) == NULL)
		return true;
	return (jwk->is_private || !wanted->needs_private) &&
		   (jwk->alg.type != JSON_ABSENT || !wanted->needs_own_alg) &&
		   (jwk->operations & operations_for(wanted)) != 0;
}

static JoseStatus check_fit(const KeyWanted *wanted, const Jwk *jwk)
{
	if (wanted->alg != NULL)
		return jwk_check_alg(jwk, wanted->alg, operations_for(wanted));
	return jwe_key_check(jwk, wanted->jwe_alg, wanted->jwe_enc, role_of(wanted));
}

/* JOSE_BAD_SIGNATURE: a sound key, but not the token's. */
static JoseStatus choose_single(const KeyWanted *wanted, KeptKey *kept)
{
	Jwk *jwk = &kept->key.jwk;
	size_t error_at;
	JoseStatus status = jwk_read(kept->name.text, jwk, &error_at);

	if (status != JOSE_OK || purpose_of(wanted) == NULL)
		return status;
	if (!serves(wanted, jwk))
		return JOSE_KEY_WRONG_USE;
	if (!kid_fits(&wanted->kid, &jwk->kid))
		return JOSE_BAD_SIGNATURE;
	if (check_fit(wanted, jwk) == JOSE_OK)
		return JOSE_OK;
	/* Before there is a token the mismatch is the caller's; after that it is the token's. */
	return wanted->needs_private && wanted->alg != NULL ? JOSE_KEY_WRONG_USE : JOSE_BAD_SIGNATURE;
}

/* A set is read as a whole once; tokens of unknown keys, which leave nothing behind, may come often. */
static JoseStatus check_set(const KeyName *of)
{
	KeyName name = {.hash = of->hash, .text = of->text, .purpose = &checked_set};
	size_t error_at;
	JoseStatus status;

	if (find_kept(&name) != NULL)
		return JOSE_OK;
	status = jwks_check(of->text, &error_at);
	if (status == JOSE_OK)
		keep(new_kept(&name));
	return status;
}

static JoseStatus choose_from_set(const KeyWanted *wanted, KeptKey *kept)
{
	JoseStatus status = check_set(&kept->name);

	if (status != JOSE_OK)
		return status;
	if (wanted->alg == NULL || wanted->needs_private)
		return JOSE_KEY_WRONG_USE;
	status = jwks_select(kept->name.text, &wanted->kid, wanted->alg, &kept->key.jwk);
	if (status == JOSE_OK && !serves(wanted, &kept->key.jwk))
		return JOSE_KEY_WRONG_USE;
	return status;
}

/* Parses the key anew; NULL when it is not the token's. */
static KeptKey *parse(const KeyWanted *wanted, const KeyName *name)
{
	KeptKey *kept = new_kept(name);
	JoseStatus status = jwks_is_likely(name->text) ? choose_from_set(wanted, kept)
												   : choose_single(wanted, kept);

	if (status == JOSE_BAD_SIGNATURE)
	{
		MemoryContextDelete(kept->memory);
		return NULL;
	}
	raise_unusable(kept, status);
	return kept;
}

static JoseStatus open_for(KeptKey *kept, const JoseAlg *alg)
{
	ByteView secret = bytes_of(kept->key.jwk.secret, kept->key.jwk.secret_len);
	JoseStatus status;

	if (alg->key_type != JOSE_KEY_OCT)
		return signature_key_open(&kept->key.signature, alg, kept->key.jwk.pkey);
	if (secret_looks_like_other_key(secret))
		return JOSE_KEY_WRONG_USE;
	status = hmac_key_open(&kept->key.mac, alg, secret);
	return status == JOSE_BAD_KEY ? JOSE_KEY_WEAK : status;
}

static KeptKey *find_or_parse(const KeyWanted *wanted, bool *is_new)
{
	KeptKey *kept;
	KeyName name;

	if (wanted->text.len > PARSED_KEY_MAX_TEXT_LEN)
		errors_refuse(JOSE_KEY_MALFORMED);
	name = name_of(wanted);
	kept = find_kept(&name);
	if (kept != NULL && !serves(wanted, &kept->key.jwk))
		errors_refuse(JOSE_KEY_WRONG_USE);
	*is_new = kept == NULL;
	return kept != NULL ? kept : parse(wanted, &name);
}

ParsedKey *parsed_key_for_signature(const KeyWanted *wanted)
{
	bool is_new;
	KeptKey *kept = find_or_parse(wanted, &is_new);

	if (kept == NULL)
		return NULL;
	if (is_new)
	{
		raise_unusable(kept, open_for(kept, wanted->alg));
		keep(kept);
	}
	return &kept->key;
}

ParsedKey *parsed_key_for_encryption(const KeyWanted *wanted)
{
	bool is_new;
	KeptKey *kept = find_or_parse(wanted, &is_new);

	if (kept == NULL)
		return NULL;
	if (is_new)
		keep(kept);
	return check_fit(wanted, &kept->key.jwk) == JOSE_OK ? &kept->key : NULL;
}

ParsedKey *parsed_key(ByteView text)
{
	KeyWanted wanted = {.text = text};
	bool is_new;
	KeptKey *kept = find_or_parse(&wanted, &is_new);

	if (is_new)
		keep(kept);
	return &kept->key;
}
