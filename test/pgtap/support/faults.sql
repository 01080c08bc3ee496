/* An installation with a fault, for as long as one question takes. Needs forge.sql. */

-- The one value of a statement with a fault made, or its SQLSTATE; then everything is as it was.
CREATE FUNCTION forge.answer_with(fault text, statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    answer text;
BEGIN
    BEGIN
        EXECUTE fault;
        BEGIN
            EXECUTE statement INTO answer;
        EXCEPTION WHEN OTHERS THEN
            answer := SQLSTATE;
        END;
        RAISE SQLSTATE 'FAULT';
    EXCEPTION WHEN SQLSTATE 'FAULT' THEN
        RETURN answer;
    END;
END
$function$;

-- What check_installation finds with a fault made, in the order of the letters; NULL when nothing.
CREATE FUNCTION forge.findings_with(fault text) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.answer_with(fault, $$
        SELECT string_agg(c.finding || CASE WHEN c.hint = '' THEN ' without hint' ELSE '' END, E'\n' ORDER BY c.finding COLLATE "C")
        FROM access_token.check_installation() AS c $$)
$function$;
