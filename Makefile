# The map of the project: objects by layer (a layer uses only what stands above it),
# the parts of the SQL script in their order, and the targets for tests.

EXTENSION = access_token
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" access_token.control)
PG_CONFIG ?= pg_config

# L0: bytes; plain C11 and libcrypto, no server
JOSE = aead alg b64url bytes claims digest ec_curve ecdsa generate hmac json_read json_text json_walk json_write jwe jwe_content \
	jwe_ecdh jwe_key jwk jwk_ec jwk_okp jwk_rsa jwk_rsa_primes jwk_write jwks jws passphrase pem secret secure signature uuid7
# L1: the server's glue
PG = bound_record clock errors external generate jsonb memory settings standby text
# L2: tables and keys
STORE = api_key client cutoff extension key_cache new_secret new_signing_key parsed_key permissions revocation root_key root_key_source root_key_transfer scan seal signing_key tenant
# L3: what a token means
TOKEN = claim_rules client_token compact identity introspect issue issue_client jti key_token own_kind payload permission postgrest revoke revoked toolbox toolbox_jwe toolbox_keys verify
# L4: what SQL calls
API = arguments clients identity issue keys revocation root_keys signing_keys toolbox verify

MODULE_big = access_token
OBJS = src/access_token.o \
	$(JOSE:%=src/jose/%.o) $(PG:%=src/pg/%.o) $(STORE:%=src/store/%.o) \
	$(TOKEN:%=src/token/%.o) $(API:%=src/api/%.o)

# The extension script in parts, in the order in which they need one another.
SQL_PARTS = preamble settings tables keys root_keys tenants api_keys signing_keys clients tokens revocation identity postgrest triggers toolbox views access installation
SQL_SCRIPT = access_token--$(EXTVERSION).sql
DATA_built = $(SQL_SCRIPT)
DATA = $(wildcard src/sql/update/*.sql)

REGRESS = surface privileges messages
REGRESS_OPTS = --load-extension=access_token

PG_CPPFLAGS = -I$(srcdir)/src
# What the server's own headers shadow is theirs: scripts/lint looks at ours alone, with -Wshadow and -Werror.
PG_CFLAGS = -std=gnu11 -Wall -Wextra -Wvla -Wno-unused-parameter -Wno-sign-compare -Wno-declaration-after-statement
SHLIB_LINK = -lcrypto -Wl,--version-script=$(srcdir)/src/access_token.map
EXTRA_CLEAN = build $(SQL_SCRIPT)

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(SQL_SCRIPT): $(SQL_PARTS:%=src/sql/install/%.sql) access_token.control Makefile
	cat $(SQL_PARTS:%=src/sql/install/%.sql) > $@

# Headers are few and builds short: any change of one rebuilds all.
$(OBJS) $(OBJS:.o=.bc): $(wildcard src/*/*.h)

.DELETE_ON_ERROR:

# The core without a server: these targets have no PostgreSQL include path, which proves the layer.
CORE_SOURCES = $(JOSE:%=src/jose/%.c)
CORE_HEADERS = $(wildcard src/jose/*.h)
CORE_FLAGS = -std=c11 -g -O1 -fno-omit-frame-pointer -Wall -Wextra -Wshadow -Wvla -Werror \
	-DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED -Isrc
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_TESTS = $(patsubst test/unit/%_test.c,build/unit/%_test,$(wildcard test/unit/*_test.c))
FUZZERS = $(patsubst test/fuzz/%_fuzz.c,build/fuzz/%_fuzz,$(wildcard test/fuzz/*_fuzz.c))

# The core once, with sanitizers, for all test programs.
build/unit/%.o: src/jose/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CORE_FLAGS) $(SANITIZE) -c -o $@ $<

build/unit/%_test: test/unit/%_test.c $(wildcard test/unit/support/*) $(JOSE:%=build/unit/%.o)
	$(CC) $(CORE_FLAGS) $(SANITIZE) -Itest/unit -o $@ $< $(wildcard test/unit/support/*.c) $(JOSE:%=build/unit/%.o) -lcrypto

build/fuzz/%_fuzz: test/fuzz/%_fuzz.c $(wildcard test/fuzz/*.h test/unit/support/*.h) $(CORE_SOURCES) $(CORE_HEADERS)
	@mkdir -p $(@D)
	clang $(CORE_FLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $< $(CORE_SOURCES) -lcrypto

.SECONDARY: $(JOSE:%=build/unit/%.o)
.PHONY: unit fuzz
unit: $(UNIT_TESTS)
	@failed=0; for test in $(UNIT_TESTS); do echo "# $$test"; $$test || failed=1; done; exit $$failed

fuzz: $(FUZZERS)

# META.json has its version from the control file; dist packs what is committed.
.PHONY: meta dist
meta:
	sed -i 's/^\( *"version": \)"[^"]*"/\1"$(EXTVERSION)"/' META.json

dist: meta
	git archive --format=zip --prefix=access_token-$(EXTVERSION)/ -o access_token-$(EXTVERSION).zip HEAD
