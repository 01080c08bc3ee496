/*
 * A good token with one bit changed, or with something of it missing, is refused: by verify with TK001
 * to TK003, by inspect without raising, and nothing of it is shown. decode_token may decode what is
 * still of the right form, and raises no error of another kind.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(19);

SELECT forge.make_key('k', 't');

CREATE TABLE good AS
SELECT 'issued here' AS made, access_token.issue_access_token('k', 'user|42', scope => 'read') AS token
UNION ALL SELECT 'signed elsewhere', forge.outside_token('k');

SELECT is(forge.verdict(token), forge.acceptance(), 'good: ' || made) FROM good;

CREATE TABLE changed (made text, change text, token text);

-- Every bit of every letter but the highest, which would make it no text at all.
INSERT INTO changed
SELECT g.made, 'one bit of the text', convert_from(set_bit(bytes, bit, 1 - get_bit(bytes, bit)), 'UTF8')
FROM good AS g, convert_to(g.token, 'UTF8') AS bytes, generate_series(0, 8 * length(bytes) - 1) AS bit
WHERE bit % 8 < 7;

-- Every bit of what header, payload and signature decode to.
INSERT INTO changed
SELECT g.made, 'one bit of segment ' || s.part,
       array_to_string((SELECT array_agg(CASE WHEN o.part = s.part THEN c.spoilt ELSE o.text END ORDER BY o.part)
                        FROM string_to_table(g.token, '.') WITH ORDINALITY AS o (text, part)), '.')
FROM good AS g, string_to_table(g.token, '.') WITH ORDINALITY AS s (text, part),
     forge.from_base64url(s.text) AS bytes, generate_series(0, 8 * length(bytes) - 1) AS bit,
     forge.base64url(set_bit(bytes, bit, 1 - get_bit(bytes, bit))) AS c (spoilt);

INSERT INTO changed
SELECT g.made, t.change, t.token
FROM good AS g, generate_series(0, length(g.token) - 1) AS n, LATERAL (VALUES
    ('truncated at its end', left(g.token, n)),
    ('truncated at its beginning', right(g.token, n)),
    ('without one letter', overlay(g.token PLACING '' FROM n + 1 FOR 1)),
    ('with one letter more', overlay(g.token PLACING 'A' FROM n + 1 FOR 0))
) AS t (change, token);

SELECT is((SELECT count(*)
           FROM changed AS c,
                regexp_matches(forge.verdict(c.token),
                               '^verify TK00[123], inspect \w+, shows nothing, decode (decodes|TK00[12])$') AS m
           WHERE c.made = g.made AND c.change = d.change),
          d.expected, format('%s, %s: all %s are refused', g.made, d.change, d.expected))
FROM good AS g, LATERAL (
    SELECT c.change, count(*) AS expected FROM changed AS c WHERE c.made = g.made GROUP BY c.change ORDER BY c.change) AS d;

SELECT cmp_ok((SELECT count(*) FROM changed), '>', 9000::bigint, 'those were thousands of tokens');

SELECT * FROM finish();
ROLLBACK;
