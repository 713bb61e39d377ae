-- Section 3: cells with their quotients, communities, declared groups; and a slot for each organisation in each.

CREATE MACRO decimal_of(numerator, denominator) AS CASE WHEN denominator > 0 THEN
    (20000 * numerator::HUGEINT + denominator) // (2 * denominator::HUGEINT) END;
CREATE MACRO text_of(tenthousandths) AS rtrim(rtrim(format('{}.{:04d}', (tenthousandths // 10000)::BIGINT,
    (tenthousandths % 10000)::BIGINT), '0'), '.');

CREATE TABLE cell AS
WITH inside AS (SELECT place, t, count(*) AS n FROM place JOIN theme USING (o) WHERE place IS NOT NULL GROUP BY ALL),
in_place AS (SELECT place, count(DISTINCT o) AS n FROM place JOIN theme USING (o) WHERE place IS NOT NULL GROUP BY ALL),
in_theme AS (SELECT t, sum(n) AS n FROM inside GROUP BY t),
everywhere AS (SELECT sum(n) AS n FROM in_place)
SELECT inside.place, inside.t, inside.n, decimal_of(inside.n * everywhere.n, in_place.n * in_theme.n) AS quotient
FROM inside JOIN in_place USING (place) JOIN in_theme USING (t), everywhere
WHERE inside.n >= getvariable('min_members')
AND (in_place.n = everywhere.n OR in_theme.n = everywhere.n
    OR inside.n * everywhere.n * getvariable('quotient_below') >= getvariable('quotient_above') * in_place.n * in_theme.n);

CREATE TABLE community AS
SELECT number, getvariable('base') || 'group/community/' || substr(sha256(string_agg(iri, chr(10) ORDER BY o)), 1, 16) AS iri
FROM community_member JOIN organization USING (o)
GROUP BY number HAVING count(*) >= getvariable('min_members');

CREATE TABLE candidate AS
SELECT (row_number() OVER (ORDER BY iri))::INTEGER - 1 AS g, * FROM (
    SELECT getvariable('base') || 'group/cell/' || url_encode(region.key) || '/' || url_encode(sector.key) AS iri,
        'cell' AS source, cell.place, cell.t, quotient, NULL AS number
    FROM cell JOIN region ON region.r = cell.place JOIN sector ON sector.s = cell.t
    UNION ALL SELECT iri, 'community', NULL, NULL, NULL, number FROM community
    UNION ALL SELECT iri, 'declared', NULL, NULL, NULL, NULL FROM declared);

CREATE TABLE theme_set AS
WITH listed AS (SELECT o, list(t ORDER BY t) AS themes FROM theme GROUP BY o),
numbered AS (SELECT themes, (row_number() OVER ())::INTEGER AS e FROM (SELECT DISTINCT themes FROM listed))
SELECT o, e FROM listed JOIN numbered USING (themes);

CREATE TABLE slot AS
SELECT (row_number() OVER (ORDER BY g, o))::INTEGER - 1 AS x, g, cell, o, place.place, e FROM (
    SELECT g, true AS cell, o FROM candidate JOIN place ON place.place = candidate.place JOIN theme USING (o, t)
    UNION ALL
    SELECT g, false, o FROM candidate JOIN community_member USING (number)
    UNION ALL
    SELECT g, false, o FROM candidate JOIN declared_member USING (iri))
LEFT JOIN place USING (o) LEFT JOIN theme_set USING (o);

-- Section 4: pairs that are tied vertically or horizontally inside a candidate.
CREATE TABLE tie AS
SELECT one.x, other.x AS y, pair.rowid AS p, flags
FROM pair JOIN slot AS one ON one.o = a JOIN slot AS other ON other.o = b AND other.g = one.g;

-- Sets of themes that meet inside a candidate that is no cell.
CREATE TABLE akin AS
WITH held AS (
    SELECT DISTINCT g, e, t
    FROM (SELECT g, e, any_value(o) AS o FROM slot WHERE NOT cell AND e IS NOT NULL GROUP BY g, e) JOIN theme USING (o))
SELECT DISTINCT one.g, one.e, other.e AS f FROM held AS one JOIN held AS other USING (g, t);
