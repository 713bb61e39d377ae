PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo install test vendor notebooks lint bench ontology docs clean

demo: install  ## build the example and print what was found
	$(BIN)/kg build examples/landmarks
	$(BIN)/kg groups examples/landmarks

install: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

test: install  ## run the tests
	$(BIN)/python -m pytest -n 3 --dist worksteal tests

vendor: install  ## fetch the pinned browser code of others again, and check it
	$(BIN)/python -c "import sys; from kg.publish.vendor import refetch; sys.exit(chr(10).join(refetch()) or None)"

notebooks: install  ## run the notebooks of the examples again and store what they show
	$(BIN)/python -m tests.notebooks

lint: install  ## formatters, types, layers and the ontology
	$(BIN)/ruff check kg tests bench
	$(BIN)/ruff format --check kg tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kg ontology check

bench: install  ## measure the engines: BENCH_SIZES=10000,100000 BENCH_ENGINES=hand,columnar BENCH_LIMIT=3600
	$(BIN)/python bench/run.py

ontology: install  ## the quality gate of the ontology
	$(BIN)/kg ontology check

docs: install  ## the documentation in site/docs, the reference of the ontology with the example at work in site/ontology
	$(BIN)/sphinx-build --quiet --fail-on-warning -b html docs site/docs
	$(BIN)/kg build examples/landmarks
	$(BIN)/kg ontology docs --out site/ontology --example examples/landmarks

clean:
	rm -rf .venv build dist site examples/*/build
