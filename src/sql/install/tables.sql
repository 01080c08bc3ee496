/*
 * Tables. No role but the owner ever reads or writes them; functions and views are the API.
 *
 * C code reads columns by number (src/store/extension.h): columns are only ever appended. Ids compare
 * as bytes, COLLATE "C", whatever the database's collation is.
 */

CREATE TABLE access_token.tenant (
    tenant_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    issuer text COLLATE "C",
    default_issuer text COLLATE "C",
    max_token_lifetime integer NOT NULL DEFAULT 172800,
    created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    disabled_at timestamp with time zone,
    tokens_revoked_at timestamp with time zone,
    tokens_revoked_cap integer,
    CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT tenant_id_check CHECK (tenant_id ~ '^[A-Za-z0-9_-]{1,128}$'),
    CONSTRAINT tenant_max_token_lifetime_check CHECK (max_token_lifetime BETWEEN 1 AND 172800)
);

COMMENT ON TABLE access_token.tenant IS
    'A tenant of the platform: what issues tokens and what they are limited to';

/*
 * An issuer names one tenant, whether as its own or as its default one: a key over both columns, which
 * no snapshot is too old for.
 */
CREATE TABLE access_token.tenant_issuer (
    issuer text COLLATE "C" NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    CONSTRAINT tenant_issuer_pkey PRIMARY KEY (issuer),
    CONSTRAINT tenant_issuer_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES access_token.tenant (tenant_id) ON DELETE CASCADE
);

CREATE INDEX tenant_issuer_tenant_id_idx ON access_token.tenant_issuer (tenant_id);

COMMENT ON TABLE access_token.tenant_issuer IS
    'Whose issuer is whose: the issuers and default issuers of all tenants';

/*
 * A key and its secrets are one row, so that a token costs one look-up, a rotation is one UPDATE, and no
 * more than two secrets can ever be live (docs/adr/0014): the current one signs, the previous one verifies
 * until it retires.
 */
CREATE TABLE access_token.api_key (
    api_key_id text COLLATE "C" NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    kind text COLLATE "C" NOT NULL,
    algorithm text COLLATE "C" NOT NULL,
    content_type text COLLATE "C" NOT NULL DEFAULT 'parra-fpa;v=1',
    token_lifetime integer NOT NULL DEFAULT 3600,
    max_token_lifetime integer NOT NULL DEFAULT 86400,
    allowed_scopes text[] COLLATE "C",
    allowed_roles text[] COLLATE "C" NOT NULL DEFAULT '{}',
    created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    expires_at timestamp with time zone,
    disabled_at timestamp with time zone,
    current_secret_id text COLLATE "C" NOT NULL,
    current_sealed_secret bytea NOT NULL,
    current_last_four text COLLATE "C" NOT NULL,
    current_created_at timestamp with time zone NOT NULL,
    previous_secret_id text COLLATE "C",
    previous_sealed_secret bytea,
    previous_last_four text COLLATE "C",
    previous_created_at timestamp with time zone,
    previous_retires_at timestamp with time zone,
    tokens_revoked_at timestamp with time zone,
    tokens_revoked_cap integer,
    CONSTRAINT api_key_pkey PRIMARY KEY (api_key_id),
    CONSTRAINT api_key_current_secret_id_key UNIQUE (current_secret_id),
    CONSTRAINT api_key_previous_secret_id_key UNIQUE (previous_secret_id),
    CONSTRAINT api_key_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES access_token.tenant (tenant_id),
    CONSTRAINT api_key_id_check CHECK (api_key_id ~ '^[A-Za-z0-9_-]{1,128}$'),
    CONSTRAINT api_key_kind_check CHECK (kind IN ('secret', 'public')),
    CONSTRAINT api_key_algorithm_check CHECK (algorithm IN ('HS256', 'HS384', 'HS512')),
    CONSTRAINT api_key_content_type_check CHECK (content_type ~ '^[]!#-[^-~][] !#-[^-~]{0,126}$'),
    CONSTRAINT api_key_lifetime_check
        CHECK (token_lifetime BETWEEN 1 AND max_token_lifetime AND max_token_lifetime <= 172800),
    CONSTRAINT api_key_secret_id_check
        CHECK (current_secret_id ~ '^[A-Za-z0-9_-]{1,128}$' AND previous_secret_id ~ '^[A-Za-z0-9_-]{1,128}$'),
    CONSTRAINT api_key_previous_secret_check
        CHECK (pg_catalog.num_nulls(previous_secret_id, previous_sealed_secret, previous_last_four,
                                    previous_created_at, previous_retires_at) IN (0, 5))
);

