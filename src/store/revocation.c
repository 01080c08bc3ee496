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

/* Of the milliseconds in a UUID of version 7 42 bits, which last until 2109. */
#define MAX_LOOKUP_MS ((INT64_C(1) << 42) - 1)
#define LOOKUP_HASH_BITS 21

static uint64_t hash_of(ByteView bytes, uint64_t seed)
{
	return hash_bytes_extended(bytes.data, (int) bytes.len, seed);
}

static int64_t lookup_key(uint64_t tenant_hash, bool is_jti, ByteView value)
{
	uint64_t hash = hash_of(value, tenant_hash);
	int64_t made_at;

	if (is_jti && uuid7_read(value, &made_at) && made_at / 1000 <= MAX_LOOKUP_MS)
		return made_at / 1000 << LOOKUP_HASH_BITS | (int64_t) (hash >> (64 - LOOKUP_HASH_BITS));
	return (int64_t) (hash | UINT64_C(1) << 63);
}

int64_t revocation_lookup_key(ByteView tenant_id, ByteView kind, ByteView value)
{
	return lookup_key(hash_of(tenant_id, 0), bytes_equal(kind, kind_names[REVOKED_JTI]), value);
}

static bool visit_revocation(const ScanRow *row, void *context)
{
	RevocationProbe *probe = context;

	probe->found = bytes_equal(scan_text(row, REVOCATION_VALUE), probe->value) &&
				   bytes_equal(scan_text(row, REVOCATION_KIND), kind_names[probe->kind]) &&
				   bytes_equal(scan_text(row, REVOCATION_TENANT_ID), probe->tenant_id);
	if (probe->found)
		probe->cutoff = cutoff_read(row, REVOCATION_REVOKED_AT, REVOCATION_REVOKED_CAP);
	return !probe->found;
}

void revocation_probe(RevocationProbe *probes, int count)
{
	static const ScanIndex index = {
		.table = TABLE_REVOCATION,
		.columns = {REVOCATION_LOOKUP_KEY, REVOCATION_VALUE},
		.method = SCAN_BIGINT_TEXT_BTREE,
	};
	uint64_t tenant_hash = hash_of(probes[0].tenant_id, 0);
	ScanLookup lookups[MAX_PROBES];
	ScanSession session;

	Assert(count <= MAX_PROBES);
	for (int i = 0; i < count; i++)
	{
		RevocationProbe *probe = &probes[i];

		probe->found = false;
		lookups[i] = (ScanLookup) {
			.text = probe->value,
			.number = lookup_key(tenant_hash, probe->kind == REVOKED_JTI, probe->value),
			.visit = visit_revocation,
			.context = probe,
		};
	}
	key_cache_accept_changes(); /* the table's OID */
	session = scan_begin();
	scan_lookups(&session, &index, lookups, count);
	scan_end(&session);
}
