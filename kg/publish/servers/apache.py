"""Rules for Apache: for the folder of the site (``.htaccess``), for a virtual host, and for w3id.org."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from kg.publish.servers.accept import FORMATS, ranks
from kg.publish.servers.rules import MEDIA_TYPES, SECURITY, Rules

__all__ = ["folder_rules", "host_rules", "w3id_rules"]

_HEAD = """# Written by kg publish. Every IRI {base}{{kind}}/{{id}} answers 303 See Other, to the page about it or to its data, by what
# the client accepts; the id is taken as it was sent, still encoded.
"""
#: What comes before the path in the line of a request.
_START = r"^\S+\s(?:https?://[^/\s]+)?"

#: The path of a folder.
_WHOLE = r"(/(?:[^?\s]*/)?)"


def folder_rules(rules: Rules) -> str:
    """Return a ``.htaccess`` for the folder of the site, wherever that is."""
    return "".join(
        [
            _HEAD.format(base=rules.facts.base),
            "# Ids with an encoded slash need AllowEncodedSlashes NoDecode in the virtual host, and ids of more than 255 bytes\n"
            "# need the rules there: see server/README.\n",
            # The rest of the path is that of the folder; it ends where the first kind begins.
            _negotiated(rules, "^", r"(/(?:[^?\s]*?/)??)", "%{ENV:KG_AT}"),
            _types(),
            _headers(rules, r"(/(?:[^?\s]*?/)??)"),
        ]
    )


def host_rules(rules: Rules, *, site: str = "/var/www/site") -> str:
    """Return rules to include in a virtual host.

    Parameters
    ----------
    rules:
        What they are made from.
    site:
        The folder of the site.
    """
    path = re.escape(rules.path)
    alias = "" if rules.path == "/" else f"Alias {rules.path} {site}/\n"
    where = f"DocumentRoot {site}\n" if rules.path == "/" else alias
    types = "".join(f"    {line}\n" for line in _types().splitlines())
    return "".join(
        [
            _HEAD.format(base=rules.facts.base),
            "# To include in a virtual host; .htaccess is not needed then. Change the folder.\n",
            "AllowEncodedSlashes NoDecode\n",
            where,
            f"<Directory {site}>\n    Require all granted\n    AllowOverride None\n    DirectoryIndex index.html\n",
            types,
            "</Directory>\n",
            _negotiated(rules, f"^{path}", f"({path})", rules.path),
            _headers(rules, f"({path})"),
        ]
    )


def w3id_rules(rules: Rules) -> str:
    """Return the ``.htaccess`` of a permanent address, such as one of w3id.org, that leads to the site."""
    facts = rules.facts
    path = re.escape(urlsplit(facts.document).path)
    return (
        f"# Written by kg publish: the .htaccess of a permanent address that leads {facts.document} to the site.\n"
        "# The path is handed on as it was sent, still encoded; the site itself answers by what a client accepts.\n"
        "Options -MultiViews\n"
        "RewriteEngine On\n"
        f'RewriteCond %{{THE_REQUEST}} "{_START}{path}([^?\\s]*)"\n'
        f'RewriteRule ^ "{facts.site}%1" [R=303,NE,L]\n'
    )


def _negotiated(rules: Rules, start: str, at: str, root: str) -> str:
    """Return the rules that lead to files; `start` is where paths of the site begin, `at` that in the line of a request."""
    lines = ["<IfModule mod_setenvif.c>"]
    lines += ["SetEnvIf Request_URI ^ KG_HTML=0.!0 KG_TTL=0 KG_JSONLD=0 KG_NT=0"]
    for form in FORMATS:
        # A later line counts, so the most exact comes last.
        for rank in reversed(ranks(form)):
            lines.append(f'SetEnvIfNoCase Accept "{rank.pattern}" KG_{form.suffix.upper()}={rank.rank.format("$1")}')
    lines += ["</IfModule>", "<IfModule mod_rewrite.c>", "RewriteEngine On", "# What the client would rather have."]
    lines += ["RewriteRule ^ - [E=KG_AS:html,E=KG_BEST:%{ENV:KG_HTML}]"]
    for form in FORMATS[1:]:
        name = f"KG_{form.suffix.upper()}"
        lines += [f"RewriteCond expr \"reqenv('{name}') > reqenv('KG_BEST')\""]
        lines += [f"RewriteRule ^ - [E=KG_AS:{form.suffix},E=KG_BEST:%{{ENV:{name}}}]"]
    lines += ["# The data set itself: its page is the start page."]
    lines += [f'RewriteRule "{start}(?:index\\.html)?$" - [E=KG_HOME:1]']
    for document, pattern in (("catalogue", ""), *((("ontology/ontology", "ontology/?"),) if rules.ontology else ())):
        lines += [
            f'RewriteRule "{start}{pattern}$" - [E=KG_CHOICE:1]',
            "RewriteCond %{ENV:KG_AS} !=html",
            f'RewriteCond %{{THE_REQUEST}} "{_START}{at if pattern else _WHOLE}{pattern}(?:[?\\s])"',
            f'RewriteRule "{start}{pattern}$" "%1{document}.%{{ENV:KG_AS}}" [R=303,L]',
        ]
    lines += ["# Everything else: which files are about it."]
    for shape in rules.shapes:
        name = "/".join([shape.folder, *(f"%{number}" for number in range(2, 2 + shape.parts))])
        lines += [
            f'RewriteCond %{{THE_REQUEST}} "{_START}{at}{shape.pattern}"',
            f'RewriteRule "{start}{rules.kinds}" - [E=KG_AT:%1,E=KG_FILE:{name},E=KG_CHOICE:1]',
        ]
    for condition, target in (("=html", "page/%{ENV:KG_FILE}.html"), ("!=html", "data/%{ENV:KG_FILE}.%{ENV:KG_AS}")):
        lines += [
            "RewriteCond %{ENV:KG_FILE} !^$",
            f"RewriteCond %{{ENV:KG_AS}} {condition}",
            # What is redirected to is escaped, so the % in names of files becomes %25.
            f'RewriteRule "{start}{rules.kinds}" "{root}{target}" [R=303,L]',
        ]
    return "\n".join([*lines, "</IfModule>", ""])


def _types() -> str:
    """Return the media types; a dot in an id is no suffix, whatever the server makes of it elsewhere."""
    lines = ["AddDefaultCharset utf-8"]
    for suffix, kind in MEDIA_TYPES.items():
        charset = "; charset=utf-8" if kind.startswith("text/") else ""
        lines += [
            f'<FilesMatch "\\.{suffix}$">',
            f'ForceType "{kind}{charset}"',
            "SetHandler default-handler",
            "</FilesMatch>",
        ]
    lines += ['<FilesMatch "^void$">', 'ForceType "text/turtle; charset=utf-8"', "</FilesMatch>"]
    lines += ["<IfModule mod_mime.c>", "RemoveEncoding .gz .tgz .z .Z .bz2 .xz .br .zst", "</IfModule>"]
    return "\n".join([*lines, ""])


def _headers(rules: Rules, at: str) -> str:
    """Return the headers: what pages are about (FAIR Signposting), and what browsers may do."""
    facts = rules.facts
    licence = f', <{facts.license}>; rel=\\"license\\"' if facts.license.startswith("http") else ""
    safe = "[A-Za-z0-9%._~/-]+"
    lines = ["<IfModule mod_setenvif.c>"]
    for folder, name in (("page", "KG_PAGE"), ("data", "KG_DATA")):
        suffix = r"\.html" if folder == "page" else r"\.(?:ttl|jsonld|nt)"
        lines += [
            f'SetEnvIfExpr "%{{THE_REQUEST}} =~ m#{_START}{at}{folder}/({safe}){suffix}[?\\s]#" KG_AT=$1 {name}=$2'
        ]
    lines += [
        f'SetEnvIf Request_URI "/page/({rules.cited})\\.html$" KG_CITED=$1',
        "</IfModule>",
        "<IfModule mod_headers.c>",
    ]
    lines += [f'Header always set {name} "{value}"' for name, value in SECURITY.items()]
    lines += ["Header always merge Vary Accept env=KG_CHOICE"]
    lines += ['Header set Access-Control-Allow-Origin "*"']
    data = ", ".join(
        f'<%{{KG_AT}}edata/%{{KG_PAGE}}e.{form.suffix}>; rel=\\"describedby alternate\\"; type=\\"{form.name}\\"'
        for form in FORMATS[1:]
    )
    about = f'<https://schema.org/AboutPage>; rel=\\"type\\"{licence}'
    lines += [f'Header set Link "{data}, {about}" env=KG_PAGE']
    lines += [f'Header append Link "<{facts.base}%{{KG_CITED}}e>; rel=\\"cite-as\\"" env=KG_CITED']
    lines += [f'Header set Link "<%{{KG_AT}}epage/%{{KG_DATA}}e.html>; rel=\\"describes\\"; type=\\"text/html\\"{licence}" env=KG_DATA']  # fmt: skip
    lines += [f'Header set Link "{home_links(rules)}" env=KG_HOME']
    return "\n".join([*lines, "</IfModule>", ""])


def home_links(rules: Rules, quote: str = '\\"') -> str:
    """Return the links of the start page: what describes the data set, and the files that have it."""
    facts = rules.facts
    links = [(facts.document, "cite-as", ""), ("https://schema.org/Dataset", "type", "")]
    links += [(facts.license, "license", "")] if facts.license.startswith("http") else []
    links += [(facts.address(f"catalogue.{form.suffix}"), "describedby", form.name) for form in FORMATS[1:]]
    links += [(facts.address("void.ttl"), "describedby", "text/turtle")]
    links += [(facts.address("ro-crate-metadata.json"), "describedby", "application/ld+json")]
    links += [
        (facts.address(f"dumps/graph.{suffix}"), "item", kind)
        for suffix, kind in (
            ("nq.gz", "application/gzip"),
            ("ttl.gz", "application/gzip"),
            ("jsonld.gz", "application/gzip"),
            ("parquet", MEDIA_TYPES["parquet"]),
        )
    ]
    return ", ".join(
        f"<{address}>; rel={quote}{rel}{quote}" + (f"; type={quote}{kind}{quote}" if kind else "")
        for address, rel, kind in links
    )
