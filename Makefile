# `make` lists the targets. Each runs the command that it names; settings and ARGS are passed on.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
TARGETS := help demo setup setup-browser sweep analyze dashboard test test-all lint format docs wheel bench torture clean
.PHONY: $(TARGETS)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

# What is typed as in `make sweep search=quick` goes to the command, as ARGS does.
TYPED := $(strip $(foreach key,$(filter-out ARGS PYTHON VENV BIN,$(.VARIABLES)),$\
    $(if $(filter command,$(origin $(key))),'$(key)=$(subst ','\'',$(value $(key)))')))
TAKING := sweep analyze dashboard
ifneq ($(TYPED),)
ifneq ($(filter-out $(TAKING),$(or $(MAKECMDGOALS),help)),)
$(error $(TYPED) is for $(TAKING), and make $(or $(MAKECMDGOALS),help) does not take it)
endif
endif

UNKNOWN := $(filter-out $(TARGETS) $(BIN)/python $(VENV)/.installed $(VENV)/.installed-dev,$(MAKECMDGOALS))
ifneq ($(UNKNOWN),)
$(error make has no target $(UNKNOWN). Words for a command go into ARGS: make sweep ARGS="$(UNKNOWN)")
endif

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# The environment is made once, and updated when its requirements change.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tailor needs Python 3.11 or newer, got %s. Name another one: make PYTHON=python3.12" % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	@echo "installing the packages of tailor into $(VENV): 1.5 GB, a minute to many (see the README for Linux without a GPU)"
	$(BIN)/pip install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing the packages of development into $(VENV)"
	$(BIN)/pip install --constraint constraints.txt --editable '.[dev]'
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
	$(BIN)/python src/train.py -m $(TYPED) $(ARGS)

analyze: $(VENV)/.installed ## python -m analysis $(ARGS)
	$(BIN)/python -m analysis $(TYPED) $(ARGS)

dashboard: $(VENV)/.installed ## python src/dashboard.py $(ARGS)
	$(BIN)/python src/dashboard.py $(TYPED) $(ARGS)

test: $(VENV)/.installed-dev ## run the tests, without the slow ones
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-all: $(VENV)/.installed-dev ## run every test, as CI does
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.installed-dev ## ruff, and mypy for each platform
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32
	$(BIN)/mypy --platform darwin

format: $(VENV)/.installed-dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.installed-dev ## build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

wheel: $(VENV)/.installed-dev ## build the published package into dist/
	$(BIN)/python -m build src --outdir dist

bench: $(VENV)/.installed-dev ## measure everything in its quick form, eight minutes; $(ARGS)
	$(BIN)/python benchmarks $(ARGS)

torture: $(VENV)/.installed-dev ## kill searches and damage files at random for half an hour; $(ARGS)
	$(BIN)/python -W ignore -m tests.torture $(ARGS)

setup-browser: ## install Chromium with apt, for the tests that open pages
	apt-get install --yes --no-install-recommends chromium chromium-driver

clean: ## remove caches and built files; results stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis dist site
	find . -path './$(VENV)' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
