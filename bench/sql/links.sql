-- Sections 1 to 3: links in force, the years in which they are active, and every pair of linked organisations once.
-- Flags of a pair: 1 a supply, 2 a collaboration, 4 a shared interest, 8 a knowledge exchange, 16 both in one place.

CREATE MACRO in_force(since, until) AS getvariable('as_of') IS NULL OR (
    (since IS NULL OR since <= substr(getvariable('as_of'), 1, length(since)))
    AND (until IS NULL OR substr(getvariable('as_of'), 1, length(until)) <= until));

SET VARIABLE first_year = (
    SELECT greatest(1000, min(least(year_of(since), year_of(until)))) FROM (
        SELECT since, until FROM supply_date UNION ALL SELECT since, until FROM collaboration)
    WHERE in_force(since, until));
SET VARIABLE last_year = (
    SELECT least(2199, max(greatest(year_of(since), year_of(until)))) FROM (
        SELECT since, until FROM supply_date UNION ALL SELECT since, until FROM collaboration)
    WHERE in_force(since, until));

-- An end that is no year leaves the link without years, an open one runs as far as any link does.
CREATE MACRO dated(since, until) AS (since IS NOT NULL OR until IS NOT NULL)
    AND (since IS NULL OR year_of(since) IS NOT NULL) AND (until IS NULL OR year_of(until) IS NOT NULL)
    AND coalesce(year_of(since), 0) <= coalesce(year_of(until), 9999);
CREATE MACRO from_year(since, until) AS CASE WHEN dated(since, until)
    THEN greatest(coalesce(year_of(since), 0), getvariable('first_year'))::SMALLINT END;
CREATE MACRO to_year(since, until) AS CASE WHEN dated(since, until)
    THEN least(coalesce(year_of(until), 9999), getvariable('last_year'))::SMALLINT END;

CREATE TABLE tying AS
SELECT c, flag, since, until, n
FROM (SELECT c, count(*) AS n FROM participant GROUP BY c) JOIN collaboration USING (c)
WHERE in_force(since, until) AND n <= getvariable('max_collaboration_size');

CREATE TABLE link AS
SELECT least(supplier, customer) AS a, greatest(supplier, customer) AS b,
    (1 + CASE WHEN one.place = other.place THEN 16 ELSE 0 END)::UTINYINT AS flags, NULL::INTEGER AS c,
    from_year(since, until) AS lo, to_year(since, until) AS hi, NULL::DOUBLE AS weight
FROM supply LEFT JOIN place AS one ON one.o = supplier LEFT JOIN place AS other ON other.o = customer
WHERE in_force(since, until)
UNION ALL
SELECT one.o, other.o, (2 + flag + CASE WHEN one.place = other.place THEN 16 ELSE 0 END)::UTINYINT, t.c, lo, hi, weight
FROM (SELECT c, flag, from_year(since, until) AS lo, to_year(since, until) AS hi, 1::DOUBLE / (n - 1) AS weight
    FROM tying WHERE n > 1) AS t
JOIN (SELECT c, o, place FROM participant LEFT JOIN place USING (o)) AS one ON one.c = t.c
JOIN (SELECT c, o, place FROM participant LEFT JOIN place USING (o)) AS other ON other.c = t.c AND one.o < other.o;

-- The number of a pair is its rowid.
CREATE TABLE pair AS
SELECT a, b, bit_or(flags) AS flags, count(c)::INTEGER AS ties, count(lo)::INTEGER AS dated, min(lo) AS lo, max(hi) AS hi,
    sum(weight) AS weight
FROM link GROUP BY a, b;
