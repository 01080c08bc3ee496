/*
 * The form of generated secrets: a prefix and a checksum for secret scanners, as much randomness as the
 * hash has, and nothing but [A-Za-z0-9_-]. What is stored is sealed.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(30);

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
FROM made AS m JOIN access_token.api_key_secret AS s USING (api_key_id)
WHERE position(convert_to(m.secret, 'UTF8') IN s.sealed_secret) > 0
   OR position(convert_to(substr(m.secret, 5, 8), 'UTF8') IN s.sealed_secret) > 0
   OR position(substr(forge.from_base64url(substr(m.secret, 5, 40)), 1, 6) IN s.sealed_secret) > 0;
SELECT is(count(*), (SELECT count(*) FROM made), 'the last four are those of the secret')
FROM made AS m JOIN access_token.api_key_secret AS s USING (api_key_id) WHERE s.retires_at IS NULL AND s.last_four = right(m.secret, 4);

-- The same secret imported twice is sealed differently.
CREATE TABLE twice AS
SELECT (access_token.create_api_key('t', 'x', id => id, imported_secret => repeat('the same ', 5))).api_key_id
FROM (VALUES ('one'), ('two')) AS i (id);
SELECT is(count(DISTINCT s.sealed_secret), 2::bigint, 'one secret in two rows is sealed in two ways')
FROM twice JOIN access_token.api_key_secret AS s USING (api_key_id);
-- A sealed value begins with a version, the length of the root key's id, this id, and 12 bytes of nonce.
CREATE TABLE sealed AS
SELECT get_byte(sealed_secret, 0) AS version, convert_from(substr(sealed_secret, 3, len), 'UTF8') AS root_key_id,
       substr(sealed_secret, 3 + len, 12) AS nonce
FROM access_token.api_key_secret AS s, LATERAL (SELECT get_byte(s.sealed_secret, 1) AS len) AS l;
SELECT is(array_agg(DISTINCT s.root_key_id), array_agg(DISTINCT k.root_key_id::text), 'all are sealed under the one root key')
FROM sealed AS s, access_token.root_key AS k;
SELECT is(count(DISTINCT nonce), count(*), 'no nonce twice') FROM sealed;

-- A sealed secret opens in its own row alone: what is moved to another row is no key there.
SAVEPOINT before_moving;
UPDATE access_token.api_key_secret AS s SET sealed_secret = o.sealed_secret
FROM access_token.api_key_secret AS o WHERE s.api_key_id = 'two' AND o.api_key_id = 'one';
SELECT throws_ok($$ SELECT access_token.issue_access_token('two', 'x') $$, 'TK010', 'key material is not usable',
                 'moved to another row it does not open');
SELECT lives_ok($$ SELECT access_token.issue_access_token('one', 'x') $$, 'in its own row it does');
ROLLBACK TO SAVEPOINT before_moving;
SELECT lives_ok($$ SELECT access_token.issue_access_token('two', 'x') $$, 'and back in its place, too');

SELECT * FROM finish();
ROLLBACK;
