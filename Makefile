# make install, make demo, make test: each builds .venv in this folder where it is missing.
# make reproduce: every study of the paper on small networks and rendered scenes; REPRODUCE_FLAGS chooses others.
# make test-long: the tests that take seconds each, in tests/long_tests.txt; make long-tests measures which these are.
# make test-slow: all of both, and the tests that take minutes each.
# make coverage: make test, and which lines and branches none of its tests meets.
# make browser-test: opens the pages that runs end with in Chromium; root on Debian gets one by apt-get where there is none.
# make serve-test: SavedModels behind real servers that live in .venv-serve (Python 3.11 on x86, 1.7 GB).
# make wheel: builds the wheel, installs it into an environment of its own, and has .ci/installed run it elsewhere.
# make docs: the documentation as a site that is read offline, site/index.html.
# make fuzz: hostile files, FUZZ_SECONDS each kind; TARGET=images tries one kind alone, SEED=1 other files.
# make lock: requirements.lock, all packages with their hashes, from constraints.txt.
# make reference: golden arrays by old libraries that live in .venv-reference (Python 3.11 on x86, 1.3 GB).

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name))))
CONSTRAINTS ?= constraints.txt
PIP := .venv/bin/python -m pip --disable-pip-version-check
DEMO_FLAGS ?=
REPRODUCE_FLAGS ?= --budget=small --output=runs/reproduce/scenes
WHEEL_FLAGS ?= --limit=2 --attacks=fgsm --epsilons=8
PYTHON311 ?= python3.11
BROWSER = $(firstword $(foreach name,chromium chromium-browser google-chrome chrome,$(shell command -v $(name))))
ON_TWO_PROCESSES := .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
COSTS := $(CURDIR)/.venv/costs.tsv
FUZZ_SECONDS ?= 300
SEED ?= 0

.PHONY: install demo reproduce test test-long test-slow long-tests coverage browser-test serve-test fuzz lint typecheck docs wheel lock reference

install: .venv/installed

demo: .venv/installed
	.venv/bin/python -m pipelines demo $(DEMO_FLAGS)

reproduce: .venv/installed
	.venv/bin/python -m pipelines.reproduce $(REPRODUCE_FLAGS)

test: .venv/installed-test
	$(ON_TWO_PROCESSES) --quick $(TEST_FLAGS)

test-long: .venv/installed-test
	$(ON_TWO_PROCESSES) --long $(TEST_FLAGS)

test-slow: .venv/installed-test
	$(ON_TWO_PROCESSES) --run-slow $(TEST_FLAGS)

long-tests: .venv/installed-test
	rm -f $(COSTS)
	$(ON_TWO_PROCESSES) --costs=$(COSTS) $(TEST_FLAGS)
	.venv/bin/python tests/long_tests.py $(COSTS)

coverage:
	$(MAKE) test TEST_FLAGS="--cov $(TEST_FLAGS)"

browser-test: .venv/installed-browser
	@test -n "$(BROWSER)" || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
		{ apt-get -q update && apt-get -q install -y --no-install-recommends chromium; } || true
	.venv/bin/python -m pytest --run-browser -m browser $(TEST_FLAGS)

serve-test: .venv/installed-test .venv-serve/installed
	.venv/bin/python -m pytest --run-serve -m serve $(TEST_FLAGS)

fuzz: .venv/installed-test
	.venv/bin/python -m tests.fuzz --seconds=$(FUZZ_SECONDS) --seed=$(SEED) $(addprefix --target=,$(TARGET))

lint: .venv/installed-dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .

typecheck: .venv/installed-dev
	.venv/bin/mypy

docs: .venv/installed-docs
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; name it: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml setup.py $(CONSTRAINTS)
	$(PIP) install -q -c $(CONSTRAINTS) -e .
	touch $@

.venv/installed-test: .venv/installed
	$(PIP) install -q -c $(CONSTRAINTS) -e .[test]
	touch $@

.venv/installed-browser: .venv/installed-test
	$(PIP) install -q -c $(CONSTRAINTS) -e .[browser]
	touch $@

.venv/installed-dev: .venv/installed
	$(PIP) install -q -c $(CONSTRAINTS) -e .[dev]
	touch $@

.venv/installed-docs: .venv/installed
	$(PIP) install -q -c $(CONSTRAINTS) -e .[docs]
	touch $@

wheel: .venv/installed-dev
	rm -rf dist .venv-wheel
	.venv/bin/python -m build -o dist .
	.venv/bin/python -m venv .venv-wheel
	.venv-wheel/bin/python -m pip --disable-pip-version-check install -q -c $(CONSTRAINTS) dist/*.whl
	folder=$$(mktemp -d) && cd $$folder && PATH="$(CURDIR)/.venv-wheel/bin:$$PATH" "$(CURDIR)/.ci/installed" $(WHEEL_FLAGS) \
		&& rm -r $$folder

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
