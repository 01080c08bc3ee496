/*
 * Headers and payloads that are not strict JSON objects with unique names, each under a valid MAC. The
 * ids are those of the table of hostile inputs. decode_token, which sees no key, refuses the same.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(116);

SELECT forge.make_key('k', 't');

-- The claims of a good token without the closing brace, to be continued, and a whole header likewise.
CREATE TABLE base AS
SELECT left(forge.claims('k'), -1) AS claims, left(forge.header('k'), -1) AS header, k.kid
FROM forge.api_key AS k;

SELECT is(forge.verdict(forge.token('k', header || '}', claims || '}')), forge.acceptance(),
          'what is spoilt below is good') FROM base;

-- Legal JSON that a careless reader may take for a fault.
SELECT is(forge.verdict(forge.token('k', r.header, r.claims)), forge.acceptance(), 'legal: ' || r.id)
FROM base AS b, LATERAL (VALUES
    ('white space around everything', E' \t\r\n' || b.header || E'\n}\n', E'\r\n' || b.claims || E' \t}\r\n '),
    ('an escape of a character that needs none', b.header || '}', replace(b.claims, 'user|42', '\u0075ser|42') || '}'),
    ('an escaped name', b.header || '}', replace(b.claims, '"exp"', '"\u0065xp"') || '}'),
    ('a pair of surrogates', b.header || '}', b.claims || ',"x":"\ud83d\ude00"}'),
    ('U+10FFFF and U+FFFE', b.header || '}', b.claims || ',"x":"\udbff\udfff\uFFFE' || U&'\+10FFFF' || '"}'),
    ('an empty name', b.header || ',"":1}', b.claims || ',"":{}}'),
    ('equal names in different objects', b.header || '}', b.claims || ',"a":{"iss":1},"b":{"iss":[{"iss":2}]}}'),
    ('names that differ in case', b.header || ',"Alg":"none"}', b.claims || ',"EXP":0}'),
    ('numbers of every form', b.header || '}', b.claims || ',"x":[0,-0,1.5,-1e3,2E+2,3e-2,1e308,0.00]}'),
    ('containers 32 deep', b.header || '}', b.claims || ',"x":' || repeat('[', 31) || repeat(']', 31) || '}'),
    ('a number of 128 digits', b.header || '}', b.claims || ',"x":' || repeat('9', 128) || '}'),
    ('an unknown member of every type', b.header || ',"x":[{"y":null}],"z":true}', b.claims || ',"x":false}')
) AS r (id, header, claims);

-- Each is refused as bad JSON, where it stands in the payload, in verify, inspect and decode.
CREATE FUNCTION spoilt_payloads() RETURNS TABLE (id text, payload bytea) LANGUAGE sql AS $function$
    SELECT r.id, convert_to(r.payload, 'UTF8')
    FROM public.base AS b, LATERAL (VALUES
        ('J05 duplicate exp', b.claims || ',"exp":99999999999}'),
        ('J05 duplicate exp, the same value', '{"x":1,"x":1,' || substr(b.claims, 2) || '}'),
        ('J06 duplicate sub', b.claims || ',"sub":"t"}'),
        ('J07 duplicate sub by an escape', b.claims || ',"\u0073ub":"t"}'),
        ('J07 duplicate name, both escaped', b.claims || ',"\u0061":1,"\u0061":1}'),
        ('duplicate name by a raw and an escaped letter outside ASCII', b.claims || ',"\u00e9":1,"' || U&'\00E9' || '":2}'),
        ('duplicate name by a pair of surrogates', b.claims || ',"\ud83d\ude00":1,"' || U&'\+01F600' || '":2}'),
        ('duplicate name in depth', b.claims || ',"x":[{"y":{"a":1,"b":2,"a":3}}]}'),
        ('duplicate identity', replace(b.claims, '"identity"', '"identity" : "admin", "identity"') || '}'),
        ('J08 trailing letters', b.claims || '}x'),
        ('J08 trailing brace', b.claims || '}}'),
        ('J08 trailing comma after the object', b.claims || '},'),
        ('J09 two objects', b.claims || '}{}'),
        ('J09 two objects and white space', b.claims || E'}\n' || b.claims || '}'),
        ('J10 byte order mark', U&'\FEFF' || b.claims || '}'),
        ('J14 NUL escape in a value', b.claims || ',"x":"\u0000"}'),
        ('J15 NUL escape in a name', b.claims || ',"\u0000":"x"}'),
        ('J15 NUL escape hidden behind a name of note', b.claims || ',"exp\u0000":1}'),
        ('J16 lone high surrogate', b.claims || ',"x":"\ud800"}'),
        ('J16 lone low surrogate', b.claims || ',"x":"\udc00"}'),
        ('J16 high surrogate and a letter', b.claims || ',"x":"\ud800a"}'),
        ('J16 two high surrogates', b.claims || ',"x":"\ud800\ud800"}'),
        ('J16 low before high', b.claims || ',"x":"\udc00\ud800"}'),
        ('J16 lone surrogate in a name', b.claims || ',"\ud800":1}'),
        ('J18 NaN', b.claims || ',"x":NaN}'),
        ('J19 Infinity', b.claims || ',"x":Infinity}'),
        ('J19 -Infinity', b.claims || ',"x":-Infinity}'),
        ('J20 single quotes', b.claims || $x$,'x':'y'}$x$),
        ('J20 name without quotes', b.claims || ',x:1}'),
        ('J21 comment', b.claims || ',/* x */"x":1}'),
        ('J21 comment to the end of the line', b.claims || E'}// x\n'),
        ('J22 trailing comma in an object', b.claims || ',}'),
        ('J22 trailing comma in an array', b.claims || ',"x":[1,]}'),
        ('J23 raw TAB in a string', b.claims || E',"x":"\t"}'),
        ('J23 raw newline in a string', b.claims || E',"x":"\n"}'),
        ('J24 array', '[' || b.claims || '}]'),
        ('J24 empty array', '[]'),
        ('J25 string', '"x"'),
        ('J26 number', '1'),
        ('J27 null', 'null'),
        ('J27 true', 'true'),
        ('J28 white space alone', E' \n'),
        ('J34 leading zero', b.claims || ',"x":01}'),
        ('J34 leading zero behind a minus', b.claims || ',"x":-01}'),
        ('J35 leading plus', b.claims || ',"x":+1}'),
        ('J36 hexadecimal', b.claims || ',"x":0x10}'),
        ('a point without digits behind it', b.claims || ',"x":1.}'),
        ('a point without digits before it', b.claims || ',"x":.5}'),
        ('an exponent without digits', b.claims || ',"x":1e}'),
        ('a minus alone', b.claims || ',"x":-}'),
        ('unfinished object', b.claims),
        ('unfinished string', b.claims || ',"x":"'),
        ('unfinished escape', b.claims || ',"x":"\u00"}'),
        ('an escape that is none', b.claims || ',"x":"\x41"}'),
        ('a literal in other case', b.claims || ',"x":True}'),
        ('a missing colon', b.claims || ',"x" 1}'),
        ('two commas', b.claims || ',,"x":1}'),
        ('a form feed as white space', b.claims || E'\f}')
    ) AS r (id, payload)
    UNION ALL
    -- Bytes that are no text of a UTF-8 database.
    SELECT r.id, r.payload
    FROM public.base AS b, LATERAL (VALUES
        ('J11 byte 0xFF', convert_to(b.claims || ',"x":"', 'UTF8') || '\xFF' || '"}'),
        ('J11 lone continuation byte', convert_to(b.claims || ',"x":"', 'UTF8') || '\x80' || '"}'),
        ('J11 Latin-1', convert_to(b.claims || ',"x":"', 'UTF8') || '\xE9' || '"}'),
        ('J11 truncated sequence', convert_to(b.claims || ',"x":"', 'UTF8') || '\xE282' || '"}'),
        ('J12 overlong C0 AF', convert_to(b.claims || ',"x":"', 'UTF8') || '\xC0AF' || '"}'),
        ('J12 overlong E0 80 AF', convert_to(b.claims || ',"x":"', 'UTF8') || '\xE080AF' || '"}'),
        ('J12 beyond U+10FFFF', convert_to(b.claims || ',"x":"', 'UTF8') || '\xF4908080' || '"}'),
        ('J13 UTF-16 with a byte order mark', '\xFEFF' || convert_to(b.claims || '}', 'UTF8')),
        ('J13 UTF-16 without one',
         (SELECT string_agg('\x00' || substr(bytes, n, 1), NULL ORDER BY n)
          FROM convert_to(b.claims || '}', 'UTF8') AS bytes, generate_series(1, length(bytes)) AS n)),
        ('J14 raw NUL in a value', convert_to(b.claims || ',"x":"', 'UTF8') || '\x00' || '"}'),
        ('J14 raw NUL behind the object', convert_to(b.claims || '}', 'UTF8') || '\x00'),
        ('J17 encoded surrogate', convert_to(b.claims || ',"x":"', 'UTF8') || '\xEDA080' || '"}'),
        ('J17 encoded pair of surrogates', convert_to(b.claims || ',"x":"', 'UTF8') || '\xEDA0BDEDB880' || '"}')
    ) AS r (id, payload)
