"""The reference of an ontology as HTML pages."""
