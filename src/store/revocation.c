/* Looking for revocations; purpose: revocation.h. */
#include "postgres.h"

#include "store/revocation.h"

#include "jose/b64url.h"
#include "jose/digest.h"
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

static bool visit_revocation(const ScanRow *row, void *context)
{
	RevocationProbe *probe = context;

	probe->found = true;
	probe->cutoff = cutoff_read(row, REVOCATION_REVOKED_AT, REVOCATION_REVOKED_CAP);
	return false;
}

void revocation_probe(ByteView tenant_id, RevocationProbe *probes, int count)
{
	static const ScanIndex index = {
		.table = TABLE_REVOCATION,
		.by_hash = true,
		.column_count = 3,
		.columns = {REVOCATION_VALUE, REVOCATION_KIND, REVOCATION_TENANT_ID},
	};
	ScanLookup lookups[MAX_PROBES];
	ScanSession session;

	Assert(count <= MAX_PROBES);
	for (int i = 0; i < count; i++)
	{
		probes[i].found = false;
		lookups[i] = (ScanLookup) {
			.values = {probes[i].value, revocation_kind_name(probes[i].kind), tenant_id},
			.visit = visit_revocation,
			.context = &probes[i],
		};
	}
	key_cache_accept_changes(); /* the table's OID */
	session = scan_begin();
	scan_lookups(&session, &index, lookups, count);
	scan_end(&session);
}
