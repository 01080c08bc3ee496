/*
 * A few published examples through SQL, byte by byte where they can be reproduced. The unit tests run the
 * vectors in bulk.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql

SELECT plan(13);

CREATE TABLE vector (what text PRIMARY KEY, a text, jwk text, token text, payload bytea);
INSERT INTO vector VALUES
    ('RFC 7515 A.1', 'HS256', '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}',
     'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
     E'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'),
    ('RFC 7515 A.3', 'ES256', '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}',
     'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
     E'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'),
    ('RFC 8037 A.4', 'EdDSA', '{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
     'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg', 'Example of Ed25519 signing');

SELECT is(access_token.jws_verify(token, CASE a WHEN 'HS256' THEN jwk ELSE access_token.jwk_public(jwk)::text END, ARRAY[a]), payload, what || ': verifies') FROM vector;
SELECT is(forge.value_of(format('SELECT access_token.jws_verify(%L, %L::text, ARRAY[%L])', left(token, -6) || 'AAAAAA', jwk, a)) IN ('TK001', 'TK003'), true, what || ': altered') FROM vector;
SELECT is(access_token.jws_sign(payload, jwk, '{"alg": "EdDSA"}'), token, what || ': the same bytes') FROM vector WHERE a = 'EdDSA';
SELECT is(forge.value_of(format('SELECT access_token.jwt_verify(%L, %L::text, ARRAY[%L])', token, jwk, a)), 'TK004', what || ': has expired since') FROM vector WHERE what LIKE 'RFC 7515%';

-- RFC 7638 3.1, RFC 8037 A.3: alg, kid and the order of members do not matter.
SELECT is(access_token.jwk_thumbprint(jwk), thumbprint, what)
FROM (VALUES
    ('RFC 7638 3.1', '{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}'::text, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'),
    ('RFC 8037 A.3', '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}', 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'),
    ('RFC 9449 6.1', '{"y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","crv":"P-256","kty":"EC"}', '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I')) AS r (what, jwk, thumbprint);

-- RFC 7516 A.3: A128KW with A128CBC-HS256.
SELECT is(access_token.jwe_decrypt('eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ',
              '{"kty":"oct","k":"GawgguFyGrWKav7AX4VKUg"}'::text, '{A128KW}', '{A128CBC-HS256}'), 'Live long and prosper.'::bytea, 'RFC 7516 A.3');

SELECT * FROM finish();
ROLLBACK;
