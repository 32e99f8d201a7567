# Portico. `make help` says what there is.
VENV := .venv
# The first that really runs: a version manager may put names on the path that lead nowhere.
PYTHON ?= $(shell for p in python3.11 python3.12 python3; do $$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo $$p && break; done)
BIN := $(VENV)/bin
export PORTICO_HOME ?= $(CURDIR)/.portico

.PHONY: help run serve test quick drills lint types fix docs i18n bench tryton odoo14 check clean

help: ## say what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(BIN)/portico: setup.cfg setup.py pyproject.toml
	@test -n "$(PYTHON)" || { echo "Portico needs Python 3.11 or 3.12 with venv (Debian: apt-get install python3-venv); set PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@rm -rf portico.egg-info # it would shadow the installed entry points when Python starts in this folder
	@touch $@

$(BIN)/pytest: $(BIN)/portico
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

run: $(BIN)/portico ## start everything with the demo companies, and print where and with which logins
	@$(BIN)/portico run --demo

serve: $(BIN)/portico ## the web server alone on port 6544, reloading when a file changes
	@PORTICO_CONFIG=development.ini $(BIN)/portico serve --reload

test: $(BIN)/pytest ## all tests, on all cores
	$(BIN)/pytest -n auto

quick: $(BIN)/pytest ## the tests to run between two edits (tests/slow.py says what they leave out)
	$(BIN)/pytest -n auto -m "not slow"

drills: $(BIN)/pytest ## each kill and each race of submitting and accepting 1,000 times (about an hour)
	PORTICO_TRIALS=1000 $(BIN)/pytest -n auto tests/functional/system/test_exactly_once.py

lint: $(BIN)/pytest ## style
	$(BIN)/ruff check core plugins connectors themes migrations tests bench demo setup.py

types: $(BIN)/pytest ## the type checker
	$(BIN)/mypy

fix: $(BIN)/pytest ## mend what can be mended by itself
	$(BIN)/ruff check --fix core plugins connectors themes migrations tests bench demo setup.py

i18n: $(BIN)/portico ## bring the catalogues of messages up to date
	$(BIN)/portico i18n portico portico_clear portico_ledger portico_quotes portico_orders portico_invoices portico_payments portico_contracts portico_customers portico_einvoices portico_signatures portico_erp portico_companydb portico_tryton portico_supabase portico_odoo portico_erpnext

docs: $(BIN)/portico ## write the generated pages of docs/
	$(BIN)/python -m portico.cli docs

bench: $(BIN)/pytest ## measure; see bench/README.md
	$(BIN)/python -m bench
	$(BIN)/python -m bench.people
	$(BIN)/python -m bench.stalls
	$(BIN)/python -m bench.sync
	$(BIN)/python -m bench.cold
	$(BIN)/python -m bench.live

tryton: $(BIN)/pytest ## the contract on a real Tryton from PyPI, whose answers' shapes are recorded anew
	$(BIN)/python -m tests.tryton.running contract -rs

odoo14: $(BIN)/pytest ## the contract on a real Odoo 14, from Debian's packages (root; about 1 GB the first time)
	$(BIN)/python -m tests.odoo.odoo14 -rs

check: lint types test ## everything before a change is pushed

clean: ## remove the virtual environment; data in .portico stays
	rm -rf $(VENV) build *.egg-info
