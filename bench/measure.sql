-- What is measured inside the server, in one backend, with the server's clock.
CREATE SCHEMA bench;

-- Private memory of this backend in kB. Shared buffers that it touched do not count.
CREATE FUNCTION bench.private_kb() RETURNS bigint
LANGUAGE sql VOLATILE
AS $function$
    SELECT CAST(substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+)') AS bigint)
$function$;

-- Single calls, one after the other, each timed by itself; how many took how many microseconds.
CREATE UNLOGGED TABLE bench.drawn (arguments text[] NOT NULL);

CREATE FUNCTION bench.issue_latency(arguments text[])
RETURNS TABLE (microseconds integer, calls bigint)
LANGUAGE plpgsql VOLATILE
AS $function$
DECLARE
    argument text;
    answer   text;
    started  timestamptz;
    ended    timestamptz;
    taken    interval[];
BEGIN
    FOREACH argument IN ARRAY arguments LOOP
        started := clock_timestamp();
        answer := access_token.issue_access_token(argument, 'user|42');
        ended := clock_timestamp();
        taken := array_append(taken, ended - started);
    END LOOP;
    RETURN QUERY SELECT CAST(extract(epoch FROM t) * 1000000 AS integer), count(*)
                   FROM unnest(taken) AS t GROUP BY 1;
END
$function$;

CREATE FUNCTION bench.verify_latency(arguments text[])
RETURNS TABLE (microseconds integer, calls bigint)
LANGUAGE plpgsql VOLATILE
AS $function$
DECLARE
    argument text;
    answer   jsonb;
    started  timestamptz;
    ended    timestamptz;
    taken    interval[];
BEGIN
    FOREACH argument IN ARRAY arguments LOOP
        started := clock_timestamp();
        answer := access_token.verify_access_token(argument);
        ended := clock_timestamp();
        taken := array_append(taken, ended - started);
    END LOOP;
    RETURN QUERY SELECT CAST(extract(epoch FROM t) * 1000000 AS integer), count(*)
                   FROM unnest(taken) AS t GROUP BY 1;
END
$function$;

-- The same for a bare look-up in SQL: how much of a random key's time is the machine's memory.
CREATE FUNCTION bench.select_latency(arguments text[])
RETURNS TABLE (microseconds integer, calls bigint)
LANGUAGE plpgsql VOLATILE
AS $function$
DECLARE
    argument text;
    answer   text;
    started  timestamptz;
    ended    timestamptz;
    taken    interval[];
BEGIN
    FOREACH argument IN ARRAY arguments LOOP
        started := clock_timestamp();
        SELECT k.tenant_id INTO answer FROM access_token.api_key AS k WHERE k.api_key_id = argument;
        ended := clock_timestamp();
        taken := array_append(taken, ended - started);
    END LOOP;
    RETURN QUERY SELECT CAST(extract(epoch FROM t) * 1000000 AS integer), count(*)
                   FROM unnest(taken) AS t GROUP BY 1;
END
$function$;

-- A million calls that raise, each caught: the memory after the first warm_up calls and at the end.
CREATE FUNCTION bench.caught_refusals(tokens text[], warm_up integer, total integer)
RETURNS TABLE (caught bigint, kb_warm bigint, kb_end bigint)
LANGUAGE plpgsql VOLATILE
AS $function$
DECLARE
    claims jsonb;
BEGIN
    caught := 0;
    FOR i IN 1..total LOOP
        BEGIN
            claims := access_token.verify_access_token(tokens[1 + i % cardinality(tokens)]);
        EXCEPTION WHEN OTHERS THEN
            caught := caught + 1;
        END;
        IF i = warm_up THEN
            kb_warm := bench.private_kb();
        END IF;
    END LOOP;
    kb_end := bench.private_kb();
    RETURN NEXT;
END
$function$;

-- Tokens made to be refused slowly, and what each of the three readers takes for them.
CREATE TABLE bench.hostile (name text PRIMARY KEY, token text NOT NULL);

CREATE FUNCTION bench.refusal_times(rounds integer)
RETURNS TABLE (name text, reader text, milliseconds double precision, answer text)
LANGUAGE plpgsql VOLATILE
AS $function$
DECLARE
    token   text;
    started timestamptz;
    taken   double precision[];
BEGIN
    FOR name, token IN SELECT h.name, h.token || '' FROM bench.hostile h LOOP
        FOREACH reader IN ARRAY ARRAY['inspect', 'verify', 'decode'] LOOP
            taken := '{}';
            FOR round IN 1..rounds LOOP
                started := clock_timestamp();
                BEGIN
                    answer := bench.read_token(reader, token);
                EXCEPTION WHEN OTHERS THEN
                    answer := SQLSTATE;
                END;
                taken := array_append(taken, CAST(
                    extract(epoch FROM clock_timestamp() - started) * 1000 AS double precision));
            END LOOP;
            milliseconds := (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t)
                               FROM unnest(taken) AS t);
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$function$;

CREATE FUNCTION bench.read_token(reader text, token text) RETURNS text
LANGUAGE plpgsql VOLATILE
AS $function$
BEGIN
    CASE reader
        WHEN 'inspect' THEN
            RETURN (SELECT CASE WHEN i.valid THEN 'accepted' ELSE i.reason END
                      FROM access_token.inspect_access_token(token) AS i);
        WHEN 'verify' THEN
            PERFORM access_token.verify_access_token(token);
        WHEN 'decode' THEN
            PERFORM d.header, d.claims FROM access_token.decode_token(token) AS d;
    END CASE;
    RETURN 'accepted';
END
$function$;
