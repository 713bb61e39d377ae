-- How many faults of each kind there are: references, ranges, forms, duplicates.

CREATE MACRO bad_date(cell) AS NOT blank(cell) AND NOT (
    regexp_full_match(trim(cell), '(1[0-9]|2[01])[0-9]{2}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?')
    AND (length(trim(cell)) < 10 OR TRY_CAST(trim(cell) AS DATE) IS NOT NULL));
CREATE MACRO bad_degrees(cell, most) AS NOT blank(cell) AND degrees_of(cell, most) IS NULL;

-- Rows of an id that was given before: the same, or another.
CREATE TABLE again AS
SELECT r IS NOT DISTINCT FROM f AS same, r.rowid AS place
FROM (SELECT id, min(rowid) AS first FROM raw_organizations
    WHERE keyed(id) AND NOT blank(name) GROUP BY id HAVING count(*) > 1) AS d
JOIN raw_organizations AS f ON f.rowid = d.first
JOIN raw_organizations AS r ON r.id = d.id AND r.rowid > d.first AND NOT blank(r.name);

CREATE TABLE fault AS
SELECT 'regions unknown-parent' AS kind, count(*) AS n
FROM region WHERE NOT blank(parent) AND parent NOT IN (SELECT key FROM region)
UNION ALL SELECT 'regions ill-typed-number', count(*) FROM region WHERE level IS NULL
UNION ALL SELECT 'sectors unknown-parent', count(*)
FROM sector WHERE NOT blank(broader) AND broader NOT IN (SELECT key FROM sector)
UNION ALL SELECT 'sectors ill-typed-number', count(*) FROM sector WHERE level IS NULL
UNION ALL SELECT 'organizations unknown-region', count(*)
FROM organization WHERE region NOT IN (SELECT key FROM region)
UNION ALL SELECT 'organizations unknown-sector', count(*)
FROM (SELECT trim(unnest(string_split(sectors, ';'))) AS key FROM organization)
WHERE key <> '' AND key NOT IN (SELECT key FROM sector)
UNION ALL SELECT 'organizations unknown-skill', count(*)
FROM (SELECT trim(unnest(string_split(skills, ';'))) AS key FROM organization)
WHERE key <> '' AND key NOT IN (SELECT id FROM raw_skills WHERE keyed(id) AND NOT blank(name))
UNION ALL SELECT 'organizations duplicate-id', count(*) FROM again WHERE NOT same
UNION ALL SELECT 'organizations repeated-row', count(*) FROM again WHERE same
UNION ALL (
    WITH raw AS (SELECT * FROM raw_organizations WHERE rowid NOT IN (SELECT place FROM again)),
    counted AS (
        SELECT
            count(*) FILTER (bad_degrees(latitude, 90) OR bad_degrees(longitude, 180)) AS "impossible-latitude",
            count(*) FILTER (NOT blank(employees) AND whole(employees) IS NULL) AS "ill-typed-number",
            count(*) FILTER (NOT blank(employees) AND whole(employees) < 0) AS "negative-employees",
            count(*) FILTER (bad_date(founded)) AS "bad-date",
            count(*) FILTER (NOT blank(kind) AND trim(kind)
                NOT IN ('company', 'university', 'research', 'public', 'association', 'other')) AS "unknown-code",
            count(*) FILTER (NOT blank(country) AND NOT regexp_full_match(country, '[A-Z]{2}')) AS "bad-country",
            count(*) FILTER (NOT blank(lei) AND NOT regexp_full_match(lei, '[A-Z0-9]{18}[0-9]{2}')) AS "bad-lei",
            count(*) FILTER (NOT blank(wikidata) AND NOT regexp_full_match(trim(wikidata), 'Q[1-9][0-9]*'))
                AS "bad-wikidata",
            count(*) FILTER (NOT blank(website)
                AND NOT regexp_full_match(website, '( *https?://[^ ;]+ *)(; *https?://[^ ;]+ *)*')) AS "bad-website",
            count(*) FILTER (NOT keyed(id)) AS "missing-id",
            count(*) FILTER (keyed(id) AND blank(name)) AS "missing-name",
            count(*) FILTER (NOT blank(surplus_1)) AS "surplus-cells",
            count(*) FILTER (wikidata IS NULL) AS "short-row"
        FROM raw)
    SELECT 'organizations ' || kind, n FROM (UNPIVOT counted ON COLUMNS(*) INTO NAME kind VALUE n))
UNION ALL (
    WITH raw AS (
        SELECT raw.*, s.o AS s, c.o AS c FROM raw_supplies AS raw
        LEFT JOIN organization AS s ON s.key = raw.supplier
        LEFT JOIN organization AS c ON c.key = raw.customer),
    counted AS (
        SELECT
            count(*) FILTER (blank(supplier) OR blank(customer)) AS "missing-key",
            count(*) FILTER (NOT blank(supplier) AND NOT blank(customer) AND (s IS NULL OR c IS NULL))
                AS "unknown-organization",
            count(*) FILTER (s = c) AS "self-link",
            count(*) FILTER (bad_date(since) OR bad_date(until)) AS "bad-date"
        FROM raw)
    SELECT 'supplies ' || kind, n FROM (UNPIVOT counted ON COLUMNS(*) INTO NAME kind VALUE n))
UNION ALL SELECT 'supplies repeated-row', coalesce(sum(n - 1), 0)
FROM (SELECT count(*) AS n FROM raw_supplies WHERE keyed(supplier) AND keyed(customer)
    GROUP BY supplier, customer, product, since, until, source HAVING count(*) > 1)
UNION ALL SELECT 'collaborations unknown-code', count(*)
FROM (SELECT trim(kind) AS kind FROM raw_collaborations WHERE NOT blank(kind)) WHERE kind NOT IN (
    'knowledge-exchange', 'rd-project', 'co-patent', 'licence', 'co-publication', 'spin-off', 'alliance',
    'joint-venture', 'consortium', 'shared-facility', 'joint-marketing', 'shared-interest', 'association',
    'interest-group', 'forum', 'standards-body')
UNION ALL SELECT 'collaborations bad-date', count(*)
FROM collaboration WHERE bad_date(since) OR bad_date(until)
UNION ALL SELECT 'collaborations missing-name', count(*) FROM raw_collaborations WHERE keyed(id) AND blank(name)
UNION ALL SELECT 'collaborations duplicate-id', coalesce(sum(n - 1), 0)
FROM (SELECT count(*) AS n FROM raw_collaborations WHERE keyed(id) AND NOT blank(name) GROUP BY id)
UNION ALL SELECT 'participants unknown-organization', count(*)
FROM raw_participants WHERE organization NOT IN (SELECT key FROM organization)
UNION ALL SELECT 'participants unknown-collaboration', count(*)
FROM raw_participants WHERE collaboration NOT IN (SELECT key FROM collaboration)
UNION ALL SELECT 'participants repeated-row', coalesce(sum(n - 1), 0)
FROM (SELECT count(*) AS n FROM raw_participants GROUP BY collaboration, organization, role HAVING count(*) > 1)
UNION ALL SELECT 'competitors unknown-organization', count(*)
FROM raw_competitors
WHERE organization NOT IN (SELECT key FROM organization) OR competitor NOT IN (SELECT key FROM organization)
UNION ALL SELECT 'competitors self-link', count(*) FROM raw_competitors WHERE organization = competitor
UNION ALL SELECT 'members unknown-organization', count(*)
FROM raw_members WHERE organization NOT IN (SELECT key FROM organization)
UNION ALL SELECT 'members unknown-group', count(*)
FROM raw_members WHERE "group" NOT IN (SELECT key FROM declared);
