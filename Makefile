# make install, make demo, make test: each builds .venv in this folder where it is missing.

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
PIP := .venv/bin/python -m pip --disable-pip-version-check
DEMO_FLAGS ?= --limit=16

.PHONY: install demo test lint typecheck

install: .venv/installed

demo: .venv/installed
	.venv/bin/python -m pipelines.robustness $(DEMO_FLAGS)

test: .venv/installed-test
	.venv/bin/python -m pytest -n 2 --dist loadfile $(TEST_FLAGS)

lint: .venv/installed-dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .

typecheck: .venv/installed-dev
	.venv/bin/mypy

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; name it: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) install -q -c constraints.txt -e .
	touch $@

.venv/installed-test: .venv/installed
	$(PIP) install -q -c constraints.txt -e .[test]
	touch $@

.venv/installed-dev: .venv/installed
	$(PIP) install -q -c constraints.txt -e .[dev]
	touch $@
