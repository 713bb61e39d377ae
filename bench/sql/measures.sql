-- Sections 6 and 7: degrees, kinds, types, roles, stances, measures, links by year.

CREATE TABLE inside AS
SELECT g, tie.x, tie.y, p, flags
FROM tie JOIN member USING (x) SEMI JOIN member AS other ON other.x = tie.y;

CREATE TABLE degree AS
SELECT x, count(*) AS n, count(*) FILTER (flags & 4 > 0) AS interest, count(*) FILTER (flags & 8 > 0) AS exchange
FROM (SELECT x, flags FROM inside UNION ALL SELECT y, flags FROM inside) GROUP BY x;

CREATE TABLE competing AS
WITH met AS (
    SELECT one.x, other.x AS y
    FROM rival JOIN member AS one ON one.o = a JOIN member AS other ON other.o = b AND other.g = one.g)
SELECT x FROM met UNION SELECT y FROM met;

CREATE TABLE alike AS
WITH has AS (SELECT g, x, k FROM member JOIN organization_skill USING (o)),
met AS (
    SELECT one.x, other.x AS y FROM has AS one JOIN has AS other ON other.g = one.g AND other.k = one.k AND one.x < other.x
    GROUP BY one.x, other.x HAVING count(*) >= getvariable('min_shared_skills'))
SELECT x FROM (SELECT x FROM met UNION ALL SELECT y FROM met) GROUP BY x HAVING count(*) >= getvariable('min_partners');

CREATE TABLE standing AS
SELECT member.*, coalesce(degree.n, 0) AS degree, coalesce(interest, 0) AS interest, coalesce(exchange, 0) AS exchange,
    competing.x IS NOT NULL AS competes, alike.x IS NOT NULL AS alike, country
FROM member LEFT JOIN degree USING (x) LEFT JOIN competing USING (x) LEFT JOIN alike USING (x) LEFT JOIN place USING (o);

-- Linked pairs of each organisation that is in a group, anywhere.
CREATE TABLE reach AS
WITH needed AS (SELECT DISTINCT o FROM member)
SELECT o, sum(n) AS linked, sum(near) AS local FROM (
    SELECT a AS o, count(*) AS n, count(*) FILTER (flags & 16 > 0) AS near FROM pair SEMI JOIN needed ON o = a GROUP BY a
    UNION ALL
    SELECT b, count(*), count(*) FILTER (flags & 16 > 0) FROM pair SEMI JOIN needed ON o = b GROUP BY b)
GROUP BY o;

CREATE TABLE grouping_ AS
WITH tallied AS (
    SELECT g, count(*) AS n, max(degree) AS most, sum(degree) AS degrees, sum(vertical)::BIGINT // 2 AS vertical_pairs,
        sum(horizontal)::BIGINT // 2 AS horizontal_pairs, count(DISTINCT place) AS regions,
        count(DISTINCT country) AS countries, count(*) FILTER (competes AND degree = 0) AS competitive,
        count(*) FILTER (NOT competes AND degree > 0) AS cooperative, count(*) FILTER (competes AND degree > 0) AS both_,
        count(*) FILTER (NOT competes AND degree = 0) AS independent,
        count(*) FILTER (interest >= getvariable('min_partners')) AS interested,
        count(*) FILTER (exchange >= getvariable('min_partners')) AS exchanging, count(*) FILTER (alike) AS alike,
        sum(linked) AS linked, sum(local) AS local
    FROM standing LEFT JOIN reach USING (o) GROUP BY g),
nearby AS (SELECT g, count(*) AS linked, count(*) FILTER (flags & 16 > 0) AS local FROM inside GROUP BY g),
themes AS (SELECT g, sum(n * n) AS squares, sum(n) AS total FROM member_theme GROUP BY g)
SELECT tallied.* EXCLUDE (linked, local), drivers, drivers & 1 > 0 AS cluster,
    n >= 3 AND (most * n - degrees) * getvariable('hub_below') >= getvariable('hub_above') * (n - 1) * (n - 2) AS centred,
    CASE WHEN n < 3 THEN 0 ELSE decimal_of(most * n - degrees, (n - 1) * (n - 2)) END AS centralization,
    decimal_of(degrees, n * (n - 1)) AS density,
    decimal_of(coalesce(tallied.local, 0) - coalesce(nearby.local, 0), coalesce(tallied.linked, 0) - coalesce(nearby.linked, 0))
        AS local_share,
    decimal_of(squares, total * total) AS herfindahl
FROM tallied JOIN (SELECT g, drivers FROM sustained) USING (g) LEFT JOIN nearby USING (g) LEFT JOIN themes USING (g);

CREATE TABLE focal AS
SELECT x, g, o FROM standing JOIN (SELECT g, n, centred FROM grouping_) USING (g)
WHERE centred AND degree * getvariable('focal_below') >= getvariable('focal_above') * (n - 1);

-- The years of a pair as intervals that do not meet: most pairs have one, of the others links are merged.
CREATE TABLE span AS
SELECT rowid AS p, a, b, flags & 16 > 0 AS local, lo, hi FROM pair WHERE dated = 1
UNION ALL
SELECT p, a, b, local, min(lo), max(hi) FROM (
    SELECT *, sum(fresh) OVER (PARTITION BY p ORDER BY lo, hi ROWS UNBOUNDED PRECEDING) AS island FROM (
        SELECT pair.rowid AS p, a, b, pair.flags & 16 > 0 AS local, link.lo, link.hi,
            (link.lo > coalesce(max(link.hi) OVER (PARTITION BY pair.rowid ORDER BY link.lo, link.hi
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), -1))::INTEGER AS fresh
        FROM pair JOIN link USING (a, b)
        WHERE dated > 1 AND link.lo IS NOT NULL))
GROUP BY p, a, b, local, island;

-- Pairs that begin and end in each year, those inside a group once; the sum over the years gives those in force.
CREATE TABLE by_year AS
WITH spanned AS (
    SELECT g, lo, hi, sum(n) AS n, sum(near) AS near FROM (
        SELECT g, lo, hi, count(*) AS n, count(*) FILTER (span.local) AS near FROM span JOIN member ON o = a GROUP BY ALL
        UNION ALL
        SELECT g, lo, hi, count(*), count(*) FILTER (span.local) FROM span JOIN member ON o = b GROUP BY ALL
        UNION ALL
        SELECT g, lo, hi, -count(*), -count(*) FILTER (span.local) FROM span JOIN inside USING (p) GROUP BY ALL)
    GROUP BY ALL),
changed AS (
    SELECT g, y, sum(n) AS n, sum(near) AS near FROM (
        SELECT g, lo AS y, n, near FROM spanned UNION ALL SELECT g, hi + 1, -n, -near FROM spanned)
    GROUP BY g, y),
years AS (
    SELECT g, y FROM (SELECT DISTINCT g FROM changed), range(getvariable('first_year'), getvariable('last_year') + 1) AS r(y))
SELECT g, y, linked::BIGINT AS linked, local::BIGINT AS local FROM (
    SELECT g, y, sum(coalesce(n, 0)) OVER so_far AS linked, sum(coalesce(near, 0)) OVER so_far AS local
    FROM years LEFT JOIN changed USING (g, y)
    WINDOW so_far AS (PARTITION BY g ORDER BY y))
WHERE linked > 0;
