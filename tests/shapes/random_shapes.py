"""Random data and random shapes graphs that are well formed and do not contain themselves, as Turtle."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import strategies as st

PREFIXES = """
@prefix : <http://e/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
#: Prefixes that queries name, and constraint components: ASK for values, SELECT for nodes and for properties.
DECLARED = """
:prefixes a owl:Ontology ; sh:declare [ sh:prefix "" ; sh:namespace "http://e/"^^xsd:anyURI ] .
:LongerComponent a sh:ConstraintComponent ; sh:parameter [ sh:path :longer ] ;
  sh:validator [ a sh:SPARQLAskValidator ; sh:prefixes :prefixes ; sh:ask "ASK { FILTER(!isBlank($value) && STRLEN(STR($value)) > $longer) }" ] .
:KnownComponent a sh:ConstraintComponent ; sh:parameter [ sh:path :known ], [ sh:path :also ; sh:optional true ] ;
  sh:validator [ a sh:SPARQLAskValidator ; sh:prefixes :prefixes ;
    sh:ask "ASK { { $value $known ?o } UNION { ?s $known $value FILTER(bound($also) && ?s = $also) } }" ] .
:OnlyComponent a sh:ConstraintComponent ; sh:parameter [ sh:path :only ] ;
  sh:nodeValidator [ a sh:SPARQLSelectValidator ; sh:prefixes :prefixes ;
    sh:select "SELECT DISTINCT $this WHERE { $this $only ?x . FILTER(isLiteral(?x)) }" ] ;
  sh:propertyValidator [ a sh:SPARQLSelectValidator ; sh:prefixes :prefixes ;
    sh:select "SELECT DISTINCT $this ?value WHERE { $this $PATH ?value . FILTER NOT EXISTS { $this $only ?value } }" ] .
"""
IRIS = [":a", ":b", ":c", ":d"]
BLANKS = ["_:x", "_:y"]
PREDICATES = [":p", ":q", ":r"]
CLASSES = [":C", ":D", ":E"]
NUMBERS = [
    "1",
    "2",
    "-3",
    "10",
    "2.5",
    "1.0",
    '"01"^^xsd:integer',
    '"2.5"^^xsd:double',
    '"1"^^xsd:int',
    '"300"^^xsd:byte',
]
TEXTS = ['"a"', '"b"', '"ab"', '""', '"A b"', '"a"@en', '"b"@en', '"a"@en-US', '"c"@de', '"a\\nb"', '"a.b"', '"日本"']
DATES = [
    '"2020-01-01"^^xsd:date', '"2021-06-30"^^xsd:date', '"2020-02-30"^^xsd:date', '"2020-01-01T00:00:00"^^xsd:dateTime',
    '"2020-01-01T00:00:00Z"^^xsd:dateTime', '"2020-01-01T02:00:00+01:00"^^xsd:dateTime', '"2020"^^xsd:gYear',
]  # fmt: skip
ODD = [
    '"abc"^^xsd:integer', "true", "false", '"1"^^xsd:boolean', '"x"^^xsd:boolean', '"x"^^:type', '"NaN"^^xsd:double',
    '"INF"^^xsd:double', '"NaN"^^xsd:decimal', '"12:00:00"^^xsd:time', '"P1D"^^xsd:duration', '"http://e/a"^^xsd:anyURI',
]  # fmt: skip
LITERALS = NUMBERS + TEXTS + DATES + ODD
DATATYPES = [
    "xsd:integer", "xsd:decimal", "xsd:double", "xsd:string", "rdf:langString", "xsd:boolean", "xsd:date", "xsd:dateTime",
    "xsd:int", "xsd:byte", ":type", "xsd:gYear", "xsd:anyURI",
]  # fmt: skip
#: Constraints of queries, with what SHACL binds before; those with $PATH are for property shapes.
QUERIES = [
    "SELECT DISTINCT $this WHERE { $this :p ?x }",
    "SELECT DISTINCT $this ?value WHERE { $this :p ?value . FILTER(isLiteral(?value)) }",
    "SELECT DISTINCT $this ?value WHERE { $this :p ?value . FILTER NOT EXISTS { $this :q ?value } }",
    "SELECT DISTINCT $this ?value WHERE { { $this :p ?value } UNION { ?value :q $this } }",
    "SELECT DISTINCT $this ?value WHERE { $this :p ?value OPTIONAL { $this :q ?y } FILTER(!bound(?y)) }",
    "SELECT $this (COUNT(?y) AS ?n) WHERE { $this :p ?y } GROUP BY $this HAVING(COUNT(?y) > 1)",
    "SELECT DISTINCT $this ?value WHERE { ?value a :C . { SELECT $this ?value WHERE { $this :p ?value } } }",
    "SELECT DISTINCT $this ?path ?value WHERE { $this ?path ?value . FILTER(?path != :p && isIRI($this)) }",
    "SELECT DISTINCT $this ?value WHERE { $this :p ?x . FILTER(!isBlank(?x)) BIND(STR(?x) AS ?value) }",
    "SELECT $this ?value WHERE { $this :p ?value . FILTER(isIRI(?value)) } ORDER BY ?value LIMIT 1",
    "SELECT DISTINCT $this ?value WHERE { $this :p ?x . ?x :p|:q|:r ?value . { SELECT $this (COUNT(?y) AS ?n) WHERE { $this :p ?y } GROUP BY $this } FILTER(?n > 1) }",
    "SELECT DISTINCT $this ?value WHERE { $this ?v1 ?value . FILTER(?v1 = :r) }",
    "SELECT DISTINCT $this ?value WHERE { $this :p/:q* ?value . FILTER($this != ?value) }",
    "SELECT DISTINCT $this WHERE { FILTER(!isBlank($this)) }",
    "SELECT DISTINCT $this WHERE { FILTER EXISTS { $this a :C } }",
]
PATH_QUERIES = [
    "SELECT DISTINCT $this ?value WHERE { $this $PATH ?value . FILTER(!isLiteral(?value)) }",
    "SELECT DISTINCT $this ?value WHERE { $this $PATH ?value . FILTER NOT EXISTS { ?value :p ?z } }",
    "SELECT DISTINCT $this WHERE { FILTER NOT EXISTS { $this $PATH ?value } }",
    "SELECT $this (COUNT(?y) AS ?n) WHERE { $this $PATH ?y } GROUP BY $this HAVING(COUNT(?y) > 1)",
]

