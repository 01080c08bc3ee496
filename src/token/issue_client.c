/* Making client tokens; purpose: issue_client.h. */
#include "postgres.h"

#include "token/issue_client.h"

#include "jose/json_read.h"
#include "jose/json_write.h"
#include "pg/clock.h"
#include "pg/errors.h"
#include "store/client.h"
#include "store/signing_key.h"
#include "token/claim_rules.h"
#include "token/compact.h"
#include "token/jti.h"

/* Bytes of a header at most: alg, typ and a thumbprint. */
#define HEADER_CAPACITY 160

/* What one token is made with. */
typedef struct Maker
{
	const Tenant *tenant;
	const Client *client;
	ByteView issuer;
	int64_t now; /* seconds */
	int lifetime;
} Maker;

/* One answer for a client that does not exist and for another tenant's. */
static void raise_unknown_client(void)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("client does not exist"),
					errdetail("No client of the tenant has the given id."),
					errhint("See the view access_token.clients; ids are case-sensitive.")));
}

static ByteView choose_issuer(const Tenant *tenant, bool force_default)
{
	ByteView issuer = tenant->issuer;

	if (issuer.data == NULL || force_default)
		issuer = tenant->default_issuer;
	if (issuer.data == NULL)
		errors_raise_argument(
			"tenant has no such issuer",
			"A client's token needs iss: the tenant's issuer, or its default_issuer where that is "
			"forced or the only one, and the one that is needed is not set.",
			"Set it with access_token.update_tenant.");
	return issuer;
}

static Maker find_maker(const ClientTokenRequest *request, JoseTime now)
{
	Maker maker = {.client = client_by_id(request->client_id), .now = now / JOSE_TIME_PER_SECOND};

	if (maker.client == NULL || !bytes_equal(maker.client->tenant_id, request->tenant_id))
		raise_unknown_client();
	maker.tenant = tenant_by_id(maker.client->tenant_id);
	if (maker.client->disabled)
		errors_refuse(JOSE_CLIENT_DISABLED);
	if (maker.tenant == NULL || maker.tenant->disabled)
		errors_refuse(JOSE_TENANT_DISABLED);
	maker.issuer = choose_issuer(maker.tenant, request->force_default_domain);
	return maker;
}

static SigningKey *current_key(const Maker *maker)
{
	SigningKey *key = signing_key_current(maker->tenant, maker->client->alg);

	if (key == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("tenant has no such signing key"),
						errdetail("There is no current key of the client's algorithm."),
						errhint("Make one with access_token.rotate_signing_key.")));
	return key;
}

static ByteView write_header(const SigningKey *key, bool use_jwt_type, JsonWriter writer)
{
	json_put_raw(&writer, BYTES_LITERAL("{\"alg\":"));
	json_put_string(&writer, bytes_of_string(key->alg->name));
	json_put_raw(&writer, use_jwt_type ? BYTES_LITERAL(",\"typ\":\"JWT\",\"kid\":")
									   : BYTES_LITERAL(",\"typ\":\"at+jwt\",\"kid\":"));
	json_put_string(&writer, key->kid);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	return json_written(&writer);
}

static size_t payload_capacity(const Maker *maker, const TokenWish *wish)
{
	return 128 + 2 * JSON_INTEGER_CAPACITY + UUID7_TEXT_LEN +
		   json_string_capacity(maker->issuer.len) + 2 * maker->client->id.len +
		   payload_wish_capacity(wish);
}

