"""The rules as SHACL Advanced Features rules, generated from `queries/infer`.

https://www.w3.org/TR/shacl-af/#SPARQLRule: one shape a stage, in order of the stages; each stage is iterated until it
adds nothing. ``python -m kg.shacl_rules`` writes `shapes/rules.ttl` anew.
"""

from __future__ import annotations

from itertools import groupby

from rdflib import RDF, RDFS, SH, Graph, Literal, Namespace

from kg.infer import rules
from kg.namespaces import CKG, CKGSH
from kg.resources import folder
from kg.turtle import canonical_turtle

__all__ = ["rules_turtle"]

_HEADER = """Generated from queries/infer by python -m kg.shacl_rules; do not edit.

To be run on facts, the run with its profile, and the communities as candidates. Each stage is a shape to be iterated
(pySHACL: iterate_rules; it gives up after 100 rounds, which a chain of more than 100 droppings would need).
Triples in the namespace https://w3id.org/clusterkg/workingare left over and mean nothing outside.
"""


def rules_turtle() -> str:
    """Return the rules as a shapes graph in Turtle."""
    ckg, ckgsh = Namespace(str(CKG)), Namespace(str(CKGSH))
    graph = Graph()
    for stage, queries in groupby(rules(), key=lambda rule: rule.stage):
        shape = ckgsh[f"Stage-{stage}"]
        graph.add((shape, RDF.type, SH.NodeShape))
        graph.add((shape, SH.targetClass, ckg.InferenceRun))
        graph.add((shape, SH.order, Literal(int(stage))))
        for query in queries:
            node = ckgsh[f"Rule-{query.name}"]
            text = "\n".join(line for line in query.text.splitlines() if not line.startswith("#+")).strip() + "\n"
            graph.add((shape, SH.rule, node))
            graph.add((node, RDF.type, SH.SPARQLRule))
            graph.add((node, RDFS.comment, Literal(query.summary)))
            graph.add((node, SH.construct, Literal(text)))
    return canonical_turtle(graph, header=_HEADER)


if __name__ == "__main__":
    (folder("shapes") / "rules.ttl").write_text(rules_turtle(), encoding="utf-8")
