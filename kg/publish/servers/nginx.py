"""Rules for nginx: a server of its own, with the maps that it chooses by."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from kg.publish.addresses import LONGEST
from kg.publish.servers.accept import FORMATS, greater, ranks
from kg.publish.servers.apache import home_links
from kg.publish.servers.rules import MEDIA_TYPES, SECURITY, Rules

__all__ = ["nginx_rules"]

_HEAD = """# Written by kg publish. Every IRI {base}{{kind}}/{{id}} answers 303 See Other, to the page about it or to its data, by what
# the client accepts; the id is taken as it was sent, still encoded. To include in http {{ }}, from conf.d for one; change the
# folder, the name and what is listened to.
"""


def nginx_rules(rules: Rules, *, site: str = "/var/www/site", listen: str = "80") -> str:
    """Return the configuration of a server.

    Parameters
    ----------
    rules:
        What it is made from.
    site:
        The folder of the site.
    listen:
        What it listens to.
    """
    parts = [
        _HEAD.format(base=rules.facts.base),
        *_accepted(),
        *_files(rules),
        *_links(rules),
        _server(rules, site, listen),
    ]
    return "\n".join(parts)


def _map(source: str, target: str, pairs: list[tuple[str, str]], default: str = '""') -> str:
    lines = [f"    {key} {value};" for key, value in [("default", default), *pairs]]
    return "\n".join([f"map {source} {target} {{", *lines, "}"])


def _regex(pattern: str, *, caseless: bool = False) -> str:
    return f'"~{"*" if caseless else ""}{pattern}"'


def _accepted() -> list[str]:
    """Return the maps from what a client accepts to a format."""
    out = []
    for form in FORMATS:
        pairs = [
            (_regex(rank.pattern.replace("([0-9]", "(?<kg_q>[0-9]"), caseless=True), f'"{rank.rank.format("${kg_q}")}"')
            for rank in ranks(form)
        ]
        out.append(_map("$http_accept", f"$kg_{form.suffix}", pairs, '"0.!0"' if form.suffix == "html" else '"0"'))
    best, chosen = "$kg_html", ""
    for place, form in enumerate(FORMATS[1:], start=1):
        before = chosen or '"html"'
        chosen = f"$kg_as_{place}"
        out.append(_map(f'"$kg_{form.suffix} {best}"', chosen, [(_regex(greater()), form.suffix)], before))
        out.append(_map(chosen, f"$kg_best_{place}", [(form.suffix, f"$kg_{form.suffix}")], best))
        best = f"$kg_best_{place}"
    out.append(_map(chosen, "$kg_as", [], chosen))
    return out


def _files(rules: Rules) -> list[str]:
    """Return the maps from an address to where it leads."""
    path = re.escape(rules.path)
    start = rf"^(?:https?://[^/]+)?{path}"
    folders, first, second = [], [], []
    for number, shape in enumerate(rules.shapes):
        pattern = _named(shape.pattern.replace(r"\s", ""), number)
        key = _regex(start + pattern)
        folders.append((key, f'"{shape.folder}"'))
        first.append((key, f"$kg_{number}_1"))
        if shape.parts > 1:
            second.append((key, f"$kg_{number}_2"))
    out = [_map("$request_uri", "$kg_folder", folders), _map("$request_uri", "$kg_first", first)]
    out += [_map("$request_uri", "$kg_second", second), *_escaped("$kg_first"), *_escaped("$kg_second")]
    out.append(_map("$kg_second_escaped", "$kg_name", [('""', '"$kg_folder/$kg_first_escaped"')], '"$kg_folder/$kg_first_escaped/$kg_second_escaped"'))  # fmt: skip
    page, data = f'"{rules.path}page/$kg_name.html"', f'"{rules.path}data/$kg_name.$kg_as"'
    choices = [('""', '""'), ('"~:html$"', page)]
    out.append(_map("$kg_folder", "$kg_known", [('""', '""')], '"$kg_folder:$kg_as"'))
    out.append(_map("$kg_known", "$kg_resource", choices, data))
    documents = [
        (_regex(rf"^(?:https?://[^/]+)?{path}(?:\?.*)?:(?:ttl|jsonld|nt)$"), f'"{rules.path}catalogue.$kg_as"')
    ]
    if rules.ontology:
        documents.append(
            (
                _regex(rf"^(?:https?://[^/]+)?{path}ontology/?(?:\?.*)?:(?:ttl|jsonld|nt)$"),
                f'"{rules.path}ontology/ontology.$kg_as"',
            )
        )
    out.append(_map('"$request_uri:$kg_as"', "$kg_document", documents))
    out.append(_map("$kg_resource", "$kg_target", [('""', "$kg_document")], "$kg_resource"))
    several = [(_regex(rf"^(?:https?://[^/]+)?{path}(?:ontology/?)?(?:\?|$)"), "Accept")]
    out.append(_map("$request_uri", "$kg_vary_document", several))
    out.append(_map("$kg_folder", "$kg_vary", [('""', "$kg_vary_document")], "Accept"))
    return out


def _named(pattern: str, number: int) -> str:
    """Name the groups of a pattern: nginx hands on no others."""
    count = 0

    def name(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"(?<kg_{number}_{count}>"

    return re.sub(r"(?<!\\)\((?!\?)", name, pattern)


def _escaped(source: str) -> list[str]:
    """Return a map that makes the % of names of files %25; nginx redirects to what it is told, as it is."""
    pairs = []
    for count in range(1, LONGEST // 3 + 2):
        groups = [f"(?<kg_e{place}>[^%]*)" for place in range(count + 1)]
        pairs.append(
            (_regex(f"^{'%'.join(groups)}$"), f'"{"%25".join(f"${{kg_e{place}}}" for place in range(count + 1))}"')
        )
    return [_map(source, f"{source}_escaped", pairs, source)]


def _links(rules: Rules) -> list[str]:
    """Return the maps to the header Link of a page, of data and of the start page."""
    facts, path = rules.facts, re.escape(rules.path)
    safe = "[A-Za-z0-9%._~/-]+"
    licence = f', <{facts.license}>; rel=\\"license\\"' if facts.license.startswith("http") else ""
    data = ", ".join(
        f'<{rules.path}data/$kg_raw.{form.suffix}>; rel=\\"describedby alternate\\"; type=\\"{form.name}\\"'
        for form in FORMATS[1:]
    )
    page = f'"{data}, <https://schema.org/AboutPage>; rel=\\"type\\"{licence}$kg_cite"'
    described = f'"<{rules.path}page/$kg_raw_data.html>; rel=\\"describes\\"; type=\\"text/html\\"{licence}"'
    return [
        _map("$request_uri", "$kg_raw", [(_regex(rf"^{path}page/(?<kg_r>{safe})\.html(?:\?|$)"), "$kg_r")]),
        _map(
            "$request_uri",
            "$kg_raw_data",
            [(_regex(rf"^{path}data/(?<kg_d>{safe})\.(?:ttl|jsonld|nt)(?:\?|$)"), "$kg_d")],
        ),
        _map("$uri", "$kg_cited", [(_regex(rf"^{path}page/(?<kg_c>{rules.cited})\.html$"), "$kg_c")]),
        _map("$kg_cited", "$kg_cite", [('""', '""')], f'", <{facts.base}$kg_cited>; rel=\\"cite-as\\""'),
        _map("$uri", "$kg_link_home", [(_regex(rf"^{path}(?:index\.html)?$"), f'"{home_links(rules)}"')]),
        _map("$kg_raw_data", "$kg_link_data", [('""', "$kg_link_home")], described),
        _map("$kg_raw", "$kg_link", [('""', "$kg_link_data")], page),
    ]


def _server(rules: Rules, site: str, listen: str) -> str:
    kinds: dict[str, list[str]] = {}
    for suffix, kind in MEDIA_TYPES.items():
        kinds.setdefault(kind, []).append(suffix)
    types = "".join(f"        {kind} {' '.join(suffixes)};\n" for kind, suffixes in kinds.items())
    headers = "".join(f'    add_header {name} "{value}" always;\n' for name, value in SECURITY.items())
    files = f"alias {site.rstrip('/')}/;" if rules.path != "/" else f"root {site};"
    return f"""server {{
    listen {listen};
    server_name {urlsplit(rules.facts.site).hostname};
    absolute_redirect off;
    types {{
{types}    }}
    default_type application/octet-stream;
    charset utf-8;
    charset_types text/html text/turtle text/css text/csv text/plain text/javascript;
{headers}    add_header Access-Control-Allow-Origin "*";
    add_header Vary $kg_vary always;
    add_header Link $kg_link;
    if ($kg_target != "") {{
        return 303 $kg_target;
    }}
    location {rules.path} {{
        {files}
        index index.html;
    }}
    location = {rules.path}.well-known/void {{
        alias {site.rstrip("/")}/void.ttl;
        default_type text/turtle;
        types {{ }}
    }}
}}
"""
