-- Tables with whole-number keys, numbered in order of IRI. The first row with an id counts; a row without key does not.
-- Links keep the rows whose two ends are known.

CREATE MACRO blank(cell) AS coalesce(trim(cell), '') = '';
CREATE MACRO keyed(cell) AS NOT blank(cell) AND cell NOT IN ('.', '..');
CREATE MACRO whole(cell) AS CASE WHEN regexp_full_match(trim(cell), '[+-]?[0-9]{1,9}') THEN trim(cell)::INTEGER END;
CREATE MACRO date_of(cell) AS nullif(coalesce(trim(cell), ''), '');
CREATE MACRO year_of(date) AS CASE WHEN regexp_matches(date, '^[0-9]{4}') THEN substr(date, 1, 4)::INTEGER END;
CREATE MACRO degrees_of(cell, most) AS CASE WHEN abs(TRY_CAST(cell AS DOUBLE)) <= most THEN TRY_CAST(cell AS DOUBLE) END;

CREATE TABLE region AS
SELECT (row_number() OVER (ORDER BY iri))::INTEGER - 1 AS r, * FROM (
    SELECT getvariable('base') || 'region/' || url_encode(id) AS iri, id AS key, parent, whole(level) AS level,
        degrees_of(latitude, 90) AS latitude, degrees_of(longitude, 180) AS longitude
    FROM raw_regions
    WHERE rowid IN (SELECT min(rowid) FROM raw_regions WHERE keyed(id) AND NOT blank(name) GROUP BY id));

CREATE TABLE sector AS
SELECT (row_number() OVER (ORDER BY iri))::INTEGER - 1 AS s, * FROM (
    SELECT getvariable('base') || 'sector/' || url_encode(id) AS iri, id AS key, broader, whole(level) AS level
    FROM raw_sectors
    WHERE rowid IN (SELECT min(rowid) FROM raw_sectors WHERE keyed(id) AND NOT blank(name) GROUP BY id));

CREATE TABLE organization AS
SELECT (row_number() OVER (ORDER BY iri))::INTEGER - 1 AS o, * FROM (
    SELECT getvariable('base') || 'organization/' || url_encode(id) AS iri, id AS key,
        CASE WHEN NOT blank(region) THEN region END AS region,
        degrees_of(latitude, 90) AS latitude, degrees_of(longitude, 180) AS longitude,
        CASE WHEN NOT blank(sectors) THEN sectors END AS sectors,
        CASE WHEN NOT blank(skills) THEN skills END AS skills
    FROM raw_organizations
    WHERE rowid IN (SELECT min(rowid) FROM raw_organizations WHERE keyed(id) AND NOT blank(name) GROUP BY id));

CREATE TABLE organization_sector AS
SELECT DISTINCT o, s
FROM (SELECT o, trim(unnest(string_split(sectors, ';'))) AS key FROM organization WHERE sectors IS NOT NULL) AS item
JOIN sector USING (key);

-- A skill is what it is called, known or not: without validation an unknown one is shared as well.
CREATE TABLE organization_skill AS
WITH item AS (SELECT o, trim(unnest(string_split(skills, ';'))) AS key FROM organization WHERE skills IS NOT NULL),
skill AS (SELECT key, (row_number() OVER (ORDER BY key))::INTEGER AS k FROM (SELECT DISTINCT key FROM item WHERE key <> ''))
SELECT DISTINCT o, k FROM item JOIN skill USING (key);

CREATE TABLE supply AS
SELECT s.o AS supplier, c.o AS customer, date_of(since) AS since, date_of(until) AS until
FROM raw_supplies AS raw
JOIN organization AS s ON s.key = raw.supplier
JOIN organization AS c ON c.key = raw.customer
WHERE s.o <> c.o;

-- Dates of supplies with an unknown end are facts too: they count where the first and the last year are looked for.
CREATE TABLE supply_date AS
SELECT date_of(since) AS since, date_of(until) AS until
FROM raw_supplies
WHERE keyed(supplier) AND keyed(customer);

CREATE TABLE collaboration AS
SELECT (row_number() OVER (ORDER BY iri))::INTEGER - 1 AS c, * FROM (
    SELECT url_encode(id) AS iri, id AS key, date_of("start") AS since, date_of("end") AS until,
        CASE
            WHEN trim(kind) IN ('knowledge-exchange', 'rd-project', 'co-patent', 'licence', 'co-publication', 'spin-off')
            THEN 8
            WHEN trim(kind) IN ('shared-interest', 'association', 'interest-group', 'forum', 'standards-body') THEN 4
            ELSE 0
        END AS flag
    FROM raw_collaborations
    WHERE rowid IN (SELECT min(rowid) FROM raw_collaborations WHERE keyed(id) AND NOT blank(name) GROUP BY id));

CREATE TABLE participant AS
SELECT DISTINCT c, o
FROM raw_participants AS raw
JOIN collaboration ON collaboration.key = raw.collaboration
JOIN organization ON organization.key = raw.organization;

CREATE TABLE rival AS
SELECT DISTINCT least(one.o, other.o) AS a, greatest(one.o, other.o) AS b
FROM raw_competitors AS raw
JOIN organization AS one ON one.key = raw.organization
JOIN organization AS other ON other.key = raw.competitor
WHERE one.o <> other.o;

CREATE TABLE declared AS
SELECT id AS key, getvariable('base') || 'group/declared/' || url_encode(id) AS iri
FROM raw_groups
WHERE rowid IN (SELECT min(rowid) FROM raw_groups WHERE keyed(id) AND NOT blank(name) GROUP BY id);

CREATE TABLE declared_member AS
SELECT DISTINCT iri, o
FROM raw_members AS raw
JOIN declared ON declared.key = raw."group"
JOIN (SELECT key, o FROM organization) AS organization ON organization.key = raw.organization;
