# The verbs people need; each works from a fresh clone. The README shows the plain commands.
PYTHON ?= python3
BIN := .venv/bin
.PHONY: demo test check bench focus clean

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -e '.[test,check,bench]' -c constraints.txt
	touch $@

demo: .venv/installed
	$(BIN)/offtake demo

test: .venv/installed
	$(BIN)/python -m pytest -n 2

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/sizes.py

bench: .venv/installed
	$(BIN)/python benchmarks/decide.py
	$(BIN)/python -m benchmarks.placement
	$(BIN)/python -m benchmarks.sourcing
	$(BIN)/python -m benchmarks.settlement
	$(BIN)/python -m benchmarks.bills

focus:
	$(PYTHON) tools/focus.py make

clean:
	rm -rf .venv .focus .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
