"""The pages about the build itself: the method, the validation report, the downloads, and the ontology's reference."""

from __future__ import annotations

import csv
import re
from itertools import islice
from typing import Any

from kg.catalog import load
from kg.database import connect
from kg.namespaces import CKG
from kg.ontology.reference.pages import reference
from kg.ontology.vocabulary import read_vocabulary
from kg.profile import PARAMETERS
from kg.publish.render import Frame
from kg.publish.site import Site
from kg.publish.words import terms

__all__ = ["write_data_page", "write_method", "write_ontology", "write_report"]

#: How many findings the report shows, and kinds of findings it counts.
MOST_FINDINGS, MOST_KINDS = 500, 200
#: What is offered for download, by the end of a file's name.
_FORMATS = {
    ".nq.gz": "N-Quads, compressed: all facts and conclusions with their graphs",
    ".nq": "N-Quads: all facts and conclusions with their graphs",
    ".nq.zst": "N-Quads, compressed: all facts and conclusions with their graphs",
    ".nt.gz": "N-Triples, compressed",
    ".nt": "N-Triples",
    ".ttl.gz": "Turtle, compressed",
    ".ttl": "Turtle",
    ".jsonld.gz": "JSON-LD, compressed",
    ".jsonld": "JSON-LD",
    ".parquet": "Parquet",
    "ro-crate-metadata.json": "RO-Crate: the site as a research object",
    "csv-metadata.json": "what the columns of the CSV files mean (CSV on the Web)",
    ".json": "JSON",
    ".csv.gz": "CSV, compressed",
    ".csv": "CSV",
    ".xml": "XML",
    "SHA256SUMS": "the SHA-256 of each dump, as sha256sum reads it",
}


def write_method(frame: Frame) -> None:
    """Write the page of the method: profile, stages and rules, counts, versions and digests."""
    rules = load("queries/infer")
    stages: dict[str, list[Any]] = {}
    for rule in rules:
        text = "\n".join(line for line in rule.text.splitlines() if not line.startswith("#+")).strip()
        stages.setdefault(rule.stage, []).append({"rule": rule, "text": text})
    profile = frame.about["profile"]
    parameters = [
        {"name": name, "term": terms().get(parameter.property.value), "value": profile[name]}
        for name, parameter in PARAMETERS.items() if profile.get(name) is not None
    ]  # fmt: skip
    counts, outcomes = frame.about["counts"].get("kinds", {}), frame.about["counts"].get("outcomes", {})
    if outcomes:  # the record of a run counts as candidates those alone that became groups
        counts = counts | {"Candidate": sum(outcomes.values())}
    kinds = [
        {"term": terms()[f"{CKG}{name}"], "count": count}
        for name, count in sorted(counts.items()) if f"{CKG}{name}" in terms()
    ]  # fmt: skip
    drivers = [terms().get(f"{CKG}{name}") for name in ("Geography", "Sector", "Vertical", "Horizontal")]
    frame.write("method.html.j2", "method.html", stages=stages, parameters=parameters, kinds=kinds, rules=len(rules),
                drivers=drivers, files=frame.about["counts"].get("files", [])[:200],
                outcomes=outcomes)  # fmt: skip


def write_report(frame: Frame, site: Site) -> None:
    """Write the validation report: findings by kind, and the first of them, with file and line."""
    file = site.build.folder / "report.csv"
    kinds: list[dict[str, Any]] = []
    findings: list[dict[str, str]] = []
    total = 0
    if file.is_file():
        with file.open(encoding="utf-8", newline="") as stream:
            csv.field_size_limit(1 << 30)
            findings = list(islice(csv.DictReader(stream), MOST_FINDINGS))
        connection = connect(config={"memory_limit": "500MB"})
        found = connection.execute(
            f"""SELECT severity, effect, coalesce(nullif(shape, ''), component) AS rule, file, count(*) AS count,
                any_value(left(message, 300)) AS message, sum(count(*)) OVER () AS total FROM read_csv(?, header = true,
                all_varchar = true, quote = '"', escape = '"', delim = ',', max_line_size = 67108864)
            GROUP BY severity, effect, rule, file ORDER BY severity = 'Violation' DESC, count DESC, rule, file LIMIT {MOST_KINDS}""",
            [str(file)],
        )  # fmt: skip
        names = [column[0] for column in found.description or ()]
        kinds = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        connection.close()
        total = int(kinds[0]["total"]) if kinds else 0
    rows = frame.about["counts"].get("rows", {})
    frame.write("report.html.j2", "report.html", kinds=kinds, findings=findings, total=total, rows=rows)


def write_ontology(frame: Frame, site: Site) -> None:
    """Write the reference of the ontology in the dress of the site."""
    for name, text in reference(read_vocabulary()).items():
        if name.endswith(".html"):
            text = _dressed(frame, f"ontology/{name}", text)
        site.write(f"ontology/{name}", text)


def _dressed(frame: Frame, file: str, text: str) -> str:
    """Return a page of the reference with the header and the colours of the site."""
    header = frame.render("site-header.html.j2", file)
    # A page has one banner and one way past it; the reference's own banner is a bar below.
    text = re.sub(r'<a class="skip" href="#_main">[^<]*</a>\s*', "", text, count=1)
    text = text.replace(
        '<header class="site">', '<section class="inner" aria-label="Reference of the ontology">', 1
    ).replace("</header>", "</section>", 1)
    text = text.replace("<body>", f"<body>\n{header}", 1)
    style = '<link rel="stylesheet" href="reference.css">'
    ours = '<link rel="stylesheet" href="../assets/ontology.css">\n<link rel="icon" type="image/svg+xml" href="../assets/icon.svg">'
    return text.replace(style, f"{style}\n{ours}", 1)


def write_data_page(frame: Frame, site: Site) -> None:
    """Write the page of downloads: what other parts have put into the site, with sizes."""
    dumps = sorted((site.folder / "dumps").rglob("*")) if (site.folder / "dumps").is_dir() else []
    files = [_offered(site, path.relative_to(site.folder).as_posix()) for path in dumps if path.is_file()]
    names = ("catalogue.ttl", "catalogue.jsonld", "catalogue.nt", "void.ttl", "ro-crate-metadata.json", "sitemap.xml")
    about = [_offered(site, name) for name in names if (site.folder / name).is_file()]
    server = [_offered(site, path.relative_to(site.folder).as_posix())
              for path in sorted((site.folder / "server").glob("*"))] if (site.folder / "server").is_dir() else []  # fmt: skip
    example = next(iter(sorted((site.folder / "page").glob("organization/*.html"))), None)
    frame.write("data.html.j2", "data.html", files=files, descriptions=about, server=server,
                example=example.relative_to(site.folder / "page").as_posix().removesuffix(".html") if example else "")  # fmt: skip


def _offered(site: Site, name: str) -> dict[str, str]:
    size = (site.folder / name).stat().st_size
    words = next((text for end, text in _FORMATS.items() if name.endswith(end)), "")
    return {"name": name, "size": _size(size), "words": words}


def _size(size: float) -> str:
    """Return a size as people read it.

    >>> _size(999), _size(1_500_000)
    ('999 B', '1.5 MB')
    """
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
