/* The bound identity; purpose: identity.h. */
#include "postgres.h"

#include "token/identity.h"

#include "access/xact.h"
#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/memutils.h"

#include "pg/bound_record.h"
#include "pg/errors.h"
#include "pg/jsonb.h"
#include "pg/memory.h"
#include "pg/text.h"

/* The fields of the bound record. All but the payload are in the database's encoding. */
enum
{
	FIELD_TENANT,
	FIELD_CLIENT,
	FIELD_USER,
	FIELD_SCOPE,
	FIELD_PAYLOAD
};

StaticAssertDecl(FIELD_PAYLOAD + 1 == BOUND_RECORD_FIELDS, "a field of the record has no name");

/*
 * Records of one transaction whose values are kept. A statement may hold a value of an older record, so
 * none can be freed before the transaction ends; who binds more of them gets a copy for each call.
 */
#define MAX_KEPT_RECORDS 64

/*
 * What has been made ready of the bound record; it lives in TopTransactionContext. Outside a transaction
 * block a procedure may end the transaction and go on with a value that it got as an argument, which
 * nobody copies for it: there the values are not lent.
 */
static struct
{
	uint64_t generation; /* of the record; 0: nothing is ready */
	bool lent;           /* else every caller gets a copy of its own */
	bool made[IDENTITY_PART_COUNT];
	struct varlena *values[IDENTITY_PART_COUNT];
} ready;

static int kept_records;

/* The transaction's memory goes, and with it everything that was ready. */
static void forget_transaction(void *argument)
{
	ready.generation = 0;
	kept_records = 0;
}

JoseStatus identity_bind(const DecodedToken *decoded, struct varlena **claims)
{
	const TokenSubject *subject = &decoded->subject;
	ByteView fields[BOUND_RECORD_FIELDS] = {
		[FIELD_TENANT] = subject->tenant_id,
		[FIELD_CLIENT] = subject->client_id,
		[FIELD_SCOPE] = subject->scope, /* a list of scopes is ASCII, as ids are */
		[FIELD_PAYLOAD] = decoded->payload_json,
	};
	JoseStatus status = jsonb_from_object(decoded->payload_json, claims);

	if (status == JOSE_OK)
		status = text_from_utf8(subject->identity, &fields[FIELD_USER]);
	if (status == JOSE_OK)
		bound_record_bind(fields);
	return status;
}

static struct varlena *make_text(ByteView field)
{
	return field.data == NULL ? NULL : text_from_view(field);
}

static struct varlena *make_scopes(ByteView list)
{
	Datum *elements = palloc(sizeof(Datum) * SCOPE_MAX_TOKENS);
	ByteView scope;
	int count = 0;

	if (list.data == NULL)
		return (struct varlena *) construct_empty_array(TEXTOID);
	while (count < SCOPE_MAX_TOKENS && scope_next(&list, &scope))
		elements[count++] = PointerGetDatum(text_from_view(scope));
	return (struct varlena *) construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT);
}

static struct varlena *make_claims(ByteView payload)
{
	struct varlena *claims;

	errors_raise_status(jsonb_from_object(payload, &claims));
	return claims;
}

static struct varlena *make_part(const ByteView *fields, IdentityPart part)
{
	switch (part)
	{
		case IDENTITY_TENANT:
			return make_text(fields[FIELD_TENANT]);
		case IDENTITY_CLIENT:
			return make_text(fields[FIELD_CLIENT]);
		case IDENTITY_USER:
			return make_text(fields[FIELD_USER]);
		case IDENTITY_SCOPES:
			return make_scopes(fields[FIELD_SCOPE]);
		case IDENTITY_CLAIMS:
			return make_claims(fields[FIELD_PAYLOAD]);
		case IDENTITY_PART_COUNT:
			break;
	}
	return NULL;
}

/* Begins to keep what is made of the bound record; false where that would be too much. */
static bool begin_record(void)
{
	MemoryContext before;

	if (kept_records == MAX_KEPT_RECORDS)
		return false;
	if (kept_records == 0)
	{
		before = MemoryContextSwitchTo(TopTransactionContext);
		memory_on_reset(forget_transaction, NULL);
		MemoryContextSwitchTo(before);
	}
	kept_records++;
	memset(&ready, 0, sizeof(ready));
	ready.generation = bound_record_generation;
	ready.lent = IsTransactionBlock(); /* as the server decides whether CALL may commit */
	return true;
}

static struct varlena *copy_of(const struct varlena *value)
{
	return (struct varlena *) DatumGetPointer(datumCopy(PointerGetDatum(value), false, -1));
}

/* A copy that lasts as long as the transaction; what it was made from goes with the call's memory. */
static struct varlena *keep(const struct varlena *value)
{
	MemoryContext before = MemoryContextSwitchTo(TopTransactionContext);
	struct varlena *copy = copy_of(value);

	MemoryContextSwitchTo(before);
	return copy;
}

static struct varlena *make_ready(IdentityPart part)
{
	const ByteView *fields = bound_record();
	struct varlena *value;

	if (fields == NULL)
		return NULL;
	value = make_part(fields, part);
	if (ready.generation != bound_record_generation && !begin_record())
		return value;
	ready.values[part] = value == NULL ? NULL : keep(value);
	ready.made[part] = true;
	return ready.lent ? ready.values[part] : value;
}

struct varlena *identity_part(IdentityPart part)
{
	struct varlena *value;

	if (unlikely(ready.generation != bound_record_generation || !ready.made[part]))
		return make_ready(part);
	value = ready.values[part];
	return likely(ready.lent) || value == NULL ? value : copy_of(value);
}

bool identity_has_scope(ByteView scopes)
{
	const ByteView *fields = bound_record();
	ByteView scope;

	if (fields == NULL || fields[FIELD_SCOPE].data == NULL || !scope_list_valid(scopes))
		return false;
	while (scope_next(&scopes, &scope))
	{
		if (!scope_contains(fields[FIELD_SCOPE], scope))
			return false;
	}
	return true;
}