/* The client asks for itself, so it is the subject, too (RFC 9068 section 2.2). */
static ByteView write_payload(const Maker *maker, const TokenWish *wish, JoseTime now,
							  JsonWriter writer)
{
	char jti[UUID7_TEXT_LEN];

	jti_write(jti, now);
	json_put_raw(&writer, BYTES_LITERAL("{\"iss\":"));
	json_put_string(&writer, maker->issuer);
	json_put_raw(&writer, BYTES_LITERAL(",\"sub\":\""));
	json_put_raw(&writer, maker->client->id);
	json_put_raw(&writer, BYTES_LITERAL("\",\"client_id\":\""));
	json_put_raw(&writer, maker->client->id);
	json_put_raw(&writer, BYTES_LITERAL("\",\"iat\":"));
	json_put_integer(&writer, maker->now);
	json_put_raw(&writer, BYTES_LITERAL(",\"exp\":"));
	json_put_integer(&writer, maker->now + maker->lifetime);
	json_put_raw(&writer, BYTES_LITERAL(",\"jti\":\""));
	json_put_raw(&writer, bytes_of(jti, sizeof(jti)));
	json_put_raw(&writer, BYTES_LITERAL("\""));
	payload_put_wish(&writer, wish);
	json_put_raw(&writer, BYTES_LITERAL("}"));
	return json_written(&writer);
}

static struct varlena *sign(const Maker *maker, const ClientTokenRequest *request,
							const TokenWish *wish, JoseTime now)
{
	size_t capacity = payload_capacity(maker, wish);
	SigningKey *key = current_key(maker);
	uint8_t header_bytes[HEADER_CAPACITY];
	ByteView header = write_header(key, request->use_jwt_type,
								   json_writer(header_bytes, sizeof(header_bytes)));
	ByteView payload = write_payload(maker, wish, now, json_writer(palloc(capacity), capacity));

	if (header.data == NULL || payload.data == NULL)
		elog(ERROR, "token buffer is too small");
	payload_check_whole(wish, payload);
	return compact_sign(NULL, signing_key_open_signer(key), header, payload);
}

/* Whether a reader that ignores case, as some do, would take a claim for one of those that we write. */
static bool has_claim_in_other_letters(const JsonValue *object)
{
	static const ByteView written[] = {
		BYTES_INIT("iss"), BYTES_INIT("sub"),   BYTES_INIT("client_id"), BYTES_INIT("iat"),
		BYTES_INIT("exp"), BYTES_INIT("nbf"),   BYTES_INIT("jti"),       BYTES_INIT("aud"),
		BYTES_INIT("cnf"), BYTES_INIT("scope"), BYTES_INIT("act"),       BYTES_INIT("role"),
	};
	JsonCursor cursor = json_cursor(object);
	JsonValue name;
	JsonValue value;

	while (json_next_member(&cursor, &name, &value))
	{
		if (claim_rules_name_is_one_of(&name, written, lengthof(written)) &&
			!json_string_equals(&name, BYTES_LITERAL("role")))
			return true;
	}
	return false;
}

/* Behind payload_check_wish, which has refused the reserved names as we write them. */
static void check_claim_names(ByteView claims)
{
	JsonValue object;
	size_t error_at;

	if (claims.data == NULL || json_read_value(claims, &object, &error_at) != JOSE_OK)
		return;
	if (claim_rules_like_id_token(&object)) /* which verification would refuse */
		errors_raise_argument("claims would look like an id_token",
							  "nonce, at_hash and auth_time are not for a client's token.",
							  "Give the claim another name.");
	if (has_claim_in_other_letters(&object))
		errors_raise_argument(
			"claim is reserved",
			"Its name is a reserved one in other letters, for which a resource server "
			"may take it.",
			"Give the claim another name.");
}

ClientToken issue_client_token(const ClientTokenRequest *request)
{
	JoseTime now = clock_now();
	Maker maker = find_maker(request, now);
	TokenWish wish = request->wish;
	ClientToken token;

	wish.audience = maker.client->audience;
	wish.audience_count = maker.client->audience_count;
	payload_check_wish(&wish, &maker.client->permissions);
	check_claim_names(wish.claims);
	maker.lifetime = payload_lifetime(&wish, (TokenLifetime) {.usual = maker.client->token_lifetime,
															  .longest = maker.tenant
																			 ->max_token_lifetime});
	token.text = sign(&maker, request, &wish, now);
	token.expires_at = (maker.now + maker.lifetime) * JOSE_TIME_PER_SECOND;
	return token;
}
