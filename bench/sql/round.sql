-- Section 5, one round: of the slots that are still in candidates that lost somebody, those that fail are dropped, and
-- candidates in which none failed are settled. `waiting` has the slots with their partners on V and H.

CREATE OR REPLACE TEMP TABLE judged AS
WITH size AS (SELECT g, count(*) AS n FROM waiting GROUP BY g),
near AS (SELECT g, place, count(*) AS n FROM waiting WHERE NOT cell AND place IS NOT NULL GROUP BY g, place),
sets AS (SELECT g, e, count(*) AS n FROM waiting WHERE NOT cell AND e IS NOT NULL GROUP BY g, e),
alike AS (
    SELECT akin.g, akin.e, sum(n) AS n FROM akin JOIN sets ON sets.g = akin.g AND sets.e = akin.f GROUP BY akin.g, akin.e),
counted AS (
    SELECT waiting.*, CASE WHEN cell THEN size.n ELSE coalesce(near.n, 1) END - 1 AS geography,
        (CASE WHEN cell THEN size.n ELSE coalesce(alike.n, 1) END - 1)::BIGINT AS sector
    FROM waiting JOIN size USING (g)
    LEFT JOIN near ON near.g = waiting.g AND near.place = waiting.place
    LEFT JOIN alike ON alike.g = waiting.g AND alike.e = waiting.e),
held AS (
    SELECT *, (geography >= getvariable('min_partners'))::INTEGER AS has_g,
        (sector >= getvariable('min_partners'))::INTEGER AS has_s,
        (vertical >= getvariable('min_partners'))::INTEGER AS has_v,
        (horizontal >= getvariable('min_partners'))::INTEGER AS has_h
    FROM counted)
SELECT * EXCLUDE (has_g, has_s, has_v, has_h), has_g + 2 * has_h + 4 * has_s + 8 * has_v AS drivers,
    has_g + has_s + has_v + has_h < getvariable('min_drivers') OR has_v + has_h < getvariable('min_network_drivers') AS fails
FROM held;

CREATE OR REPLACE TEMP TABLE unsettled AS SELECT DISTINCT g FROM judged WHERE fails;

INSERT INTO dropped SELECT x, g, o, getvariable('round'), drivers FROM judged WHERE fails;

INSERT INTO survivor
SELECT x, g, cell, o, place, e, geography, sector, vertical, horizontal, drivers
FROM judged WHERE g NOT IN (SELECT g FROM unsettled);

CREATE OR REPLACE TABLE waiting AS
WITH gone AS (SELECT x FROM judged WHERE fails),
lost AS (
    SELECT x, count(*) FILTER (flags & 1 > 0) AS v, count(*) FILTER (flags & 2 > 0) AS h FROM (
        SELECT tie.y AS x, flags FROM tie JOIN gone USING (x)
        UNION ALL
        SELECT tie.x, flags FROM tie JOIN gone ON gone.x = tie.y)
    GROUP BY x)
SELECT x, g, cell, o, place, e, vertical - coalesce(v, 0) AS vertical, horizontal - coalesce(h, 0) AS horizontal
FROM judged LEFT JOIN lost USING (x)
WHERE NOT fails AND g IN (SELECT g FROM unsettled);
