"""Where each fact is from, as triples."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import RdfFormat, Store

from kg.provenance import write_provenance
from tests.conftest import Writer

QUERY = """PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX ckgsh: <https://w3id.org/clusterkg/shapes#>
SELECT ?o ?place ?file ?line ?column WHERE { ?x a rdf:Statement ; rdf:subject <https://example.org/t/organization/a> ;
  rdf:predicate <http://www.w3.org/2004/02/skos/core#prefLabel> ; rdf:object ?o ; prov:wasDerivedFrom ?place ;
  ckgsh:file ?file ; ckgsh:line ?line ; ckgsh:column ?column }"""


def test_each_fact_has_its_file_line_and_column(write: Writer, tmp_path: Path) -> None:
    folder = write(organizations='id,name,employees\nb,B,many\na,"A ""1""\nof two lines",5\n')
    target = tmp_path / "provenance.nt"
    count = write_provenance(folder, target)
    store = Store()
    store.bulk_load(path=str(target), format=RdfFormat.N_TRIPLES)
    found = [[term.value for term in row] for row in store.query(QUERY)]  # type: ignore[union-attr]
    place = "https://example.org/t/source/1/data/organizations.csv#row=3"
    assert found == [['A "1"\nof two lines', place, "data/organizations.csv", "3", "name"]]
    # Of each a type, an identifier and a name; "many" is no fact.
    assert count == 7
