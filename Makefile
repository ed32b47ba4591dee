# make install, make demo, make test: each builds .venv in this folder where it is missing.
# make reproduce: every study of the paper on small networks and rendered scenes; REPRODUCE_FLAGS chooses others.
# make test-slow: also the tests that take minutes each.
# make serve-test: SavedModels behind real servers that live in .venv-serve (Python 3.11 on x86, 1.7 GB).
# make fuzz: hostile files, FUZZ_SECONDS each kind; TARGET=images tries one kind alone, SEED=1 other files.
# make lock: requirements.lock, all packages with their hashes, from constraints.txt.
# make reference: golden arrays by old libraries that live in .venv-reference (Python 3.11 on x86, 1.3 GB).

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
PIP := .venv/bin/python -m pip --disable-pip-version-check
DEMO_FLAGS ?= --limit=16
REPRODUCE_FLAGS ?= --limit=4 --output=runs/reproduce/scenes
PYTHON311 ?= python3.11
FUZZ_SECONDS ?= 300
SEED ?= 0

.PHONY: install demo reproduce test test-slow serve-test fuzz lint typecheck lock reference

install: .venv/installed

demo: .venv/installed
	.venv/bin/python -m pipelines.robustness $(DEMO_FLAGS)

reproduce: .venv/installed
	.venv/bin/python -m pipelines.reproduce $(REPRODUCE_FLAGS)

test: .venv/installed-test
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TEST_FLAGS)

test-slow:
	$(MAKE) test TEST_FLAGS="--run-slow $(TEST_FLAGS)"

serve-test: .venv/installed-test .venv-serve/installed
	.venv/bin/python -m pytest --run-serve -m serve $(TEST_FLAGS)

fuzz: .venv/installed-test
	.venv/bin/python -m tests.fuzz --seconds=$(FUZZ_SECONDS) --seed=$(SEED) $(addprefix --target=,$(TARGET))

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

# uv asks the index that its own environment names (UV_DEFAULT_INDEX), else PyPI; no address goes into the file.
lock: .venv-lock/installed
	.venv-lock/bin/uv pip compile -q pyproject.toml --constraints constraints.txt --extra test --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--custom-compile-command "make lock" -o requirements.lock

.venv-lock/installed:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip --disable-pip-version-check install -q uv
	touch $@

reference: .venv-reference/installed
	.venv-reference/bin/python tests/transforms/make_reference.py

.venv-reference/installed:
	$(PYTHON311) -m venv .venv-reference
	.venv-reference/bin/python -m pip --disable-pip-version-check install -q \
		tensorflow-cpu==2.15.1 tensorflow-addons==0.23.0 "numpy<2"
	touch $@

# Triton's Python backend answers with empty tensors under NumPy 2. TensorFlow Serving's messages want the whole
# TensorFlow, but import the CPU build as well.
.venv-serve/installed:
	$(PYTHON311) -m venv .venv-serve
	.venv-serve/bin/python -m pip --disable-pip-version-check install -q \
		nvidia-pytriton==0.7.0 tensorflow-cpu==2.21.0 "numpy<2"
	.venv-serve/bin/python -m pip --disable-pip-version-check install -q --no-deps tensorflow-serving-api==2.21.0
	touch $@