$function$;

SELECT is(forge.verdict(forge.token_of_bytes('k', convert_to(b.header || '}', 'UTF8'), p.payload)),
          forge.refusal('TK001', 'bad_json', 'header', 'TK001'), p.id)
FROM base AS b, spoilt_payloads() AS p;

-- Payload content has no say before the signature is right: without a kid no key is found through it.
SELECT is((SELECT array_agg(DISTINCT forge.verdict(
                      forge.token_of_bytes('k', convert_to(forge.header('k', without => '{kid}'), 'UTF8'), payload)))
           FROM spoilt_payloads()),
          ARRAY[forge.refusal('TK003', 'bad_signature', 'nothing', 'TK001')],
          'the same payloads in tokens without a kid name no key');

SELECT is((SELECT array_agg(DISTINCT forge.verdict(
                      forge.sign('another secret, long enough to be one'::bytea,
                                 forge.base64url(convert_to(b.header || '}', 'UTF8')) || '.' || forge.base64url(payload))))
           FROM base AS b, spoilt_payloads()),
          ARRAY[forge.refusal('TK003', 'bad_signature', 'nothing', 'TK001')],
          'the same payloads under a wrong signature are not looked at');

-- The empty object is JSON, and lacks every claim.
SELECT is(forge.verdict(forge.token('k', claims => '{}')), forge.refusal('TK006', 'missing_claim', 'both', 'decodes'),
          'J28 {}');

