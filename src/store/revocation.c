/* Looking for revocations; purpose: revocation.h. */
#include "postgres.h"

#include "store/revocation.h"

#include "common/hashfn.h"

#include "jose/b64url.h"
#include "jose/digest.h"
#include "jose/uuid7.h"
#include "pg/errors.h"
#include "store/key_cache.h"
#include "store/scan.h"

/* A value that is a hash says so; no other begins like this. */
#define HASH_PREFIX BYTES_LITERAL("sha256:")

/* Looked up together for one token. */
#define MAX_PROBES 2

static const ByteView kind_names[] = {
	[REVOKED_JTI] = BYTES_INIT("jti"),
	[REVOKED_TOKEN] = BYTES_INIT("token"),
	[REVOKED_IDENTITY] = BYTES_INIT("identity"),
};

ByteView revocation_kind_name(RevocationKind kind)
{
	return kind_names[kind];
}

static bool stands_for_itself(ByteView value)
{
	const ByteView prefix = HASH_PREFIX;
	bool plain = value.len > 0 && value.len <= REVOCATION_MAX_VALUE_LEN;

	for (size_t i = 0; plain && i < value.len; i++)
		plain = value.data[i] >= 0x20 && value.data[i] < 0x7F;
	return plain && !(value.len >= prefix.len && memcmp(value.data, prefix.data, prefix.len) == 0);
}

ByteView revocation_hash(ByteView bytes, char room[REVOCATION_MAX_VALUE_LEN])
{
	const ByteView prefix = HASH_PREFIX;
	uint8_t hash[DIGEST_SHA256_LEN];

	errors_raise_status(digest_sha256(bytes, hash));
	memcpy(room, prefix.data, prefix.len);
	return bytes_of(room,
					prefix.len + b64url_encode(bytes_of(hash, sizeof(hash)), room + prefix.len,
											   REVOCATION_MAX_VALUE_LEN - prefix.len));
}

ByteView revocation_value(ByteView value, char room[REVOCATION_MAX_VALUE_LEN])
{
	return stands_for_itself(value) ? value : revocation_hash(value, room);
}

int64 revocation_lookup_key(ByteView tenant_id, ByteView value)
{
	int64 made_at;
	uint64 hash;

	if (uuid7_read(value, &made_at))
		return made_at;
	hash = hash_bytes_extended(tenant_id.data, (int) tenant_id.len, 0);
	hash = hash_bytes_extended(value.data, (int) value.len, hash);
	return (int64) (hash >> 1) - PG_INT64_MAX - 1;
}

/* What the visitor compares with the rows. */
typedef struct ProbeOfTenant
{
	ByteView tenant_id;
	RevocationProbe *probe;
} ProbeOfTenant;

static bool visit_revocation(const ScanRow *row, void *context)
{
	const ProbeOfTenant *wanted = context;
	RevocationProbe *probe = wanted->probe;

	if (!bytes_equal(scan_text(row, REVOCATION_VALUE), probe->value) ||
		!bytes_equal(scan_text(row, REVOCATION_KIND), revocation_kind_name(probe->kind)) ||
		!bytes_equal(scan_text(row, REVOCATION_TENANT_ID), wanted->tenant_id))
		return true;
	probe->found = true;
	probe->cutoff = cutoff_read(row, REVOCATION_REVOKED_AT, REVOCATION_REVOKED_CAP);
	return false;
}

void revocation_probe(ByteView tenant_id, RevocationProbe *probes, int count)
{
	static const ScanIndex index = {.table = TABLE_REVOCATION,
									.column = REVOCATION_LOOKUP_KEY,
									.method = SCAN_BIGINT};
	ProbeOfTenant wanted[MAX_PROBES];
	ScanLookup lookups[MAX_PROBES];
	ScanSession session;

	Assert(count <= MAX_PROBES);
	for (int i = 0; i < count; i++)
	{
		probes[i].found = false;
		wanted[i] = (ProbeOfTenant) {.tenant_id = tenant_id, .probe = &probes[i]};
		lookups[i] = (ScanLookup) {.number = revocation_lookup_key(tenant_id, probes[i].value),
								   .visit = visit_revocation,
								   .context = &wanted[i]};
	}
	key_cache_accept_changes(); /* the table's OID */
	session = scan_begin();
	scan_lookups(&session, &index, lookups, count);
	scan_end(&session);
}
