"""The SQL that joins what was read into the tables of the model; see :mod:`kg.publish.model`.

Drivers are bits: Geography 1, Sector 2, Vertical 4, Horizontal 8.
"""

from __future__ import annotations

__all__ = ["LAST", "STEPS", "bits"]

#: The drivers in the order of their bits.
DRIVERS = ("Geography", "Sector", "Vertical", "Horizontal")


def bits(column: str) -> str:
    """Return SQL for the bits of a list of drivers joined by semicolons."""
    return " + ".join(
        f"(CASE WHEN contains(coalesce({column}, ''), '{name}') THEN {1 << place} ELSE 0 END)"
        for place, name in enumerate(DRIVERS)
    )


_QUOTE = "replace({}, '%', '%25')"


def _href(kind: str) -> str:
    """SQL for the address of a thing; the anchor where its page has others as well."""
    file, anchor = _QUOTE.format("file"), _QUOTE.format("anchor")
    whole = f"CASE WHEN count(*) OVER (PARTITION BY file) > 1 THEN '#' || {anchor} ELSE '' END"
    return f"'page/' || {file} || '.html' || {whole}"


def _things(name: str, kind: str, columns: str, more: str = "") -> str:
    """SQL for a table of things, one row each, in the order of their files."""
    firsts = "".join(f", min({column}) AS {column}" for column in columns.split())
    return f"""CREATE TABLE {kind} AS
        SELECT (row_number() OVER (ORDER BY file, iri))::INTEGER - 1 AS n, iri, file, anchor, {_href(kind)} AS href,
            left(coalesce(nullif(trim(name), ''), "end"), 400) AS name{"".join(f", {c}" for c in columns.split())}{more}
        FROM (SELECT iri, any_value(file) AS file, any_value(anchor) AS anchor, any_value("end") AS "end",
            min(name) AS name{firsts} FROM read_{name} GROUP BY iri)
        ORDER BY file, iri"""


def _links(name: str, kind: str, columns: str, more: str, joins: str) -> str:
    firsts = "".join(f", min({column}) AS {column}" for column in columns.split())
    return f"""CREATE TABLE {kind} AS
        SELECT (row_number() OVER (ORDER BY l.file, l.iri))::INTEGER - 1 AS n, l.*{more}
        FROM (SELECT iri, any_value(file) AS file, any_value(anchor) AS anchor{firsts} FROM read_{name} GROUP BY iri) l
        {joins} ORDER BY l.file, l.iri"""


def _tree(kind: str) -> str:
    """SQL for what each thing of a tree is or lies below."""
    return f"""CREATE TABLE {kind}_up AS WITH RECURSIVE up AS (
            SELECT n, n AS above FROM {kind}
            UNION SELECT up.n, p.n FROM up JOIN {kind} t ON t.n = up.above JOIN {kind}_parents k ON k.child = t.n
                JOIN {kind} p ON p.n = k.parent)
        SELECT n, above FROM up"""


#: Where a row is stated: the first place, and how many others there are.
_STATED = (
    "min(file || coalesce(' line ' || line, '')) || CASE WHEN count(*) > 1 THEN ' +' || (count(*) - 1) ELSE '' END"
)

