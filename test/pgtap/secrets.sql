/*
 * The form of generated secrets: a prefix and a checksum for secret scanners, as much randomness as the
 * hash has, and nothing but [A-Za-z0-9_-]. What is stored is sealed.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(37);

SELECT access_token.create_tenant('T', 't');
CREATE TABLE made AS
SELECT a.algorithm, a.random_bytes, c.*
FROM (VALUES ('HS256', 32), ('HS384', 48), ('HS512', 64)) AS a (algorithm, random_bytes), generate_series(1, 200) AS n,
     LATERAL access_token.create_api_key('t', 'x', algorithm => a.algorithm, id => a.algorithm || '-' || n) AS c;
-- The second half of the secrets comes from rotation.
UPDATE made SET secret = access_token.rotate_api_key(api_key_id, '0') WHERE api_key_id LIKE '%00' OR api_key_id LIKE '%5';

-- CRC-32 of IEEE 802.3, bit by bit.
CREATE FUNCTION crc32(bytes bytea) RETURNS bigint LANGUAGE plpgsql AS $function$
DECLARE
    crc bigint := 4294967295;
BEGIN
    FOR i IN 0 .. length(bytes) - 1 LOOP
        crc := crc # get_byte(bytes, i);
        FOR bit IN 1 .. 8 LOOP
            crc := (crc >> 1) # (CASE WHEN crc & 1 = 1 THEN 3988292384 ELSE 0 END);
        END LOOP;
    END LOOP;
    RETURN crc # 4294967295;
END
$function$;
SELECT is(crc32('123456789'), x'CBF43926'::bigint, 'the checksum''s own known answer');

SELECT is(count(DISTINCT secret), 200::bigint, 'no secret twice: ' || algorithm) FROM made GROUP BY algorithm ORDER BY algorithm;
SELECT is(array_agg(DISTINCT length(secret)), ARRAY[4 + (random_bytes * 8 + 5) / 6 + 6], 'prefix, random bytes and checksum: ' || algorithm)
FROM made GROUP BY algorithm, random_bytes ORDER BY algorithm;
SELECT is(count(*) FILTER (WHERE secret ~ '^atk_[A-Za-z0-9_-]+$'), 200::bigint, 'prefix and characters: ' || algorithm)
FROM made GROUP BY algorithm ORDER BY algorithm;
SELECT is(array_agg(DISTINCT length(forge.from_base64url(substr(secret, 5, (random_bytes * 8 + 5) / 6)))), ARRAY[random_bytes],
          'random bytes as many as the hash has: ' || algorithm) FROM made GROUP BY algorithm, random_bytes ORDER BY algorithm;
SELECT is(count(*) FILTER (WHERE forge.from_base64url(right(secret, 6)) = int4send(crc32(convert_to(left(secret, -6),
    'UTF8'))::bit(32)::integer)),
          200::bigint, 'the checksum is that of all before it: ' || algorithm) FROM made GROUP BY algorithm ORDER BY algorithm;
SELECT is(count(*) FILTER (WHERE forge.from_base64url(right(secret, 6)) = int4send(crc32(convert_to('x' || left(secret, -6),
    'UTF8'))::bit(32)::integer)),
          0::bigint, 'and of nothing else') FROM made;

-- Every letter of the alphabet comes up about as often as the others: 64 letters, some hundred times each.
SELECT is(count(DISTINCT letter), 64::bigint, 'all letters occur')
FROM made, regexp_split_to_table(substr(secret, 5, 40), '') AS letter;
SELECT cmp_ok(max(n) * 1.0 / min(n), '<', 2.0, 'and none of them twice as often as another')
FROM (SELECT count(*) AS n FROM made, regexp_split_to_table(substr(secret, 5, 40), '') AS letter GROUP BY letter) AS counted;

-- The HMAC key is the text, prefix and checksum and all.
SELECT is(count(*) FILTER (WHERE token = forge.sign(convert_to(secret, 'UTF8'), substring(token FROM '(.*)[.]'),
    replace(algorithm, 'HS', 'sha'))),
          200::bigint, 'the secret''s text is the key: ' || algorithm)
FROM (SELECT *, access_token.issue_access_token(api_key_id, 'x') AS token FROM made) AS m GROUP BY algorithm ORDER BY algorithm;

-- At rest: sealed, each under a nonce of its own, and only its last four in the clear.
SELECT is(count(*), 0::bigint, 'no stored value holds a secret')
FROM made AS m JOIN forge.stored_secret AS s USING (api_key_id)
WHERE position(convert_to(m.secret, 'UTF8') IN s.sealed_secret) > 0
   OR position(convert_to(substr(m.secret, 5, 8), 'UTF8') IN s.sealed_secret) > 0
   OR position(substr(forge.from_base64url(substr(m.secret, 5, 40)), 1, 6) IN s.sealed_secret) > 0;
SELECT is(count(*), (SELECT count(*) FROM made), 'the last four are those of the secret')
FROM made AS m JOIN forge.stored_secret AS s USING (api_key_id) WHERE s.retires_at IS NULL AND s.last_four = right(m.secret, 4);

-- The same secret imported twice is sealed differently.
CREATE TABLE twice AS
SELECT (access_token.create_api_key('t', 'x', id => id, imported_secret => repeat('the same ', 5))).api_key_id
FROM (VALUES ('one'), ('two')) AS i (id);
SELECT is(count(DISTINCT s.sealed_secret), 2::bigint, 'one secret in two rows is sealed in two ways')
FROM twice JOIN forge.stored_secret AS s USING (api_key_id);
-- A sealed value begins with a version, the length of the root key's id, this id, and 12 bytes of nonce.
CREATE TABLE sealed AS
SELECT get_byte(sealed_secret, 0) AS version, convert_from(substr(sealed_secret, 3, len), 'UTF8') AS root_key_id,
       substr(sealed_secret, 3 + len, 12) AS nonce
FROM forge.stored_secret AS s, LATERAL (SELECT get_byte(s.sealed_secret, 1) AS len) AS l;
SELECT is(array_agg(DISTINCT s.root_key_id), array_agg(DISTINCT k.root_key_id::text), 'all are sealed under the one root key')
FROM sealed AS s, access_token.root_key AS k;
SELECT is(count(DISTINCT nonce), count(*), 'no nonce twice') FROM sealed;

-- A sealed secret opens as that secret of that key alone: what is moved elsewhere is no key there.
SAVEPOINT before_moving;
UPDATE access_token.api_key AS k SET current_sealed_secret = o.current_sealed_secret
FROM access_token.api_key AS o WHERE k.api_key_id = 'two' AND o.api_key_id = 'one';
SELECT throws_ok($$ SELECT access_token.issue_access_token('two', 'x') $$, 'TK010', 'key material is not usable',
                 'moved to another row it does not open');
SELECT lives_ok($$ SELECT access_token.issue_access_token('one', 'x') $$, 'in its own row it does');
ROLLBACK TO SAVEPOINT before_moving;
SELECT lives_ok($$ SELECT access_token.issue_access_token('two', 'x') $$, 'and back in its place, too');
SELECT access_token.rotate_api_key('two');
UPDATE access_token.api_key SET current_sealed_secret = previous_sealed_secret WHERE api_key_id = 'two';
SELECT throws_ok($$ SELECT access_token.issue_access_token('two', 'x') $$, 'TK010', 'key material is not usable',
                 'nor does the previous secret in the current one''s place');
ROLLBACK TO SAVEPOINT before_moving;

-- A secret that is too long for its row lies beside it, before and after it has become the previous one.
CREATE TABLE far AS
SELECT api_key_id, repeat('far away', 512) AS secret
FROM access_token.create_api_key('t', 'x', id => 'far', imported_secret => repeat('far away', 512));
ALTER TABLE far ADD COLUMN token text;
UPDATE far SET token = access_token.issue_access_token('far', 'x');
SELECT cmp_ok(pg_column_size(current_sealed_secret), '>', 4096, 'a secret of 4096 characters') FROM access_token.api_key WHERE api_key_id = 'far';
SELECT is(forge.verify_verdict(token, NULL, NULL, NULL), 'accepts', 'signs and verifies') FROM far;
SELECT access_token.update_api_key('far', '{"name": "Far"}');
SELECT is(forge.verify_verdict(token, NULL, NULL, NULL), 'accepts', 'after a change of its row') FROM far;
SELECT isnt(access_token.rotate_api_key('far'), secret, 'rotated') FROM far;
SELECT is(forge.verify_verdict(token, NULL, NULL, NULL), 'accepts', 'as the previous one it still verifies') FROM far;
SELECT is(forge.verify_verdict(access_token.issue_access_token('far', 'x'), NULL, NULL, NULL), 'accepts', 'beside the new one');

SELECT * FROM finish();
ROLLBACK;