REPEATED_TWICE = re.compile(r"(OrMore|OrOne)Path \[ sh:(zero|one)")

pick = st.sampled_from
nodes = pick(IRIS + BLANKS)


def data(literals: list[str]) -> st.SearchStrategy[str]:
    """Return data with these literals."""
    triple = st.one_of(
        st.builds("{} {} {} .".format, nodes, pick(PREDICATES), nodes | pick(literals)),
        st.builds("{} {} {} .".format, nodes, pick(PREDICATES), pick(literals)),
        st.builds("{} a {} .".format, nodes, pick(CLASSES)),
    )
    below = st.builds("{} rdfs:subClassOf {} .".format, pick(CLASSES), pick(CLASSES))
    return st.builds(
        lambda facts, classes: "\n".join([":a a :C .", *facts, *classes]),
        st.lists(triple, min_size=1, max_size=14),
        st.lists(below, max_size=2),
    )


paths = st.recursive(
    pick([*PREDICATES, *PREDICATES, "rdf:type"]),
    lambda inner: st.one_of(
        st.builds("[ sh:inversePath {} ]".format, pick(PREDICATES)),
        st.builds("( {} {} )".format, inner, inner),
        st.builds("[ sh:alternativePath ( {} {} ) ]".format, inner, inner),
        st.builds("[ sh:zeroOrMorePath {} ]".format, inner),
        st.builds("[ sh:oneOrMorePath {} ]".format, inner),
        st.builds("[ sh:zeroOrOnePath {} ]".format, inner),
    ),
    max_leaves=3,
)


