/*
 * Where this database's access_token lives: the OIDs of its relations, and the columns by number.
 *
 * OIDs change with DROP and CREATE EXTENSION, so they are resolved again whenever the key cache has
 * seen an invalidation.
 */
#ifndef ACCESS_TOKEN_STORE_EXTENSION_H
#define ACCESS_TOKEN_STORE_EXTENSION_H

#include "postgres_ext.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ExtensionTable
{
	TABLE_TENANT = 0,
	TABLE_API_KEY,
	TABLE_SIGNING_KEY,
	TABLE_CLIENT,
	TABLE_REVOCATION,
	TABLE_ROOT_KEY,
	TABLE_CACHE_PROXY, /* empty: its relcache invalidation is the message "keys have changed" */
	EXTENSION_TABLE_COUNT
} ExtensionTable;

/* Column numbers, in the order of src/sql/install/tables.sql; columns are only ever appended. */
enum TenantColumn
{
	TENANT_ID = 1,
	TENANT_NAME,
	TENANT_ISSUER,
	TENANT_DEFAULT_ISSUER,
	TENANT_MAX_TOKEN_LIFETIME,
	TENANT_CREATED_AT,
	TENANT_DISABLED_AT,
	TENANT_TOKENS_REVOKED_AT,
	TENANT_TOKENS_REVOKED_CAP
};

enum ApiKeyColumn
{
	API_KEY_ID = 1,
	API_KEY_TENANT_ID,
	API_KEY_NAME,
	API_KEY_KIND,
	API_KEY_ALGORITHM,
	API_KEY_CONTENT_TYPE,
	API_KEY_TOKEN_LIFETIME,
	API_KEY_MAX_TOKEN_LIFETIME,
	API_KEY_ALLOWED_SCOPES,
	API_KEY_ALLOWED_ROLES,
	API_KEY_CREATED_AT,
	API_KEY_EXPIRES_AT,
	API_KEY_DISABLED_AT,
	API_KEY_CURRENT_SECRET_ID,
	API_KEY_CURRENT_SEALED_SECRET,
	API_KEY_CURRENT_LAST_FOUR,
	API_KEY_CURRENT_CREATED_AT,
	API_KEY_PREVIOUS_SECRET_ID,
	API_KEY_PREVIOUS_SEALED_SECRET,
	API_KEY_PREVIOUS_LAST_FOUR,
	API_KEY_PREVIOUS_CREATED_AT,
	API_KEY_PREVIOUS_RETIRES_AT,
	API_KEY_TOKENS_REVOKED_AT,
	API_KEY_TOKENS_REVOKED_CAP
};

enum SigningKeyColumn
{
	SIGNING_KEY_KID = 1,
	SIGNING_KEY_TENANT_ID,
	SIGNING_KEY_ALGORITHM,
	SIGNING_KEY_STATE,
	SIGNING_KEY_PUBLIC_JWK,
	SIGNING_KEY_SEALED,
	SIGNING_KEY_CREATED_AT,
	SIGNING_KEY_ACTIVATED_AT,
	SIGNING_KEY_RETIRED_AT,
	SIGNING_KEY_REVOKED_AT
};

enum ClientColumn
{
	CLIENT_ID = 1,
	CLIENT_TENANT_ID,
	CLIENT_NAME,
	CLIENT_AUDIENCE,
	CLIENT_ALGORITHM,
	CLIENT_TOKEN_LIFETIME,
	CLIENT_ALLOWED_SCOPES,
	CLIENT_ALLOWED_ROLES,
	CLIENT_CREATED_AT,
	CLIENT_DISABLED_AT,
	CLIENT_TOKENS_REVOKED_AT,
	CLIENT_TOKENS_REVOKED_CAP
};

enum RevocationColumn
{
	REVOCATION_TENANT_ID = 1,
	REVOCATION_KIND,
	REVOCATION_VALUE,
	REVOCATION_REVOKED_AT,
	REVOCATION_REVOKED_CAP,
	REVOCATION_EXPIRES_AT,
	REVOCATION_LOOKUP_KEY
};

enum RootKeyColumn
{
	ROOT_KEY_ID = 1,
	ROOT_KEY_BYTES,
	ROOT_KEY_CREATED_AT,
	ROOT_KEY_SEALS
};

/*
 * Counted up whenever one of our relations may have changed, first of all the proxy table. What was
 * read under an older number must be read again.
 */
uint64_t extension_generation(void);

/*
 * Takes note of an invalidation of that relation, InvalidOid for all. Reads no catalog and allocates
 * nothing: it is called from an invalidation callback.
 */
void extension_note_change(Oid relid);

/* Looks all relations up by name. Raises 55000 when the extension is not installed here. */
void extension_resolve(void);

/* The OID found last. */
Oid extension_table(ExtensionTable table);

#endif
