"""What a server has to know to answer for the IRIs of a site: rules for Apache, nginx and w3id.org."""

from __future__ import annotations

from rdflib import Graph

from kg.ontology.releases.context import context_of
from kg.ontology.releases.formats import canonical, jsonld, ntriples
from kg.ontology.vocabulary import read_vocabulary
from kg.publish.dataset import about
from kg.publish.servers.apache import folder_rules, host_rules, w3id_rules
from kg.publish.servers.nginx import nginx_rules
from kg.publish.servers.rules import rules
from kg.publish.site import Site
from kg.resources import ontology_files
from kg.turtle import canonical_turtle

__all__ = ["servers"]

_README = """How to serve this site
======================

Any web server can serve these files. For the IRIs {base}... to lead to them (303 See Other, to a page or to data, by what
the client accepts), one of these is needed:

.htaccess             Apache, in the folder of the site. Needs mod_rewrite, mod_headers, mod_setenvif and, in the
                      configuration of the server, for this folder:
                          AllowOverride FileInfo
                          Options FollowSymLinks
                      Ids with a slash in them are sent as %2F, which Apache refuses unless the virtual host has:
                          AllowEncodedSlashes NoDecode
                      Ids of more than 255 bytes are refused by Apache before it reads .htaccess: use server/apache.conf.
server/apache.conf    the same for a virtual host: Include it there, and change the folder. AllowOverride is not needed.
server/nginx.conf     nginx: a server of its own. Change the folder and the name.
server/w3id.htaccess  for a permanent address (w3id.org or a host of yours) that leads to {site}

What can't be served: an id with ../ in it (as ..%2F) is resolved by nginx before any rule, and it
has no media type for a file whose name is one or two dots (a short shard of an id that begins with them); parts of an IRI after # never reach
a server. {fragment}

robots.txt and .well-known/void are looked for at the root of a host: when the site is in a folder below it, copy robots.txt
there, and lead /.well-known/void to {site}void.ttl
"""
_FRAGMENT = "This base ends in #: all IRIs are parts of one document, and only the data set itself can be looked up."


def servers(site: Site) -> None:
    """Write the rules, and the vocabulary beside its reference where that is."""
    facts = about(site.build)
    if (site.folder / "ontology").is_dir():
        graph = Graph()
        for file in ontology_files():
            graph.parse(file)
        triples = canonical(graph)
        site.write("ontology/ontology.ttl", canonical_turtle(graph))
        site.write("ontology/ontology.jsonld", jsonld(triples, context_of(read_vocabulary(), graph)))
        site.write("ontology/ontology.nt", ntriples(triples))
    made = rules(facts, site)
    site.write(".htaccess", folder_rules(made))
    site.write("server/apache.conf", host_rules(made))
    site.write("server/nginx.conf", nginx_rules(made))
    site.write("server/w3id.htaccess", w3id_rules(made))
    fragment = _FRAGMENT if facts.base.endswith("#") else ""
    site.write("server/README", _README.format(base=facts.base, site=facts.site, fragment=fragment).rstrip() + "\n")
