PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo install test lint clean

demo: install  ## build the example and print what was found
	$(BIN)/kg build examples/landmarks
	$(BIN)/kg groups examples/landmarks

install: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

test: install  ## run the tests
	$(BIN)/python -m pytest -n 2 tests

lint: install  ## formatters, types and layers
	$(BIN)/ruff check kg tests
	$(BIN)/ruff format --check kg tests
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv build dist examples/*/build
