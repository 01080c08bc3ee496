/*
 * Texts that are no compact JWS in canonical base64url, and texts that are too large. The ids are those
 * of the table of hostile inputs. "valid MAC" means that the signature covers the text as it stands.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(66);

SELECT forge.make_key('k', 't');

-- One good token whose header and payload need both letters that base64url spells differently.
CREATE TABLE good AS
SELECT token, split_part(token, '.', 1) AS header, split_part(token, '.', 2) AS payload,
       split_part(token, '.', 3) AS signature
FROM (SELECT forge.token('k', claims => forge.claims('k', '{"x": "~~~???~~~???"}')) AS token) AS made;

SELECT is(forge.verdict(token), forge.acceptance(), 'the token that is spoilt below is good') FROM good;

-- Good tokens whose signature holds "-" or "_": the first of some that does.
CREATE TABLE dashed AS
SELECT token FROM (
    SELECT forge.token('k', claims => forge.claims('k', json_build_object('n', n))) AS token
    FROM generate_series(1, 50) AS n) AS made
WHERE split_part(token, '.', 3) ~ '[-_]' LIMIT 1;

-- What is not three segments of canonical base64url is malformed, and nothing of it is shown.
SELECT is(forge.verdict(r.token), forge.refusal('TK001', 'malformed', 'nothing', 'TK001'), r.id)
FROM good AS g, LATERAL (VALUES
    ('F01 empty', ''),
    ('F02 a dot', '.'),
    ('F03 two dots', '..'),
    ('F03 three dots', '...'),
    ('F04 two segments', g.header || '.' || g.payload),
    ('F05 four segments', g.token || '.' || g.signature),
    ('F05 a dot at the end', g.token || '.'),
    ('F05 a dot in front', '.' || g.token),
    ('F06 five segments', g.token || '.' || g.signature || '.' || g.signature),
    ('F07 one segment', g.header),
    ('F07 one letter', 'a'),
    ('F08 payload removed', g.header || '..' || g.signature),
    ('F08 payload removed, valid MAC', forge.sign('k', g.header || '.')),
    ('F16 signature removed', g.header || '.' || g.payload || '.'),
    ('F16 header removed, valid MAC', forge.sign('k', '.' || g.payload)),
    ('F09 leading space', ' ' || g.token),
    ('F09 trailing space', g.token || ' '),
    ('F10 trailing newline', g.token || E'\n'),
    ('F10 trailing CRLF', g.token || E'\r\n'),
    ('F11 Bearer in front', 'Bearer ' || g.token),
    ('F12 byte order mark', U&'\FEFF' || g.token),
    ('F13 dots as %2E', replace(g.token, '.', '%2E')),
    ('F14 dots as U+3002', replace(g.token, '.', U&'\3002')),
    ('F14 dots as U+FF0E', replace(g.token, '.', U&'\FF0E')),
    ('F15 JSON quotes', '"' || g.token || '"'),
    ('F33 flattened JSON serialization',
     json_build_object('protected', g.header, 'payload', g.payload, 'signature', g.signature)::text),
    ('F34 general JSON serialization',
     json_build_object('payload', g.payload, 'signatures', json_build_array(
         json_build_object('protected', g.header, 'signature', g.signature)))::text),
    ('no text of a token at all', 'user|42'),
    ('a tab within', replace(g.token, '.', E'\t.')),
    ('a NUL spelled as an escape', g.token || '\u0000')
) AS r (id, token);

-- Header and payload of lengths that leave spare bits or allow padding.
CREATE TABLE odd AS
SELECT h AS header, p AS payload
FROM (SELECT forge.base64url(convert_to(forge.header('k') || repeat(' ', n), 'UTF8')) AS h
      FROM generate_series(0, 2) AS n) AS headers,
     (SELECT forge.base64url(convert_to(forge.claims('k') || repeat(' ', n), 'UTF8')) AS p
      FROM generate_series(0, 2) AS n) AS payloads
WHERE length(h) % 4 = 3 AND length(p) % 4 = 3;

SELECT is(forge.verdict(forge.sign('k', header || '.' || payload)), forge.acceptance(),
          'white space around the JSON of header and payload is part of it') FROM odd;

-- The next letter of the alphabet differs in the last bit, which no decoded byte holds.
CREATE FUNCTION next_letter(segment text) RETURNS text LANGUAGE sql AS $function$
    SELECT left(segment, -1) || translate(
        right(segment, 1),
        'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
        'BADCFEHGJILKNMPORQTSVUXWZYbadcfehgjilknmporqtsvuxwzy1032547698_-')
$function$;

SELECT is(forge.from_base64url(next_letter(header)), forge.from_base64url(header),
          'the next letter stands for the same bytes') FROM odd;

SELECT is(forge.verdict(r.token), forge.refusal('TK001', 'malformed', 'nothing', 'TK001'), r.id)
FROM good AS g, odd AS o, dashed AS d, LATERAL (VALUES
    ('F20 padded header, valid MAC', forge.sign('k', o.header || '=.' || o.payload)),
    ('F20 header with padding that nothing needs, valid MAC', forge.sign('k', o.header || '==.' || o.payload)),
    ('F21 padded payload, valid MAC', forge.sign('k', o.header || '.' || o.payload || '=')),
    ('F22 padded signature', g.token || '='),
    ('F23 + and / in the signature',
     split_part(d.token, '.', 1) || '.' || split_part(d.token, '.', 2) || '.'
     || translate(split_part(d.token, '.', 3), '-_', '+/')),
    ('F24 + and / in the payload, valid MAC', forge.sign('k', g.header || '.' || translate(g.payload, '-_', '+/'))),
    ('F25 space inside the payload, valid MAC', forge.sign('k', g.header || '.' || overlay(g.payload PLACING ' ' FROM 9 FOR 0))),
    ('F26 CRLF inside the payload, valid MAC', forge.sign('k', g.header || '.' || overlay(g.payload PLACING E'\r\n' FROM 9 FOR 0))),
    ('F26 CRLF inside the header, valid MAC', forge.sign('k', overlay(g.header PLACING E'\r\n' FROM 9 FOR 0) || '.' || g.payload)),
    ('F27 newline inside the signature', overlay(g.token PLACING E'\n' FROM length(g.token) - 9 FOR 0)),
    ('F28 spare bits in the signature', next_letter(g.token)),
    ('F29 spare bits in the payload, valid MAC', forge.sign('k', o.header || '.' || next_letter(o.payload))),
    ('F30 spare bits in the header, valid MAC', forge.sign('k', next_letter(o.header) || '.' || o.payload)),
    ('F31 payload of length 1 mod 4, valid MAC', forge.sign('k', g.header || '.' || left(o.payload, -2))),
    ('F31 signature of length 1 mod 4', left(g.token, -2)),
    ('F32 letter outside ASCII in the payload', replace(g.token, '.', U&'.\00E9')),
    ('F32 letter outside ASCII in the signature', left(g.token, -1) || U&'\0661'),
    ('F32 full-width letter in the header, valid MAC', forge.sign('k', U&'\FF45' || right(g.header, -1) || '.' || g.payload))
) AS r (id, token);

-- The MAC of a text that is spelled otherwise covers that text: it is not re-encoded and let pass.
SELECT isnt(o.header, next_letter(o.header), 'F30 the spelling differs') FROM odd AS o;
SELECT isnt(g.payload, translate(g.payload, '-_', '+/'), 'F24 the spelling differs') FROM good AS g;

-- Sizes: first what access_token.max_token_size stops, then, with it at its most, what the limits within stop.
CREATE FUNCTION large_texts() RETURNS TABLE (id text, token text) LANGUAGE sql AS $function$
    SELECT r.* FROM public.good AS g, LATERAL (VALUES
        ('F35 payload of 1 MiB, valid MAC',
         forge.token('k', claims => forge.claims('k', json_build_object('x', repeat('x', 1048576))))),
        ('F36 16 MiB of A', repeat('A', 16777216)),
        ('F37 a million dots', repeat('.', 1000000)),
        ('F38 kid of 64 KiB, valid MAC',
         forge.token('k', forge.header('k', json_build_object('kid', repeat('k', 65536))))),
        ('one byte too many', rpad(g.token, 65537, 'A'))
    ) AS r (id, token)
$function$;

SELECT is(forge.verdict(token), forge.refusal('TK001', 'too_large', 'nothing', 'TK001'), id || ', default limit')
FROM large_texts();

SELECT is(forge.verdict(rpad(token, 65536, 'A')), forge.refusal('TK001', 'malformed', 'nothing', 'TK001'),
          'a token of exactly the limit is read') FROM good;

SET LOCAL access_token.max_token_size = '384kB';

SELECT is(forge.verdict(token),
          forge.refusal('TK001', 'too_large', 'nothing', 'TK001'), id || ', highest limit')
FROM large_texts() WHERE id <> 'one byte too many';

SELECT is(forge.verdict(forge.token('k', forge.header('k', json_build_object('x', repeat('x', 8192))))),
          forge.refusal('TK001', 'too_large', 'nothing', 'TK001'), 'F38 header of more than 8192 characters, valid MAC');

SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', json_build_object('x', repeat('x', 270000))))),
          forge.acceptance(), 'a token of 360 kB is a token where the limit allows it');

RESET access_token.max_token_size;
SELECT is(forge.verdict(token), forge.acceptance(), 'after all that the good token is still good') FROM good;

SELECT * FROM finish();
ROLLBACK;
