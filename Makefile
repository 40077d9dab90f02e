# make run    set up what is missing and start Loopdesk with its demo people (second start: seconds)
# make test   lint, types, imports, all tests; what .ci/run calls
# make setup  only install and build
# make lint   only the checks that run nothing
# make quality  figures of the product in docs/quality.md
# make bench  figures of the engine in build/bench.json and docs/engine.md
# make chaos  1,000 cases while processes are killed and databases restarted, counted in build/chaos.json
# make dump   keep this version's open work for the tests of later upgrades (tests/upgrade/README.md)

PYTHON := $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$name && break; done)
BIN := .venv/bin
STAMPS := .stamps
UI_SOURCES := $(shell find web/ui -type f -not -path '*/node_modules/*' 2>/dev/null)
CATALOGUES := $(wildcard web/translations/*/LC_MESSAGES/messages.po)

# Some containers set it; every start and every test would then compile a thousand files anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run setup test lint bench chaos quality migration dump
.SUFFIXES:

run: setup
	@LOOPDESK_DEMO=$${LOOPDESK_DEMO:-1} exec $(BIN)/loopdesk up

setup: $(STAMPS)/python web/static/build/manifest.json $(STAMPS)/translations

test: setup lint
	$(BIN)/python -m loopdesk.scripts.chromium
	$(BIN)/pytest -n 2 --dist worksteal

lint: $(STAMPS)/python
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m loopdesk.tests.bench

chaos: setup
	$(BIN)/python -m loopdesk.tests.chaos

quality: setup
	$(BIN)/python -m loopdesk.scripts.quality

migration: $(STAMPS)/python
	$(BIN)/python scripts/migration.py "$(name)"

dump: $(STAMPS)/python
	$(BIN)/python -m loopdesk.tests.upgrade.dump

$(STAMPS)/python: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found on PATH." >&2; exit 1; }
	@echo "Setting up Python ($(PYTHON)): about a minute the first time ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "Python's venv module is missing (Debian: apt install python3-venv)." >&2; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/node: $(STAMPS)/python web/ui/package-lock.json
	@echo "Fetching the packages of the pages ..."
	@$(BIN)/python scripts/ui.py install
	@touch $@

web/static/build/manifest.json: $(STAMPS)/node $(UI_SOURCES)
	@echo "Building the pages ..."
	@$(BIN)/python scripts/ui.py build
	@touch $@

$(STAMPS)/translations: $(STAMPS)/python $(CATALOGUES)
	@if [ -n "$(CATALOGUES)" ]; then echo "Compiling the translations ..." && \
		$(BIN)/pybabel --quiet compile --directory web/translations; fi
	@touch $@
