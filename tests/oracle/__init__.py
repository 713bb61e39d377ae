"""A second, independent reading of the contract in plain Python, to compare the rules with."""
