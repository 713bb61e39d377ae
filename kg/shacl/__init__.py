"""SHACL: shapes read from a graph, compiled to SPARQL that returns violations, and the report of them."""
