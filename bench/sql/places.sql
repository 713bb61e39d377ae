-- Sections 1 and 2: the place, country and themes of every organisation; one that gives only a point is placed.

CREATE MACRO one_of(values_) AS CASE WHEN len(values_) > 1 THEN error('a tree with two ancestors of one level') ELSE values_[1] END;

CREATE TABLE region_above AS
WITH RECURSIVE up AS (
    SELECT r, r AS above FROM region
    UNION
    SELECT up.r, parent.r FROM up JOIN region AS child ON child.r = up.above JOIN region AS parent ON parent.key = child.parent)
SELECT up.r, one_of(list(above) FILTER (level = getvariable('region_level'))) AS place,
    one_of(list(above) FILTER (level = 0)) AS country
FROM up JOIN region ON region.r = above
GROUP BY up.r;

CREATE TABLE sector_above AS
WITH RECURSIVE up AS (
    SELECT s, s AS above FROM sector
    UNION
    SELECT up.s, parent.s FROM up JOIN sector AS child ON child.s = up.above JOIN sector AS parent ON parent.key = child.broader)
SELECT up.s, one_of(list(above)) AS theme
FROM up JOIN sector ON sector.s = above
WHERE level = getvariable('sector_level')
GROUP BY up.s;

-- The nearest region of the finest level that has points, at most 100 km away. The earth is cut into squares of one
-- degree; a region is looked for from those that a circle of 100 km about it can touch.
CREATE TABLE placed AS
WITH finest AS (
    SELECT r, latitude, longitude,
        CASE WHEN abs(latitude) < 87 THEN ceil(degrees(asin(sin(100 / 6371) / cos(radians(abs(latitude) + 1))))) ELSE 180 END AS width
    FROM region WHERE latitude IS NOT NULL AND longitude IS NOT NULL
    AND level = (SELECT max(level) FROM region WHERE latitude IS NOT NULL AND longitude IS NOT NULL)),
across AS (
    SELECT r, latitude, longitude, floor(latitude) AS row_, unnest(range(-width::INTEGER, width::INTEGER + 1)) AS step FROM finest),
centre AS (
    SELECT r, radians(latitude) AS lat, radians(longitude) AS long, row_ + unnest([-1, 0, 1]) AS row_,
        (floor(longitude) + step + 360) % 360 AS column_
    FROM across),
lost AS (
    SELECT o, radians(latitude) AS lat, radians(longitude) AS long, floor(latitude) AS row_,
        (floor(longitude) + 360) % 360 AS column_
    FROM organization WHERE region IS NULL AND latitude IS NOT NULL AND longitude IS NOT NULL),
near AS (
    SELECT o, r, round(2 * 6371.0088 * asin(sqrt(least(1.0, pow(sin((centre.lat - lost.lat) / 2), 2)
        + cos(lost.lat) * cos(centre.lat) * pow(sin((centre.long - lost.long) / 2), 2)))), 9) AS distance
    FROM lost JOIN centre USING (row_, column_))
SELECT o, min({distance: distance, r: r}).r AS r FROM near WHERE distance <= 100 GROUP BY o;

CREATE TABLE place AS
SELECT o, place, country
FROM (SELECT o, r FROM organization JOIN region ON region.key = organization.region UNION ALL SELECT o, r FROM placed)
JOIN region_above USING (r);

CREATE TABLE theme AS
SELECT DISTINCT o, theme AS t FROM organization_sector JOIN sector_above USING (s);