STEPS: tuple[str, ...] = (
    f"CREATE TABLE stated AS SELECT node, other, {_STATED} AS stated FROM rows GROUP BY ALL",
    "DROP TABLE rows",
    _things("regions", "region", "level latitude longitude"),
    _things("sectors", "sector", "level"),
    _things("skills", "skill", ""),
    _things("collaborations", "collaboration", "kind begins ends"),
    *(
        text
        for kind, name in (("region", "regions"), ("sector", "sectors"))
        for text in (
            f"""CREATE TABLE {kind}_parents AS SELECT DISTINCT c.n AS child, p.n AS parent FROM read_{name} r
                JOIN {kind} c ON c.iri = r.iri JOIN {kind} p ON p.iri = r.parent WHERE c.n <> p.n""",
            _tree(kind),
        )
    ),
    "CREATE TABLE place_of AS SELECT u.n, min(u.above) AS place FROM region_up u JOIN region r ON r.n = u.above "
    "WHERE r.level = '$region_level' GROUP BY u.n",
    "CREATE TABLE theme_of AS SELECT DISTINCT u.n, u.above AS theme FROM sector_up u JOIN sector s ON s.n = u.above "
    "WHERE s.level = '$sector_level'",
    _things(
        "organizations",
        "organization_read",
        "kind country region latitude longitude employees founded lei vat",
    ),
    """CREATE TABLE organization AS SELECT o.n, o.iri, o.file, o.anchor, o.href, o.name, o.kind, o.country, r.n AS region,
        p.place, try_cast(o.latitude AS DOUBLE) AS latitude, try_cast(o.longitude AS DOUBLE) AS longitude, o.employees,
        o.founded, o.lei, o.vat, x.stated FROM organization_read o LEFT JOIN region r ON r.iri = o.region
        LEFT JOIN place_of p ON p.n = r.n LEFT JOIN stated x ON x.node = o.iri AND x.other = '' ORDER BY o.n""",
    "DROP TABLE organization_read",
    "DROP TABLE read_organizations",
    """CREATE TABLE org_sector AS SELECT DISTINCT o.n AS organization, s.n AS sector FROM read_in_sector r
        JOIN organization o ON o.iri = r.one JOIN sector s ON s.iri = r.other ORDER BY 1, 2""",
    """CREATE TABLE org_theme AS SELECT DISTINCT x.organization, t.theme FROM org_sector x JOIN theme_of t ON t.n = x.sector
        ORDER BY 1, 2""",
    """CREATE TABLE org_skill AS SELECT DISTINCT o.n AS organization, s.n AS skill FROM read_requires_skill r
        JOIN organization o ON o.iri = r.one JOIN skill s ON s.iri = r.other ORDER BY 1, 2""",
    "DROP TABLE read_in_sector",
    "DROP TABLE read_requires_skill",
    _links(
        "supplies",
        "supply",
        "supplier customer product begins ends source",
        ", a.n AS one, b.n AS other, x.stated",
        "LEFT JOIN organization a ON a.iri = l.supplier LEFT JOIN organization b ON b.iri = l.customer "
        "LEFT JOIN stated x ON x.node = l.iri AND x.other = l.customer",
    ),
    "DROP TABLE read_supplies",
    """CREATE TABLE supplied AS SELECT DISTINCT a.n AS one, b.n AS other FROM read_supplies_in_force r
        JOIN organization a ON a.iri = r.one JOIN organization b ON b.iri = r.other""",
    "DROP TABLE read_supplies_in_force",
    _links(
        "competitions",
        "competition_read",
        "one other market",
        ", a.n AS first, b.n AS second",
        "LEFT JOIN organization a ON a.iri = l.one LEFT JOIN organization b ON b.iri = l.other",
    ),
    """CREATE TABLE competition AS SELECT n, iri, file, anchor, market, first AS one, second AS other
        FROM competition_read ORDER BY n""",
    "DROP TABLE competition_read",
    _links(
        "participations",
        "participation_read",
        "collaboration organization role",
        ", c.n AS c, o.n AS o",
        "LEFT JOIN collaboration c ON c.iri = l.collaboration LEFT JOIN organization o ON o.iri = l.organization",
    ),
    """CREATE TABLE participation AS SELECT n, iri, file, anchor, role, c AS collaboration, o AS organization
        FROM participation_read ORDER BY n""",
    "DROP TABLE participation_read",
    "DROP TABLE read_participations",
    """CREATE TABLE part AS SELECT c.n AS collaboration, o.n AS organization, min(p.role) AS role, min(x.stated) AS stated
        FROM read_participants r JOIN collaboration c ON c.iri = r.one JOIN organization o ON o.iri = r.other
        LEFT JOIN participation p ON p.collaboration = c.n AND p.organization = o.n
        LEFT JOIN stated x ON x.other = o.iri AND x.node = '$base' || 'participation/' ||
            replace(c.iri, '$base' || 'collaboration/', '') || '/' || replace(o.iri, '$base' || 'organization/', '')
        GROUP BY 1, 2 ORDER BY 1, 2""",
    "DROP TABLE read_participants",
    "DROP TABLE stated",
    """CREATE TABLE tying AS SELECT DISTINCT c.n AS collaboration, o.n AS organization FROM read_takes_part_in r
        JOIN organization o ON o.iri = r.one JOIN collaboration c ON c.iri = r.other
        ANTI JOIN read_left_out x ON x.collaboration = c.iri""",
    "DROP TABLE read_takes_part_in",
    """CREATE TABLE website AS SELECT one AS iri, min(other) AS address FROM read_websites GROUP BY one""",
    """CREATE TABLE rivals AS SELECT DISTINCT a.n AS one, b.n AS other FROM read_competes_with r
        JOIN organization a ON a.iri = r.one JOIN organization b ON b.iri = r.other""",
    # groups: every candidate is one page, those that are groups come first, the largest before the others
    """CREATE TABLE found_groups AS SELECT iri, any_value(name) AS name FROM (
        SELECT "group" AS iri, NULL AS name FROM read_groups UNION ALL
        SELECT DISTINCT "group", NULL FROM read_candidates UNION ALL
        SELECT DISTINCT "group", NULL FROM read_not_evidenced UNION ALL
        SELECT iri, left(name, 400) FROM read_declared) GROUP BY iri""",
)