CREATE INDEX api_key_tenant_id_idx ON access_token.api_key (tenant_id);

-- By these a token's kid finds its key: a page and a row, where a B-tree of a million ids takes several.
CREATE INDEX api_key_current_secret_id_idx ON access_token.api_key USING hash (current_secret_id);
CREATE INDEX api_key_previous_secret_id_idx ON access_token.api_key USING hash (previous_secret_id);

COMMENT ON TABLE access_token.api_key IS
    'An API key of a tenant: what its tokens may say, how long they live, and its secrets, sealed under a root key';

CREATE TABLE access_token.signing_key (
    kid text COLLATE "C" NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    algorithm text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    public_jwk text COLLATE "C" NOT NULL,
    sealed_private_key bytea,
    created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    activated_at timestamp with time zone,
    retired_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT signing_key_pkey PRIMARY KEY (kid),
    CONSTRAINT signing_key_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES access_token.tenant (tenant_id),
    CONSTRAINT signing_key_algorithm_check CHECK (algorithm IN (
        'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA')),
    CONSTRAINT signing_key_state_check CHECK (state IN ('next', 'current', 'previous', 'revoked'))
);

CREATE INDEX signing_key_tenant_id_idx ON access_token.signing_key (tenant_id, algorithm);

-- For each algorithm of a tenant one key signs, and one is published to sign after it.
CREATE UNIQUE INDEX signing_key_current_key
    ON access_token.signing_key (tenant_id, algorithm) WHERE state = 'current';
CREATE UNIQUE INDEX signing_key_next_key
    ON access_token.signing_key (tenant_id, algorithm) WHERE state = 'next';

COMMENT ON TABLE access_token.signing_key IS
    'The signing keys of tenants; kid is the RFC 7638 thumbprint, the private part is sealed';

CREATE TABLE access_token.client (
    client_id text COLLATE "C" NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    audience text[] COLLATE "C" NOT NULL DEFAULT '{}',
    algorithm text COLLATE "C" NOT NULL DEFAULT 'RS256',
    lifetime integer NOT NULL DEFAULT 3600,
    allowed_scopes text[] COLLATE "C",
    allowed_roles text[] COLLATE "C" NOT NULL DEFAULT '{}',
    created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    disabled_at timestamp with time zone,
    tokens_revoked_at timestamp with time zone,
    tokens_revoked_cap integer,
    CONSTRAINT client_pkey PRIMARY KEY (client_id),
    CONSTRAINT client_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES access_token.tenant (tenant_id),
    CONSTRAINT client_id_check CHECK (client_id ~ '^[A-Za-z0-9_-]{1,128}$'),
    CONSTRAINT client_algorithm_check CHECK (algorithm IN (
        'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA')),
    CONSTRAINT client_lifetime_check CHECK (lifetime BETWEEN 1 AND 172800)
);

CREATE INDEX client_tenant_id_idx ON access_token.client (tenant_id);

COMMENT ON TABLE access_token.client IS
    'A client of a tenant: an application that gets tokens for itself, signed with the tenant''s keys';

/* Every verification computes it, too: if it returned anything else, stored revocations would be found no more. */
CREATE FUNCTION access_token.revocation_lookup_key(tenant_id text, kind text, value text)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_revocation_lookup_key';

COMMENT ON FUNCTION access_token.revocation_lookup_key(text, text, text) IS
    'Internal: what a revocation is looked up by: the time in a jti of UUID version 7, a hash of anything else';

/*
 * Looked at for every token, by lookup_key: tokens made at one time lie side by side, and numbers are
 * compared faster than texts; the primary key keeps rows apart. No foreign key: a row must be cheap to
 * write, and does no harm when its tenant is gone.
 */
