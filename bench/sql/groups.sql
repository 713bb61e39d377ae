-- Sections 5 and 6: what survives, what sustains it, and which candidates are groups.

CREATE TABLE size AS
SELECT g, count(x) AS n FROM candidate LEFT JOIN survivor USING (g) GROUP BY g;

CREATE TABLE member AS
SELECT survivor.* FROM survivor JOIN size USING (g) WHERE n >= getvariable('min_members');

CREATE TABLE place_of AS
SELECT g, coalesce(candidate.place, most.place) AS place
FROM candidate LEFT JOIN (
    SELECT g, min({n: -n, place: place}).place AS place
    FROM (SELECT g, place, count(*) AS n FROM member WHERE NOT cell AND place IS NOT NULL GROUP BY g, place)
    GROUP BY g) AS most USING (g);

CREATE TABLE member_theme AS SELECT g, t, count(*) AS n FROM member JOIN theme USING (o) GROUP BY g, t;

CREATE TABLE theme_of AS
SELECT g, coalesce(candidate.t, most.t) AS t
FROM candidate LEFT JOIN (
    SELECT g, min({n: -n, t: t}).t AS t FROM member_theme GROUP BY g) AS most USING (g);

-- Bits of drivers, in alphabetical order: 1 Geography, 2 Horizontal, 4 Sector, 8 Vertical.
CREATE MACRO reaches(count_, size_) AS (count_ > 0
    AND count_ * getvariable('share_below') >= getvariable('share_above') * size_)::INTEGER;
CREATE MACRO driver_names(bits) AS nullif(concat_ws(';', CASE WHEN bits & 1 > 0 THEN 'Geography' END,
    CASE WHEN bits & 2 > 0 THEN 'Horizontal' END, CASE WHEN bits & 4 > 0 THEN 'Sector' END,
    CASE WHEN bits & 8 > 0 THEN 'Vertical' END), '');

CREATE TABLE sustained AS
WITH counted AS (
    SELECT member.g, count(*) AS n, count(*) FILTER (member.place = place_of.place) AS geography,
        count(*) FILTER (drivers & 8 > 0) AS vertical, count(*) FILTER (drivers & 2 > 0) AS horizontal
    FROM member JOIN place_of USING (g) GROUP BY member.g)
SELECT g, counted.n, reaches(geography, counted.n) + 2 * reaches(horizontal, counted.n)
    + 4 * reaches(coalesce(member_theme.n, 0), counted.n) + 8 * reaches(vertical, counted.n) AS drivers
FROM counted JOIN theme_of USING (g) LEFT JOIN member_theme USING (g, t);

CREATE TABLE sound AS
SELECT g FROM sustained
WHERE bit_count(drivers) >= getvariable('min_drivers') AND bit_count(drivers & 10) >= getvariable('min_network_drivers');

CREATE TABLE same_as_cell AS
WITH listed AS (SELECT g, list(o ORDER BY o) AS members FROM member WHERE g IN (SELECT g FROM sound) GROUP BY g)
SELECT community.g
FROM listed AS community JOIN listed AS cell USING (members)
WHERE community.g IN (SELECT g FROM candidate WHERE source = 'community')
AND cell.g IN (SELECT g FROM candidate WHERE source = 'cell');

CREATE TABLE grouped AS SELECT g FROM sound WHERE g NOT IN (SELECT g FROM same_as_cell);
DELETE FROM member WHERE g NOT IN (SELECT g FROM grouped);
