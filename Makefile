# Two commands do everything: `make run` and `make test`. The others are their parts.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export TOKENIZERS_PARALLELISM ?= false

SHARED ?= ../shared
# Processes that the tests are run in side by side, each computing on one core; 0 for this one alone.
WORKERS ?= 0
.PHONY: audit install run test lint docs gate baseline report bench clean

# torch is pinned to a version that is a CPU build; installed first, nothing after it asks for another.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

install: $(VENV)/.installed

run: install
	@$(BIN)/cableqa serve --sample

test: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(if $(filter-out 0,$(WORKERS)),OMP_NUM_THREADS=1) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -rs

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The documentation as a site in build/docs; its reference pages are written anew from the code.
docs: install
	$(BIN)/python docs/reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

# Does the product answer as well as it did? The sample set with the real encoder, against the committed baseline.
GATE := build/gate
SMOKE := $(BIN)/cableqa eval run sample --family gold_paragraph_removed --family paraphrase
GATE_RUN = rm -rf $(GATE) && $(SMOKE) --out $(GATE)

gate: install
	$(GATE_RUN)
	$(BIN)/cableqa eval gate evals/baselines/sample.json $(GATE)

# The one way to a new baseline; commit it with the change that it belongs to.
baseline: install
	$(GATE_RUN)
	cp $(GATE)/report.json evals/baselines/sample.json

# The reports under docs/ and the README's table. Of the development set: aggregates and sample ids, no texts.
REPORT := build/report
REPORTS := docs/reports

report: install
	rm -rf $(REPORT)
	$(BIN)/cableqa ingest $(SHARED)/corpus/seed $(SHARED)/corpus/nara --data-dir $(REPORT)/cables
	$(BIN)/cableqa eval run $(SHARED)/benchmarks/cable-qa-dev.jsonl --collection $(REPORT)/cables \
	  --family all --no-texts --out $(REPORT)/dev
	$(SMOKE) --out $(REPORT)/sample
	mkdir -p $(REPORTS)
	for name in dev sample; do for kind in json html; do cp $(REPORT)/$$name/report.$$kind $(REPORTS)/$$name.$$kind || exit 1; done; done
	$(BIN)/cableqa eval table $(REPORTS)/dev.json $(REPORTS)/sample.json --into README.md

bench: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks

# Pins, licences, and known weaknesses of the pinned versions. The last are asked first of one that has some: an index may be there without them. Without the network nothing is asked, which is said and is no failure.
AUDIT := build/audit
audit: install
	@$(BIN)/python -m pytest tests/test_dependencies.py
	@if $(PYTHON) -c "import json, urllib.request as r; \
	  assert json.load(r.urlopen('https://pypi.org/pypi/jinja2/3.1.2/json', timeout=10))['vulnerabilities']" 2>/dev/null; then \
	  $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/python -m pip install --quiet pip-audit==2.10.1 && \
	  $(AUDIT)/bin/pip-audit --no-deps --disable-pip -r constraints.txt; \
	else echo "!!! NOT AUDITED: pypi.org cannot be asked for known weaknesses of the dependencies !!!" >&2; fi

clean:
	rm -rf $(VENV) build dist *.egg-info