CREATE TABLE access_token.revocation (
    tenant_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    revoked_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    revoked_cap integer,
    expires_at timestamp with time zone NOT NULL,
    lookup_key bigint NOT NULL
        GENERATED ALWAYS AS (access_token.revocation_lookup_key(tenant_id, kind, value)) STORED,
    CONSTRAINT revocation_pkey PRIMARY KEY (value, kind, tenant_id),
    CONSTRAINT revocation_kind_check CHECK (kind IN ('jti', 'token', 'identity'))
);

CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (lookup_key, value);
CREATE INDEX revocation_expires_at_idx ON access_token.revocation (expires_at);

COMMENT ON TABLE access_token.revocation IS
    'Revoked tokens, by jti or by the hash of header and payload, and identities with their cut-off';

/*
 * Not marked for pg_dump: a logical dump holds sealed secrets, but not what opens them. Row-level
 * security without a policy keeps members of pg_read_all_data out, too.
 */
CREATE TABLE access_token.root_key (
    root_key_id text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    seals boolean NOT NULL DEFAULT true,
    CONSTRAINT root_key_pkey PRIMARY KEY (root_key_id),
    CONSTRAINT root_key_id_check CHECK (root_key_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    CONSTRAINT root_key_length_check CHECK (pg_catalog.length(key) = 32)
);

ALTER TABLE access_token.root_key ENABLE ROW LEVEL SECURITY;

-- ANALYZE would copy values into pg_statistic, which row-level security does not cover.
ALTER TABLE access_token.root_key ALTER COLUMN key SET STATISTICS 0;
ALTER TABLE access_token.api_key
    ALTER COLUMN current_sealed_secret SET STATISTICS 0,
    ALTER COLUMN previous_sealed_secret SET STATISTICS 0;
ALTER TABLE access_token.signing_key ALTER COLUMN sealed_private_key SET STATISTICS 0;

COMMENT ON TABLE access_token.root_key IS
    'The root key that seals secrets; never dumped, never granted, read by C code alone';

/*
 * THE table of privileges. Update scripts add rows and apply them to the roles in granted_bundle;
 * docs/reference.md shows the same table, and a test compares both with the catalog.
 */
CREATE TABLE access_token.bundle_member (
    bundle text COLLATE "C" NOT NULL,
    object text COLLATE "C" NOT NULL,
    CONSTRAINT bundle_member_pkey PRIMARY KEY (bundle, object)
);

-- Not even pg_write_all_data may change what a bundle gives.
ALTER TABLE access_token.bundle_member ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE access_token.bundle_member IS
    'Which function or view belongs to which bundle of grant_access';

/*
 * By name, so that a dump can be restored where a role is missing. A record outlives DROP ROLE, so
 * update scripts apply new members only to roles that still hold the old ones.
 */
CREATE TABLE access_token.granted_bundle (
    grantee name NOT NULL,
    bundle text COLLATE "C" NOT NULL,
    granted_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT granted_bundle_pkey PRIMARY KEY (grantee, bundle)
);

COMMENT ON TABLE access_token.granted_bundle IS
    'Which role was granted which bundle; update scripts apply new members to them';

/*
 * Always empty. Invalidating its relcache entry is the message "keys have changed": it reaches every
 * session and every standby, in order with the change itself.
 */
CREATE TABLE access_token.key_cache_proxy ();

COMMENT ON TABLE access_token.key_cache_proxy IS
    'Always empty; its cache invalidation announces changes of keys';

SELECT pg_catalog.pg_extension_config_dump('access_token.tenant', '');
SELECT pg_catalog.pg_extension_config_dump('access_token.tenant_issuer', '');
SELECT pg_catalog.pg_extension_config_dump('access_token.api_key', '');
SELECT pg_catalog.pg_extension_config_dump('access_token.signing_key', '');
SELECT pg_catalog.pg_extension_config_dump('access_token.client', '');
SELECT pg_catalog.pg_extension_config_dump('access_token.revocation', '');
SELECT pg_catalog.pg_extension_config_dump('access_token.granted_bundle', '');
