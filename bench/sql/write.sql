-- Section 8: the files of a build.

COPY (
    SELECT candidate.iri AS "group", organization.iri AS organization
    FROM slot JOIN candidate USING (g) JOIN organization USING (o) ORDER BY g, o
) TO '{folder}/candidates.csv' (HEADER);

COPY (
    WITH foci AS (SELECT g, string_agg(iri, ';' ORDER BY o) AS focal FROM focal JOIN organization USING (o) GROUP BY g)
    SELECT candidate.iri AS "group", source,
        nullif(concat_ws(';', CASE WHEN NOT cluster AND drivers & 8 > 0 THEN 'BusinessWeb' END,
            CASE WHEN cluster THEN 'Cluster' END,
            CASE WHEN NOT cluster AND drivers & 2 > 0 AND 2 * interested >= n THEN 'Community' END,
            CASE WHEN NOT cluster AND focal IS NOT NULL THEN 'Hub' END,
            CASE WHEN NOT cluster AND drivers & 2 > 0 THEN 'Network' END), '') AS kinds,
        nullif(concat_ws(';', CASE WHEN 2 * exchanging >= n THEN 'innovation' END, CASE WHEN 2 * alike >= n THEN 'skill' END,
            CASE WHEN drivers & 8 > 0 THEN 'value-chain' END), '') AS types,
        driver_names(drivers) AS drivers,
        CASE WHEN source = 'cell' OR cluster THEN region.iri END AS region,
        CASE WHEN source = 'cell' OR drivers & 4 > 0 THEN sector.iri END AS sector,
        n AS members, text_of(quotient) AS location_quotient, text_of(density) AS link_density,
        text_of(local_share) AS local_link_share, text_of(herfindahl) AS herfindahl,
        text_of(centralization) AS centralization, vertical_pairs, horizontal_pairs, regions, countries, competitive,
        cooperative, both_ AS "both", independent, focal
    FROM grouping_ JOIN candidate USING (g) JOIN (SELECT g, place AS r FROM place_of) USING (g)
    JOIN (SELECT g, t AS s FROM theme_of) USING (g)
    LEFT JOIN region USING (r) LEFT JOIN sector USING (s) LEFT JOIN foci USING (g) ORDER BY g
) TO '{folder}/groups.csv' (HEADER);

COPY (
    SELECT candidate.iri AS "group", organization.iri AS organization, geography, standing.sector, vertical, horizontal,
        driver_names(standing.drivers) AS drivers,
        CASE WHEN competes AND degree > 0 THEN 'competitive;cooperative' WHEN competes THEN 'competitive'
            WHEN degree > 0 THEN 'cooperative' ELSE 'independent' END AS stance,
        CASE WHEN focal.x IS NOT NULL THEN 'focal' WHEN NOT cluster THEN 'node'
            WHEN standing.place = place_of.place THEN 'member' ELSE 'affiliate' END AS role
    FROM standing JOIN candidate USING (g) JOIN (SELECT o, iri FROM organization) AS organization USING (o)
    JOIN (SELECT g, cluster FROM grouping_) USING (g) JOIN place_of USING (g)
    LEFT JOIN (SELECT x FROM focal) AS focal USING (x) ORDER BY g, o
) TO '{folder}/memberships.csv' (HEADER);

COPY (
    SELECT iri AS "group", y AS "year", linked, local FROM by_year JOIN candidate USING (g) ORDER BY g, y
) TO '{folder}/links_by_year.csv' (HEADER);

COPY (
    WITH failed AS (
        SELECT g, drivers, CASE WHEN size.n < getvariable('min_members') THEN 'too-small' ELSE 'too-thin' END AS reason
        FROM size LEFT JOIN sustained USING (g) WHERE g NOT IN (SELECT g FROM sound))
    SELECT iri AS "group", source, reason, organization, round, drivers, lacks FROM (
        SELECT g, reason, NULL AS o, NULL AS organization, NULL AS round, driver_names(drivers) AS drivers,
            CASE WHEN reason = 'too-thin' THEN driver_names(15 - drivers) END AS lacks
        FROM failed
        UNION ALL
        SELECT g, 'dropped', o, organization.iri, round, driver_names(dropped.drivers), driver_names(15 - dropped.drivers)
        FROM dropped JOIN (SELECT g FROM failed) USING (g) JOIN organization USING (o))
    JOIN candidate USING (g) ORDER BY g, reason, o
) TO '{folder}/not_evidenced.csv' (HEADER);
