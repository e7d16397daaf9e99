# Parvis: `make run` and `make test` do everything on a fresh machine. `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help install install-dev run test test-long coverage lint format lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
# uv is not told where the packages come from: it reads what the machine is set up with.
UV_INSTALL := $(UV) pip install --quiet --python $(BIN)/python --require-hashes
UV_COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
JS := tests/system/js
TOUR ?= 1
HOME_DIR ?= .parvis
REPORTS := build/reports

help: ## Show this help.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Parvis needs Python 3.11, 3.12 or 3.13. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Making $(VENV)…"
	@$(PYTHON) -m venv $(VENV)

$(UV): $(BIN)/python requirements-build.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	@touch $(UV)

$(VENV)/.installed: $(UV) requirements.lock pyproject.toml
	@echo "Installing Parvis and what it needs (once, about a minute)…"
	@$(UV_INSTALL) -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@echo "Installing what the tests need…"
	@$(UV_INSTALL) -r requirements-dev.lock
	@touch $@

$(JS)/node_modules/.installed: $(JS)/package-lock.json
	@echo "Installing the Matrix client of the other stack (Node)…"
	@cd $(JS) && npm ci --silent --no-audit --no-fund
	@touch $@

install: $(VENV)/.installed ## Install into .venv, which then has bin/parvis.

install-dev: $(VENV)/.installed-dev $(JS)/node_modules/.installed ## Install what the tests need too (with a browser).
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || sh tests/install-chromium

run: install ## Run the whole of Parvis here; the first time it also plays the tour (TOUR=0 leaves it out).
	@if [ "$(TOUR)" = 1 ]; then exec $(BIN)/parvis --home $(HOME_DIR) up --first-tour; \
	else exec $(BIN)/parvis --home $(HOME_DIR) up; fi

lint: install-dev ## Formatting, lint, types and layers.
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: run make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: install-dev ## Put every file into the house's form.
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

test: lint ## Lint, then every test but the long ones.
	@mkdir -p $(REPORTS)
	@$(BIN)/python -m pytest -m "not long" --durations=15 --junitxml=$(REPORTS)/tests.xml $(ARGS)

coverage: install-dev ## What the same tests go through, which takes twice as long.
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest -m "not long" --cov --cov-report=term $(ARGS)

test-long: install-dev ## The tests that take long: crashes, properties at length.
	@mkdir -p $(REPORTS)
	@$(BIN)/python -m pytest -m long --durations=15 --junitxml=$(REPORTS)/tests-long.xml $(ARGS)

lock: $(UV) ## Resolve the dependencies anew into requirements*.lock.
	@$(UV_COMPILE) requirements-build.in -o requirements-build.lock
	@$(UV_COMPILE) --extra all pyproject.toml -o requirements.lock
	@$(UV_COMPILE) --extra all --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove what was installed and built here (not .parvis: that is `parvis reset`).
	@rm -rf $(VENV) build $(JS)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
