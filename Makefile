# `make` lists the targets. Each does the same as the command it names; ARGS passes through to it.
.DEFAULT_GOAL := help
.PHONY: help demo setup setup-browser sweep analyze dashboard test lint format bench clean

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# The environment is made once, and again when what it holds has changed.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tailor needs Python 3.11 or newer, got %s. Name another one: make PYTHON=python3.12" % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(VENV)/.installed-dev ## make .venv with all that developing needs

demo: $(VENV)/.installed ## search and analyse the embedded digits: no download, about a minute
	$(BIN)/python src/train.py -m data=digits study=demo hydra.sweeper.n_trials=12
	$(BIN)/python -m analysis study=demo
	@echo
	@echo "The report is in multirun/demo/analysis. Next:"
	@echo "  make sweep ARGS=\"search=quick\"    six short trials on Fashion-MNIST (downloads 30 MB once)"
	@echo "  make analyze                      explain the best trial of the study that ran last"
	@echo "  make dashboard                    look at every study in the browser, also while one runs"

sweep: $(VENV)/.installed ## python src/train.py -m $(ARGS)
	$(BIN)/python src/train.py -m $(ARGS)

analyze: $(VENV)/.installed ## python -m analysis $(ARGS)
	$(BIN)/python -m analysis $(ARGS)

dashboard: $(VENV)/.installed ## python src/dashboard.py $(ARGS)
	$(BIN)/python src/dashboard.py $(ARGS)

test: $(VENV)/.installed-dev ## run every test
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.installed-dev ## ruff and mypy
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev ## run the benchmarks; minutes, on a machine that does nothing else
	for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || exit 1; done

setup-browser: ## install Chromium with apt, for the tests that open pages
	apt-get install --yes --no-install-recommends chromium chromium-driver

clean: ## remove caches and built files; results stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print | xargs rm -rf
