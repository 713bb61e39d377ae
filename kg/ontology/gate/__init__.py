"""The quality gate: hygiene queries, style shapes, OWL 2 conditions, the reasoner, and what is reported of them."""
