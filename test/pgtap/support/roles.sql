/* Statements as another role; pgTAP itself needs its own role. Needs forge.sql. */

-- The SQLSTATE that a statement of a role ends with, 00000 when with none.
CREATE FUNCTION forge.sqlstate_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM set_config('role', role, true);
    EXECUTE statement;
    PERFORM set_config('role', 'none', true);
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE; -- the role is back with the subtransaction
END
$function$;

-- The one value that a role's statement returns, or its SQLSTATE.
CREATE FUNCTION forge.value_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    value text;
BEGIN
    PERFORM set_config('role', role, true);
    EXECUTE statement INTO value;
    PERFORM set_config('role', 'none', true);
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;

/*
 * A call of a function with NULL for every argument: whether it may be called is settled before that.
 * A strict function needs other values, or the planner leaves the call away.
 */
CREATE FUNCTION forge.call_of(function oid) RETURNS text LANGUAGE sql AS $function$
    SELECT format('SELECT access_token.%I(%s)', p.proname,
                  (SELECT string_agg(CASE WHEN p.proisstrict THEN '''''' ELSE 'NULL' END || '::' || format_type(t, NULL), ', ' ORDER BY n)
                   FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)))
    FROM pg_proc AS p WHERE p.oid = call_of.function
$function$;
