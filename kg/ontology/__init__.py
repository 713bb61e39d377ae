"""The ontology as a thing to be checked, documented and released; works on anybody's, with ours as the default."""