def listed(items: st.SearchStrategy[str], least: int = 1) -> st.SearchStrategy[str]:
    """Return lists of Turtle."""
    return st.lists(items, min_size=least, max_size=3).map(lambda found: f"( {' '.join(found)} )")


def several(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return one or two objects."""
    return st.lists(items, min_size=1, max_size=2, unique=True).map(", ".join)


small = st.integers(0, 2).map(str)
kinds = pick(
    [f"sh:{kind}" for kind in ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")]
)
BOUNDS = NUMBERS + TEXTS[:5] + DATES + ODD
patterns = st.builds(
    "{}{}".format,
    pick(['"a"', '"^A"', '"^a.b$"', '"^b"', '"e/[ab]"', '"^[0-9]+$"', '"^$"', '"a b"']),
    pick(["", "", ' ; sh:flags "i"', ' ; sh:flags "m"', ' ; sh:flags "im"']),
)
#: Parameters of any shape that stand for themselves, and the objects of each.
PARAMETERS: dict[str, st.SearchStrategy[str]] = {
    "sh:class": several(pick(CLASSES)),
    "sh:datatype": pick(DATATYPES),
    "sh:nodeKind": kinds,
    "sh:minLength": st.integers(1, 2).map(str),
    "sh:maxLength": small,
    "sh:pattern": patterns,
    "sh:languageIn": listed(pick(['"en"', '"de"', '"en-US"', '"*"']), 0),
    "sh:equals": several(pick(PREDICATES)),
    "sh:disjoint": several(pick(PREDICATES)),
    "sh:closed": st.builds(
        "true{}".format, pick(["", " ; sh:ignoredProperties ( rdf:type )", " ; sh:ignoredProperties ( :p :q )"])
    ),
    ":longer": small,
    ":known": st.builds("{}{}".format, pick(PREDICATES), pick(["", " ; :also :a", " ; :also :b"])),
    ":only": pick(PREDICATES),
}
#: Those of property shapes alone.
OF_PATHS: dict[str, st.SearchStrategy[str]] = {
    "sh:minCount": small,
    "sh:maxCount": small,
    "sh:lessThan": several(pick(PREDICATES)),
    "sh:lessThanOrEquals": several(pick(PREDICATES)),
    "sh:uniqueLang": pick(["true", "true", "false"]),
}
SEVERITY = ["", "", "", " ; sh:severity sh:Warning", " ; sh:severity :Odd"]
MESSAGE = ["", "", ' ; sh:message "M"', ' ; sh:message "M", "N"@en']
TARGETS = st.one_of(
    st.builds("sh:targetClass {}".format, several(pick(CLASSES))),
    st.builds("sh:targetSubjectsOf {}".format, several(pick(PREDICATES))),
    st.builds("sh:targetObjectsOf {}".format, several(pick(PREDICATES))),
    st.just('sh:target [ a sh:SPARQLTarget ; sh:prefixes :prefixes ; sh:select "SELECT ?this WHERE { ?this :p ?x }" ]'),
)


class Writer:
    """Writes the shapes of a graph; a shape refers to those with a greater number only."""

    def __init__(self, draw: st.DrawFn, of_paths: list[bool], literals: list[str]) -> None:
        self.draw, self.of_paths = draw, of_paths
        self.terms = pick(IRIS) | pick(literals)
        bounds = pick([text for text in literals if text in BOUNDS])
        self.simple = (
            PARAMETERS
            | {"sh:hasValue": several(self.terms), "sh:in": listed(self.terms, 0)}
            | {f"sh:{name}": bounds for name in ("minExclusive", "minInclusive", "maxExclusive", "maxInclusive")}
        )

    def graph(self) -> str:
        """Return the shapes graph."""
        shapes = [
            f":S{number} {self.body(number, of_path, 2, top=True)} ." for number, of_path in enumerate(self.of_paths)
        ]
        return "\n".join([DECLARED, *shapes])

    def body(self, number: int, of_path: bool, depth: int, *, top: bool = False) -> str:
        """Return what a shape says."""
        draw = self.draw
        path = draw(paths) if of_path else ""
        parts = [f"a sh:PropertyShape ; sh:path {path}" if of_path else "a sh:NodeShape"]
        # pySHACL writes a path that is repeated twice, as in ((:p)*)?, without the braces that SPARQL asks for.
        plain = not REPEATED_TWICE.search(path)
        if top:
            targets = TARGETS | st.builds("sh:targetNode {}".format, several(self.terms))
            wanted = draw(st.lists(targets, min_size=number == 0, max_size=2, unique=True))
            parts += wanted
            if not of_path and draw(st.integers(0, 9)) == 0:
                parts.append("a rdfs:Class")
        simple = self.simple | (OF_PATHS if of_path else {})
        nested: list[tuple[str, Callable[[], str]]] = [
            ("sh:node", lambda: self.inner(number, depth, of_path=False)),
            ("sh:property", lambda: self.properties(number, depth)),
            ("sh:not", lambda: self.inner(number, depth)),
            ("sh:and", lambda: self.list(number, depth)),
            ("sh:or", lambda: self.list(number, depth)),
            ("sh:xone", lambda: self.list(number, depth)),
            ("sh:sparql", lambda: self.query(of_path and plain)),
        ]
        names = [name for name in sorted(simple) if name != ":only" or plain]
        for name in draw(st.lists(pick(names), max_size=2 if depth else 1, unique=True)):
            parts.append(f"{name} {draw(simple[name])}")
        if depth:
            for name, make in draw(st.lists(pick(nested), max_size=2, unique_by=lambda one: one[0])):
                parts.append(f"{name} {make()}")
            if of_path and draw(st.integers(0, 4)) == 0:
                parts.append(self.qualified(number, depth))
        more = (
            draw(pick(SEVERITY))
            + draw(pick(MESSAGE))
            + (" ; sh:deactivated true" if draw(st.integers(0, 19)) == 7 else "")
        )
        return " ; ".join(parts) + more

    def inner(self, number: int, depth: int, of_path: bool | None = None) -> str:
        """Return a shape within: one with a name, or one of its own."""
        draw = self.draw
        names = [f":S{n}" for n in range(number + 1, len(self.of_paths)) if of_path in (None, self.of_paths[n])]
        if names and draw(st.booleans()):
            return draw(pick(names))
        kind = draw(st.booleans()) if of_path is None else of_path
        return f"[ {self.body(number, kind, depth - 1)} ]"

    def list(self, number: int, depth: int) -> str:
        """Return a list of shapes."""
        return f"( {' '.join(self.inner(number, depth) for _ in range(self.draw(st.integers(1, 3))))} )"

    def properties(self, number: int, depth: int) -> str:
        """Return one or two property shapes."""
        return ", ".join(self.inner(number, depth, of_path=True) for _ in range(self.draw(st.integers(1, 2))))

    def qualified(self, number: int, depth: int) -> str:
        """Return a qualified value shape with its counts."""
        shape = self.inner(number, depth)
        counts = self.draw(pick(["sh:qualifiedMinCount 1", "sh:qualifiedMaxCount 0", "sh:qualifiedMinCount 2 ; sh:qualifiedMaxCount 1",
            "sh:qualifiedMaxCount 1", "sh:qualifiedMinCount 0"]))  # fmt: skip
        disjoint = self.draw(pick(["", " ; sh:qualifiedValueShapesDisjoint true"]))
        return f"sh:qualifiedValueShape {shape} ; {counts}{disjoint}"

    def query(self, of_path: bool) -> str:
        """Return a SPARQL-based constraint."""
        query = self.draw(pick(QUERIES + (PATH_QUERIES if of_path else [])))
        message = self.draw(pick(["", ' ; sh:message "of {$this}"']))
        return f'[ sh:prefixes :prefixes ; sh:select "{query}"{message} ]'


@st.composite
def shapes_graphs(draw: st.DrawFn, literals: list[str]) -> str:
    """Return shapes graphs of one to three shapes that have names, with these literals."""
    return Writer(draw, draw(st.lists(st.booleans(), min_size=1, max_size=3)), literals).graph()
