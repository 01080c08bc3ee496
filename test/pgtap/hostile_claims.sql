/*
 * Claims of the wrong type, out of range, missing, or not what the verifier expects, each under a valid
 * MAC and beside a good kid. The ids are those of the table of hostile inputs. decode_token shows them
 * all: it judges the form of a token, not what it claims.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(141);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('other', 't');
SELECT forge.make_key('foreign', 'u');

SELECT is(forge.verdict(forge.token('k')), forge.acceptance(), 'what is spoilt below is good');
SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', '{"aud": "api"}')), audience => 'api'),
          forge.acceptance(), 'so is a token for an audience');

-- A claim of the wrong type or out of every range makes the token malformed (TK001).
CREATE FUNCTION mistyped() RETURNS TABLE (id text, changes json) LANGUAGE sql AS $function$
    VALUES
    ('C01 exp as a string', '{"exp": "never"}'::json),
    ('C01 exp as a string of digits', '{"exp": "99999999999"}'),
    ('C06 exp true', '{"exp": true}'),
    ('C07 exp null', '{"exp": null}'),
    ('C08 exp []', '{"exp": []}'),
    ('C09 exp [n]', '{"exp": [99999999999]}'),
    ('C10 exp {}', '{"exp": {}}'),
    ('C14 exp 2^53+1', '{"exp": 9007199254740993}'),
    ('C15 exp 2^63', '{"exp": 9223372036854775808}'),
    ('C16 exp 2^63-1', '{"exp": 9223372036854775807}'),
    ('C17 exp -2^63', '{"exp": -9223372036854775808}'),
    ('C19 exp 2^64', '{"exp": 18446744073709551616}'),
    ('C19 exp 2^64 and a day: would wrap to a good one', '{"exp": 18446744075600000000}'),
    ('C18 exp 1e300', '{"exp": 1e300}'),
    ('C18 exp a second after the year 9999', '{"exp": 253402300800}'),
    ('C18 exp in milliseconds', json_build_object('exp', (forge.epoch(600) * 1000)::bigint)),
    ('C22 nbf as a string', '{"nbf": "0"}'),
    ('C23 nbf null', '{"nbf": null}'),
    ('C23 nbf []', '{"nbf": []}'),
    ('C26 iat as a string', '{"iat": "0"}'),
    ('C28 iat null', '{"iat": null}'),
    ('C28 iat false', '{"iat": false}'),
    ('C28 iat 1e300', '{"iat": 1e300}'),
    ('C30 aud number', '{"aud": 1}'),
    ('C31 aud []', '{"aud": []}'),
    ('C32 aud [1]', '{"aud": [1]}'),
    ('C33 aud [good, 1]', '{"aud": ["api", 1]}'),
    ('C33 aud [1, good]', '{"aud": [1, "api"]}'),
    ('C33 aud [good, null]', '{"aud": ["api", null]}'),
    ('C34 aud {}', '{"aud": {}}'),
    ('C34 aud {good}', '{"aud": {"api": "api"}}'),
    ('C35 aud null', '{"aud": null}'),
    ('C43 aud nested', '{"aud": [["api"]]}'),
    ('C43 aud nested beside a good one', '{"aud": ["api", ["api"]]}'),
    ('C50 iss number', '{"iss": 1}'),
    ('C51 iss array', '{"iss": ["k"]}'),
    ('C54 iss null', '{"iss": null}'),
    ('C56 sub number', '{"sub": 1}'),
    ('C57 sub object', '{"sub": {"t": "t"}}'),
    ('C57 sub null', '{"sub": null}'),
    ('C58 jti number', '{"jti": 1}'),
    ('C58 jti null', '{"jti": null}'),
    ('grants null', '{"grants": null}'),
    ('grants a string', '{"grants": "user|42"}'),
    ('grants an array', '{"grants": [{"identity": "user|42"}]}'),
    ('identity number', '{"grants": {"identity": 42}}'),
    ('identity null', '{"grants": {"identity": null}}'),
    ('identity array', '{"grants": {"identity": ["user|42"]}}'),
    ('scope number', '{"scope": 1}'),
    ('scope array', '{"scope": ["read"]}'),
    ('scope null', '{"scope": null}'),
    ('scope empty', '{"scope": ""}'),
    ('scope with two spaces', '{"scope": "read  write"}'),
    ('scope with a space in front', '{"scope": " read"}'),
    ('scope with a space behind', '{"scope": "read "}'),
    ('scope with a tab', '{"scope": "read\twrite"}'),
    ('scope with a quote', '{"scope": "re\"ad"}'),
    ('scope with a letter outside ASCII', '{"scope": "l\u00e9s"}'),
    ('role number', '{"role": 1}'),
    ('role null', '{"role": null}'),
    ('role array', '{"role": ["postgres"]}')
$function$;

SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', changes))),
          forge.refusal('TK001', 'bad_claim', 'both', 'decodes'), id)
FROM mistyped();

SELECT is((SELECT array_agg(DISTINCT forge.verdict(forge.token('k', claims => forge.claims('k', changes)), 't', 'api', 'read'))
           FROM mistyped()),
          ARRAY[forge.refusal('TK001', 'bad_claim', 'both', 'decodes')],
          'the same when tenant, audience and scope are asked for');

-- Exponents that no double holds are a limit of JSON itself, so decode_token refuses them, too.
SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', changes))),
          forge.refusal('TK001', 'too_large', 'header', 'TK001'), id)
FROM (VALUES
    ('C02 exp 1e400', '{"exp": 1e400}'::json),
    ('C11 exp 1e200000', '{"exp": 1e200000}'),
    ('C13 exp -1e400', '{"exp": -1e400}'),
    ('C24 nbf 1e400', '{"nbf": 1e400}'),
    ('C28 iat 1e400', '{"iat": 1e400}')
) AS r (id, changes);

-- Claims of the right type whose value is refused.
CREATE FUNCTION refused() RETURNS TABLE (id text, changes json, without text[], sqlstate text, reason text)
LANGUAGE sql AS $function$
    VALUES
    ('C03 exp -0', '{"exp": -0}'::json, '{}'::text[], 'TK004', 'expired'),
    ('C04 exp 0', '{"exp": 0}', '{}', 'TK004', 'expired'),
    ('C05 exp -1', '{"exp": -1}', '{}', 'TK004', 'expired'),
    ('C05 exp long before the year 1', '{"exp": -253402300799}', '{}', 'TK004', 'expired'),
    ('C05 exp 1e-300', '{"exp": 1e-300}', '{}', 'TK004', 'expired'),
    ('C12 exp now', json_build_object('exp', forge.epoch()), '{}', 'TK004', 'expired'),
    ('C12 exp now, in whole seconds', json_build_object('exp', floor(forge.epoch())), '{}', 'TK004', 'expired'),
    ('C12 exp a second ago: no leeway', json_build_object('exp', forge.epoch(-1)), '{}', 'TK004', 'expired'),
    ('C18 exp the last second of the year 9999', '{"exp": 253402300799}', '{}', 'TK006', 'lifetime_too_long'),
    ('C18 exp 2^32', '{"exp": 4294967296}', '{}', 'TK006', 'lifetime_too_long'),
    ('C20 exp missing', '{}', '{exp}', 'TK006', 'missing_claim'),
    ('C20 exp only in a nested object', '{"x": {"exp": 99999999999}}', '{exp}', 'TK006', 'missing_claim'),
    ('C20 EXP in capitals', '{"EXP": 99999999999}', '{exp}', 'TK006', 'missing_claim'),
    ('C21 nbf ahead', json_build_object('nbf', forge.epoch(60)), '{}', 'TK005', 'not_yet_valid'),
    ('C21 nbf years ahead', '{"nbf": 253402300799}', '{}', 'TK005', 'not_yet_valid'),
    ('C25 nbf ahead by an exponent', '{"nbf": 2e11}', '{}', 'TK005', 'not_yet_valid'),
    ('C27 iat years ahead', '{"iat": 253402300799}', '{}', 'TK005', 'not_yet_valid'),
    ('C27 iat a minute ahead', json_build_object('iat', forge.epoch(60)), '{}', 'TK005', 'not_yet_valid'),
    ('iat years ago', '{"iat": 0}', '{}', 'TK006', 'lifetime_too_long'),
    ('C52 iss with a slash', '{"iss": "k/"}', '{}', 'TK006', 'wrong_issuer'),
    ('C53 iss with a suffix', '{"iss": "kk"}', '{}', 'TK006', 'wrong_issuer'),
    ('C53 iss a prefix', '{"iss": ""}', '{}', 'TK006', 'wrong_issuer'),
    ('C53 iss in other case', '{"iss": "K"}', '{}', 'TK006', 'wrong_issuer'),
    ('C53 iss with a space', '{"iss": "k "}', '{}', 'TK006', 'wrong_issuer'),
    ('C53 iss another key of the tenant', '{"iss": "other"}', '{}', 'TK006', 'wrong_issuer'),
    ('C53 iss another tenant''s key', '{"iss": "foreign"}', '{}', 'TK006', 'wrong_issuer'),
    ('C55 iss missing', '{}', '{iss}', 'TK006', 'missing_claim'),
    ('sub missing', '{}', '{sub}', 'TK006', 'missing_claim'),
    ('sub empty', '{"sub": ""}', '{}', 'TK006', 'wrong_tenant'),
    ('sub in other case', '{"sub": "T"}', '{}', 'TK006', 'wrong_tenant'),
    ('sub with a suffix', '{"sub": "tt"}', '{}', 'TK006', 'wrong_tenant'),
    ('sub another tenant', '{"sub": "u"}', '{}', 'TK006', 'wrong_tenant'),
    ('grants missing', '{}', '{grants}', 'TK006', 'missing_claim'),
    ('grants without identity', '{"grants": {}}', '{}', 'TK006', 'missing_claim'),
    ('identity beside grants', '{"grants": {}, "identity": "user|42"}', '{}', 'TK006', 'missing_claim'),
    ('identity empty', '{"grants": {"identity": ""}}', '{}', 'TK006', 'missing_claim')
$function$;

SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', changes, without))),
          forge.refusal(sqlstate, reason, 'both', 'decodes'), id)
FROM refused();

-- Audiences: the verifier calls itself api; whatever else aud says, the token is another's.
SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', changes)), audience => 'api'),
          forge.refusal('TK006', 'wrong_audience', 'both', 'decodes'), id)
FROM (VALUES
    ('C36 aud ""', '{"aud": ""}'::json),
    ('C37 aud with a slash', '{"aud": "api/"}'),
    ('C38 aud a prefix', '{"aud": "ap"}'),
    ('C38 aud longer', '{"aud": "apis"}'),
    ('C39 aud in other case', '{"aud": "API"}'),
    ('C40 aud another', '{"aud": "other"}'),
    ('C41 aud others', '{"aud": ["other", "another"]}'),
    ('C42 aud joined by a space', '{"aud": "other api"}'),
    ('C42 aud joined by a comma', '{"aud": "other,api"}'),
    ('C44 aud missing', '{}')
) AS r (id, changes);

SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', changes))),
          forge.refusal('TK006', 'wrong_audience', 'both', 'decodes'), 'C45 caller names no audience: ' || id)
FROM (VALUES
    ('string', '{"aud": "api"}'::json),
    ('array', '{"aud": ["api"]}'),
    ('empty string', '{"aud": ""}')
) AS r (id, changes);

-- Values at the edge that are good.
SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', changes))), forge.acceptance(), 'good: ' || id)
FROM (VALUES
    ('exp with a fraction', json_build_object('exp', forge.epoch(600.25))),
    ('exp with an exponent', format('{"exp": %se-2}', floor(forge.epoch(600) * 100))::json),
    ('nbf and iat in the past, with fractions', json_build_object('nbf', forge.epoch(-1.5), 'iat', forge.epoch(-1.5))),
    ('nbf -0', '{"nbf": -0}'::json),
    ('nbf -1e10', '{"nbf": -1e10}'::json),
    ('a name of a claim in depth', '{"x": {"exp": "never", "aud": 1, "iss": []}}'),
    ('other members of grants', '{"grants": {"admin": true, "identity": "user|42"}}')
) AS r (id, changes);

SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', changes)), audience => 'api'),
          forge.acceptance(), 'good: ' || id)
FROM (VALUES
    ('aud one of several', '{"aud": ["other", "api"]}'::json),
    ('aud by an escape', '{"aud": "\u0061pi"}')
) AS r (id, changes);

-- Tokens without a kid say by iss which key signed them: an iss that is no key's id is an unknown key.
SELECT is(forge.verdict(forge.outside_token('k')), forge.acceptance(), 'without a kid: good');
SELECT is(forge.verdict(forge.outside_token('k', changes, without)),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'without a kid: ' || id)
FROM refused() WHERE id ~ ' iss ';
SELECT is(forge.verdict(forge.outside_token('k', changes)),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'without a kid: ' || id)
FROM mistyped() WHERE id ~ ' iss ';
SELECT is((SELECT array_agg(DISTINCT forge.verdict(forge.outside_token('k', changes)))
           FROM mistyped() WHERE id !~ ' iss '),
          ARRAY[forge.refusal('TK001', 'bad_claim', 'both', 'decodes')],
          'without a kid: claims of the wrong type are refused as with one');
SELECT is(array_agg(id) FILTER (WHERE forge.verdict(forge.outside_token('k', changes, without))
                                      IS DISTINCT FROM forge.refusal(sqlstate, reason, 'both', 'decodes')),
          NULL, 'without a kid: other claims are refused as with one')
FROM refused() WHERE id !~ ' iss ';

SELECT * FROM finish();
ROLLBACK;
