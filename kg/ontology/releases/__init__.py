"""Releases of an ontology: formats, context, changelog, migrations, redirect rules."""
