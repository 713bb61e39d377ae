"""What crawlers look for: the sitemap and robots.txt.

https://www.sitemaps.org/protocol.html
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from kg.publish.dataset import about
from kg.publish.site import Site

__all__ = ["sitemap"]

#: How many addresses a sitemap may have; with more there are several, and an index of them.
MOST = 50_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap(site: Site) -> None:
    """Write ``sitemap.xml`` over the pages that are there, and ``robots.txt``."""
    site.progress("writing the sitemap", 0, 0)
    facts = about(site.build)
    pages = sorted(path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*.html"))
    changed = f"<lastmod>{facts.finished[:10]}</lastmod>" if facts.finished else ""
    entries = [f"<loc>{escape(facts.address(page))}</loc>{changed}" for page in pages if page != "404.html"]
    if len(entries) <= MOST:
        site.write("sitemap.xml", _urls(entries))
    else:
        parts = []
        for number, first in enumerate(range(0, len(entries), MOST), start=1):
            name = f"sitemap-{number}.xml"
            site.write(name, _urls(entries[first : first + MOST]))
            parts.append(f"<sitemap><loc>{escape(facts.address(name))}</loc>{changed}</sitemap>\n")
        site.write("sitemap.xml", f"{_HEAD}<sitemapindex {_SPACE}>\n{''.join(parts)}</sitemapindex>\n")
    site.write("robots.txt", f"User-agent: *\nAllow: /\n\nSitemap: {facts.address('sitemap.xml')}\n")


def _urls(entries: list[str]) -> str:
    return f"{_HEAD}<urlset {_SPACE}>\n{''.join(f'<url>{entry}</url>{chr(10)}' for entry in entries)}</urlset>\n"
