/*
 * A session keys an HMAC context once, and keeps it when the row is read again: but only for the same
 * sealed bytes under the same id, in the same key, for the same algorithm. Whoever writes the table but
 * has no root key must not get tokens signed or accepted under a secret that he has moved elsewhere.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/faults.sql

SELECT plan(29);

SELECT forge.make_key('k', 't', 'HS512');
SELECT forge.make_key('other', 'u', 'HS512');

-- Every context there is: by the key's id, by the secret's, the current secret's and the previous one's.
CREATE TABLE token AS SELECT forge.token('k') AS before_rotation, forge.outside_token('k') AS outside_before_rotation;
SELECT forge.rotate_key('k', '1 hour');
CREATE FUNCTION use_all() RETURNS text LANGUAGE sql AS $function$
    SELECT concat_ws(', ', left(access_token.issue_access_token('k', 'x'), 2), left(access_token.issue_access_token('other', 'x'), 2),
                     forge.verify_verdict(t.before_rotation, NULL, NULL, NULL), forge.verify_verdict(forge.token('k'), NULL, NULL, NULL),
                     forge.verify_verdict(forge.outside_token('k'), NULL, NULL, NULL),
                     forge.verify_verdict(t.outside_before_rotation, NULL, NULL, NULL),
                     forge.verify_verdict(forge.token('other'), NULL, NULL, NULL))
    FROM token AS t
$function$;
CREATE TABLE all_used AS SELECT 'ey, ey, accepts, accepts, accepts, accepts, accepts' AS answer;
SELECT is(use_all(), answer, 'each secret is used, so its context is there') FROM all_used;

-- What a statement answers after a change, in a session that has every context.
CREATE FUNCTION answer_after(change text, statement text) RETURNS text LANGUAGE sql AS $function$
    SELECT CASE WHEN use_all() = answer THEN forge.answer_with(change, statement) ELSE 'a context was missing' END FROM all_used
$function$;

CREATE TABLE question (what text, statement text);
INSERT INTO question VALUES
    ('issue', $$ SELECT left(access_token.issue_access_token('k', 'x'), 2) $$),
    ('verify by kid', $$ SELECT forge.verify_verdict(forge.token('k'), NULL, NULL, NULL) $$),
    ('verify by iss', $$ SELECT forge.verify_verdict(forge.outside_token('k'), NULL, NULL, NULL) $$),
    ('verify by the former kid', $$ SELECT forge.verify_verdict(before_rotation, NULL, NULL, NULL) FROM token $$),
    ('verify the former by iss', $$ SELECT forge.verify_verdict(outside_before_rotation, NULL, NULL, NULL) FROM token $$);

-- They are kept where nothing of that has changed: without the root key none could be made anew.
CREATE TABLE harmless (change text);
INSERT INTO harmless VALUES ('UPDATE access_token.api_key SET name = ''another'', token_lifetime = 60 WHERE api_key_id = ''k'''),
                            ('UPDATE access_token.tenant SET name = ''another'''),
                            ('UPDATE access_token.api_key SET tenant_id = ''u'' WHERE api_key_id = ''other''');
SELECT is(answer_after(h.change || '; DELETE FROM access_token.root_key', 'SELECT use_all()'), a.answer, 'kept: ' || h.change)
FROM all_used AS a, harmless AS h;
SELECT is(answer_after($$
        UPDATE access_token.api_key
        SET current_secret_id = previous_secret_id, current_sealed_secret = previous_sealed_secret,
            previous_secret_id = current_secret_id, previous_sealed_secret = current_sealed_secret
        WHERE api_key_id = 'k';
        DELETE FROM access_token.root_key $$, 'SELECT use_all()'), answer, 'kept: the two secrets of a key in each other''s place')
FROM all_used;
SELECT is(answer_after('DELETE FROM access_token.root_key; UPDATE access_token.api_key SET api_key_id = ''renamed'' WHERE api_key_id = ''k''',
                            format('SELECT access_token.issue_access_token(%L, %L)', 'renamed', 'x')), 'TK011',
          'what has no context needs the root key');

-- Other bytes in the same place.
SELECT is(answer_after($$
        UPDATE access_token.api_key
        SET current_sealed_secret = set_byte(current_sealed_secret, 60, 255 - get_byte(current_sealed_secret, 60)),
            previous_sealed_secret = set_byte(previous_sealed_secret, 60, 255 - get_byte(previous_sealed_secret, 60))
        WHERE api_key_id = 'k' $$, statement), 'TK010', 'a byte of the sealed secret has changed: ' || what)
FROM question;
SELECT is(answer_after($$
        UPDATE access_token.api_key AS k SET current_sealed_secret = made.sealed_secret
        FROM access_token.api_key AS a,
             access_token.new_api_key_secret(a.current_secret_id, a.api_key_id, a.algorithm, repeat('another secret ', 5)) AS made
        WHERE k.api_key_id = 'k' AND a.api_key_id = 'k' $$, statement), expected, 'another secret under the same id: ' || what)
FROM (VALUES
    ('issue', $$ SELECT token = forge.sign(convert_to(repeat('another secret ', 5), 'UTF8'), substring(token FROM '(.*)[.]'), 'sha512')
                 FROM access_token.issue_access_token('k', 'x') AS token $$, 'true'),
    ('verify by kid', $$ SELECT forge.verify_verdict(forge.token('k'), NULL, NULL, NULL) $$, 'TK003'),
    ('verify by iss', $$ SELECT forge.verify_verdict(forge.outside_token('k'), NULL, NULL, NULL) $$, 'TK003')
) AS r (what, statement, expected);

-- The same bytes under another id.
SELECT is(answer_after('UPDATE access_token.api_key SET current_secret_id = ''renamed'' WHERE api_key_id = ''k''', statement),
          'TK010', 'another id: ' || what)
FROM question WHERE what IN ('issue', 'verify by iss');
SELECT is(answer_after($$
        UPDATE access_token.api_key
        SET current_secret_id = previous_secret_id, previous_secret_id = current_secret_id WHERE api_key_id = 'k' $$, statement),
          'TK010', 'the ids of the two secrets exchanged: ' || what)
FROM question;

-- The same secret in another key: its holder would speak for another tenant.
SELECT is(answer_after(format($$
        UPDATE access_token.api_key SET current_secret_id = 'gone' WHERE api_key_id = 'k';
        UPDATE access_token.api_key AS o SET current_secret_id = %L, current_sealed_secret = k.current_sealed_secret
        FROM access_token.api_key AS k WHERE k.api_key_id = 'k' AND o.api_key_id = 'other' $$, kid), statement), 'TK010',
          'moved to another key: ' || what)
FROM forge.api_key AS f, (VALUES
    ('issue', $$ SELECT left(access_token.issue_access_token('other', 'x'), 2) $$),
    ('verify by kid', $$ SELECT forge.verify_verdict(forge.token('k', claims => forge.claims('other')), NULL, NULL, NULL) $$)
) AS q (what, statement)
WHERE f.label = 'k';
SELECT is(answer_after('UPDATE access_token.api_key SET api_key_id = ''renamed'' WHERE api_key_id = ''k''',
        $$ SELECT forge.verify_verdict(forge.token('k', claims => forge.claims('k', '{"iss": "renamed"}')), NULL, NULL, NULL) $$), 'TK010',
          'the key has another id: verify by kid');

-- The same secret for another algorithm: a context is made for one hash.
SELECT is(answer_after('UPDATE access_token.api_key SET algorithm = ''HS256'' WHERE api_key_id = ''k''', statement), expected,
          'another algorithm: ' || what)
FROM (VALUES
    ('issue', $$ SELECT token = forge.sign(convert_to(k.secret, 'UTF8'), substring(token FROM '(.*)[.]'), 'sha256')
                 FROM access_token.issue_access_token('k', 'x') AS token, forge.api_key AS k WHERE k.label = 'k' $$, 'true'),
    ('verify by kid, signed with the new one',
     $$ SELECT forge.verify_verdict(forge.sign(convert_to(k.secret, 'UTF8'), forge.base64url(convert_to(forge.header('k', '{"alg": "HS256"}'), 'UTF8'))
            || '.' || forge.base64url(convert_to(forge.claims('k'), 'UTF8')), 'sha256'), NULL, NULL, NULL)
        FROM forge.api_key AS k WHERE k.label = 'k' $$, 'accepts'),
    ('verify by kid, signed with the old one',
     $$ SELECT forge.verify_verdict(forge.token('k', forge.header('k', '{"alg": "HS256"}')), NULL, NULL, NULL) $$, 'TK003'),
    ('verify by iss, signed with the new one',
     $$ SELECT forge.verify_verdict(forge.sign(convert_to(k.secret, 'UTF8'), forge.base64url(convert_to(forge.header('k', '{"alg": "HS256"}', '{kid}'), 'UTF8'))
            || '.' || forge.base64url(convert_to(forge.claims('k'), 'UTF8')), 'sha256'), NULL, NULL, NULL)
        FROM forge.api_key AS k WHERE k.label = 'k' $$, 'accepts')
) AS r (what, statement, expected);

SELECT is(use_all(), answer, 'after all that each secret is good where it was') FROM all_used;

SELECT * FROM finish();
ROLLBACK;