SELECT is(forge.verdict(forge.token('k', r.header)), forge.refusal('TK001', 'bad_json', 'nothing', 'TK001'), r.id)
FROM base AS b, LATERAL (VALUES
    ('J01 duplicate alg, none first', '{"alg":"none",' || substr(b.header, 2) || '}'),
    ('J02 duplicate alg, none last', b.header || ',"alg":"none"}'),
    ('J03 duplicate alg by an escape', b.header || ',"\u0061lg":"none"}'),
    ('J03 duplicate alg by an escape, first', '{"\u0061lg":"HS256",' || substr(b.header, 2) || '}'),
    ('J04 duplicate kid', b.header || ',"kid":"' || b.kid || '"}'),
    ('J29 header array', '[' || b.header || '}]'),
    ('J30 header null', 'null'),
    ('J31 header string', to_json(b.header || '}')::text),
    ('J32 header with trailing garbage', b.header || '}x'),
    ('J32 two headers', b.header || '}' || b.header || '}'),
    ('J33 byte order mark before the header', U&'\FEFF' || b.header || '}'),
    ('NUL escape in a name of the header', b.header || ',"x\u0000":1}'),
    ('duplicate name deep in the header', b.header || ',"x":{"y":1,"y":1}}')
) AS r (id, header);

SELECT is(forge.verdict(forge.token_of_bytes('k', convert_to(header || ',"x":"', 'UTF8') || '\xFF' || '"}',
                                             convert_to(claims || '}', 'UTF8'))),
          forge.refusal('TK001', 'bad_json', 'nothing', 'TK001'), 'J11 byte 0xFF in the header') FROM base;

-- Limits of depth, names and numbers; the cap on the size of tokens is out of the way.
SET LOCAL access_token.max_token_size = '384kB';

SELECT is(forge.verdict(forge.token('k', claims => b.claims || ',"x":' || r.value || '}')),
          forge.refusal('TK001', 'too_large', 'header', 'TK001'), r.id)
FROM base AS b, LATERAL (VALUES
    ('J38 claim nested 100000 deep', repeat('[', 100000) || repeat(']', 100000)),
    ('J38 claim nested 40000 deep in objects', repeat('{"a":', 40000) || '1' || repeat('}', 40000)),
    ('J38 claim nested 100000 deep and never closed', repeat('[', 100000)),
    ('J38 containers 33 deep', repeat('[', 32) || repeat(']', 32)),
    ('J40 number of 200000 digits', repeat('9', 200000)),
    ('J40 number of 129 digits', repeat('9', 129)),
    ('J40 number of 200000 decimals', '0.' || repeat('3', 200000)),
    ('J40 exponent of 200000 digits', '1e' || repeat('9', 200000)),
    ('J40 1e309', '1e309'),
    ('J40 1e-309', '1e-309'),
    ('10000 names in one object', (SELECT json_object_agg('n' || n, 1)::text FROM generate_series(1, 10000) AS n))
) AS r (id, value);

SELECT is(forge.verdict(forge.token('k', b.header || ',"x":' || r.value || '}')),
          forge.refusal('TK001', 'too_large', 'nothing', 'TK001'), r.id)
FROM base AS b, LATERAL (VALUES
    ('J39 header nested 100000 deep', repeat('[', 100000) || repeat(']', 100000)),
    ('J39 header nested 33 deep', repeat('[', 32) || repeat(']', 32)),
    ('J40 number of 129 digits in the header', repeat('9', 129))
) AS r (id, value);

SELECT is(forge.verdict(forge.token('k', claims => b.claims || ',"x":'
                                    || (SELECT json_object_agg('n' || n, 1)::text FROM generate_series(1, 1000) AS n) || '}')),
          forge.acceptance(), '1000 names in one object are fine') FROM base AS b;

SELECT * FROM finish();
ROLLBACK;
