-- Section 3: the edges of the tie graph. Weights are added in order of collaboration, the supply last, so that they
-- are the same to the last bit however the rows come.

WITH many AS (
    SELECT a, b, list_reduce(list(link.weight ORDER BY c), lambda x, y: x + y) AS weight
    FROM pair JOIN link USING (a, b)
    WHERE ties > 2 AND c IS NOT NULL GROUP BY a, b)
SELECT a, b, coalesce(many.weight, pair.weight, 0) + (flags & 1) AS weight
FROM pair LEFT JOIN many USING (a, b)
ORDER BY a, b;