LAST: tuple[str, ...] = (
    f"""CREATE TABLE groups_read AS SELECT (row_number() OVER (ORDER BY g."group" IS NULL,
            try_cast(g.members AS INTEGER) DESC NULLS LAST, f.iri))::INTEGER - 1 AS n, f.iri, a.file, a.href, f.name,
        g."group" IS NOT NULL AS evidenced,
        coalesce(g.source, x.source, CASE WHEN contains(f.iri, 'group/cell/') THEN 'cell'
            WHEN contains(f.iri, 'group/community/') THEN 'community' ELSE 'declared' END) AS source,
        CASE WHEN g."group" IS NULL THEN coalesce(x.reason, CASE WHEN s.one IS NOT NULL THEN 'same-as-cell' END) END AS reason,
        s.other AS same_as, coalesce(g.kinds, '') AS kinds, coalesce(g.types, '') AS types,
        {bits("coalesce(g.drivers, x.drivers)")} AS drivers, r.n AS region, t.n AS sector,
        try_cast(g.members AS INTEGER) AS members, try_cast(g.location_quotient AS DOUBLE) AS location_quotient,
        try_cast(g.link_density AS DOUBLE) AS link_density, try_cast(g.local_link_share AS DOUBLE) AS local_link_share,
        try_cast(g.herfindahl AS DOUBLE) AS herfindahl, try_cast(g.centralization AS DOUBLE) AS centralization,
        try_cast(g.vertical_pairs AS INTEGER) AS vertical_pairs, try_cast(g.horizontal_pairs AS INTEGER) AS horizontal_pairs,
        try_cast(g.regions AS INTEGER) AS regions, try_cast(g.countries AS INTEGER) AS countries,
        try_cast(g.competitive AS INTEGER) AS competitive, try_cast(g.cooperative AS INTEGER) AS cooperative,
        try_cast(g."both" AS INTEGER) AS both_stances, try_cast(g.independent AS INTEGER) AS independent
        FROM found_groups f JOIN group_addresses a USING (iri) LEFT JOIN read_groups g ON g."group" = f.iri
        LEFT JOIN (SELECT "group", any_value(source) AS source, any_value(reason) AS reason, any_value(drivers) AS drivers
            FROM read_not_evidenced WHERE reason <> 'dropped' GROUP BY "group") x ON x."group" = f.iri
        LEFT JOIN (SELECT one, min(other) AS other FROM read_same_group GROUP BY one) s ON s.one = f.iri
        LEFT JOIN region r ON r.iri = coalesce(g.region, CASE WHEN contains(f.iri, 'group/cell/') THEN
            regexp_extract(f.iri, '^(.*)group/cell/([^/]*)/([^/]*)$', 1) || 'region/' ||
            regexp_extract(f.iri, '^(.*)group/cell/([^/]*)/([^/]*)$', 2) END)
        LEFT JOIN sector t ON t.iri = coalesce(g.sector, CASE WHEN contains(f.iri, 'group/cell/') THEN
            regexp_extract(f.iri, '^(.*)group/cell/([^/]*)/([^/]*)$', 1) || 'sector/' ||
            regexp_extract(f.iri, '^(.*)group/cell/([^/]*)/([^/]*)$', 3) END)""",
    f"""CREATE TABLE membership AS SELECT *, (row_number() OVER (PARTITION BY "group"
            ORDER BY role = 'focal' DESC, vertical + horizontal DESC, name))::INTEGER AS rank
        FROM (SELECT g.n AS "group", o.n AS organization, o.name, coalesce(try_cast(m.geography AS INTEGER), 0) AS geography,
            coalesce(try_cast(m.sector AS INTEGER), 0) AS sector, coalesce(try_cast(m.vertical AS INTEGER), 0) AS vertical,
            coalesce(try_cast(m.horizontal AS INTEGER), 0) AS horizontal, ({bits("m.drivers")})::UTINYINT AS drivers,
            m.stance, m.role FROM read_memberships m JOIN groups_read g ON g.iri = m."group"
            JOIN organization o ON o.iri = m.organization)
        ORDER BY "group", rank""",
    "DROP TABLE read_memberships",
    """CREATE TABLE "group" AS SELECT g.* EXCLUDE (name), left(coalesce(nullif(trim(g.name), ''),
        CASE g.source WHEN 'cell' THEN coalesce(r.name, '?') || ' · ' || coalesce(s.name, '?')
        WHEN 'community' THEN coalesce('around ' || c.names, 'community') || ' (' ||
            left(regexp_extract(g.iri, '[^/]*$'), 6) || ')' ELSE regexp_extract(g.iri, '[^/]*$') END), 400) AS name
        FROM groups_read g LEFT JOIN region r ON r.n = g.region LEFT JOIN sector s ON s.n = g.sector
        LEFT JOIN (SELECT "group", string_agg(left(name, 120), ', ' ORDER BY place) AS names FROM
            (SELECT m."group", m.name, row_number() OVER (PARTITION BY m."group" ORDER BY m.role IS NOT DISTINCT FROM 'affiliate',
                m.vertical + m.horizontal DESC, o.iri) AS place FROM membership m JOIN organization o ON o.n = m.organization)
            WHERE place <= 2 GROUP BY "group") c ON c."group" = g.n
        ORDER BY g.n""",
    "DROP TABLE groups_read",
    """CREATE TABLE supply_tie AS SELECT a."group", s.one, s.other, s.n AS supply FROM supply s
        SEMI JOIN supplied v ON v.one = s.one AND v.other = s.other
        JOIN membership a ON a.organization = s.one JOIN membership b ON b.organization = s.other AND b."group" = a."group"
        ORDER BY 1""",
    """CREATE TABLE shared AS SELECT "group", collaboration, organization FROM (SELECT m."group", t.collaboration,
        t.organization, count(*) OVER (PARTITION BY m."group", t.collaboration) AS c FROM tying t
        JOIN membership m ON m.organization = t.organization) WHERE c > 1 ORDER BY 1, 2""",
    """CREATE TABLE rival_tie AS SELECT a."group", r.one, r.other FROM rivals r
        JOIN membership a ON a.organization = r.one JOIN membership b ON b.organization = r.other AND b."group" = a."group"
        WHERE r.one < r.other ORDER BY 1""",
    """CREATE TABLE year AS SELECT g.n AS "group", try_cast(y.year AS INTEGER) AS year, try_cast(linked AS INTEGER) AS linked,
        try_cast("local" AS INTEGER) AS near FROM read_links_by_year y JOIN "group" g ON g.iri = y."group" ORDER BY 1, 2""",
    "DROP TABLE read_links_by_year",
    f"""CREATE TABLE lacking AS SELECT g.n AS "group", o.n AS organization, try_cast(x.round AS INTEGER) AS round,
        {bits("x.drivers")} AS drivers FROM read_not_evidenced x JOIN "group" g ON g.iri = x."group"
        JOIN organization o ON o.iri = x.organization WHERE x.reason = 'dropped' ORDER BY 1, 3, 2""",
    """CREATE TABLE candidate AS SELECT g.n AS "group", o.n AS organization FROM read_candidates c
        JOIN "group" g ON g.iri = c."group" JOIN organization o ON o.iri = c.organization WHERE NOT g.evidenced
        ORDER BY 1, 2""",
    "DROP TABLE read_candidates",
    # where a place is: its own point, else that of its organisations
    """CREATE TABLE spot AS SELECT r.n AS region, coalesce(try_cast(r.latitude AS DOUBLE), m.latitude) AS latitude,
        coalesce(try_cast(r.longitude AS DOUBLE), m.longitude) AS longitude FROM region r LEFT JOIN
        (SELECT place, median(latitude) AS latitude, median(longitude) AS longitude FROM organization
            WHERE latitude IS NOT NULL AND longitude IS NOT NULL GROUP BY place) m ON m.place = r.n
        WHERE coalesce(try_cast(r.latitude AS DOUBLE), m.latitude) BETWEEN -90 AND 90
            AND coalesce(try_cast(r.longitude AS DOUBLE), m.longitude) BETWEEN -180 AND 180""",
    # how many members are in the place of their group, and how many have its theme
    """CREATE TABLE share AS SELECT m."group", count(*) FILTER (o.place IS NOT NULL AND o.place = g.region) AS near,
        count(*) FILTER (t.theme IS NOT NULL) AS kindred,
        count(*) FILTER (m.vertical > 0) AS vertical, count(*) FILTER (m.horizontal > 0) AS horizontal,
        count(*) FILTER (m.drivers & 1 > 0) AS geography, count(*) FILTER (m.drivers & 2 > 0) AS sector
        FROM membership m JOIN organization o ON o.n = m.organization JOIN "group" g ON g.n = m."group"
        LEFT JOIN org_theme t ON t.organization = o.n AND t.theme = g.sector GROUP BY 1""",
    """CREATE TABLE region_size AS SELECT u.above AS region, count(*)::INTEGER AS organizations FROM organization o
        JOIN region_up u ON u.n = o.region GROUP BY 1""",
    """CREATE TABLE sector_size AS SELECT above AS sector, count(DISTINCT organization)::INTEGER AS organizations
        FROM org_sector x JOIN sector_up u ON u.n = x.sector GROUP BY 1""",
    # what comes first where not everything is shown: who is in more groups and has more links
    """CREATE TABLE score AS SELECT o.n, coalesce(m.c, 0)::INTEGER AS groups, coalesce(t.c, 0)::INTEGER AS ties
        FROM organization o LEFT JOIN (SELECT organization, count(*) AS c FROM membership GROUP BY 1) m ON m.organization = o.n
        LEFT JOIN (SELECT n, count(*) AS c FROM (SELECT one AS n FROM supply UNION ALL SELECT other FROM supply
            UNION ALL SELECT organization FROM part) GROUP BY 1) t ON t.n = o.n ORDER BY o.n""",
    """CREATE TABLE "collaboration_size" AS SELECT collaboration, count(*)::INTEGER AS size FROM part GROUP BY 1""",
)
