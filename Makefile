# Dealerwatch: every task is one target. `make run` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
CODE   := schemas detectors streams tests $(wildcard benchmarks)
UV     := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
          --fork-strategy fewest --generate-hashes --custom-compile-command "make lock" --quiet

# A file to play: `make run DATA=orders.ndjson.gz`. Without it a channel is simulated.
DATA ?=
# Arguments for pytest: `make test ARGS="-k broker"`.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test format lint types tests lock bench bench-detection clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 17

run: $(VENV)/.run $(VENV)/.compiled ## everything together, on an embedded Kafka (DATA=FILE plays a file)
	@$(BIN)/dealerwatch demo $(DATA)

test: lint types tests ## format, lint, types, import arrows, all tests (real broker included)

lint: $(VENV)/.dev
	@echo "format and lint"
	@$(BIN)/ruff format --check --quiet --diff $(CODE)
	@$(BIN)/ruff check --quiet $(CODE)

types: $(VENV)/.dev
	@echo "types"
	@$(BIN)/mypy $(CODE)

tests: $(VENV)/.dev $(VENV)/.compiled
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

format: $(VENV)/.dev ## format the code and mend what can be mended
	@$(BIN)/ruff check --quiet --fix $(CODE); $(BIN)/ruff format --quiet $(CODE)

bench: $(VENV)/.dev $(VENV)/.compiled ## the benchmarks (minutes)
	@$(BIN)/python -m benchmarks

bench-detection: $(VENV)/.dev $(VENV)/.compiled ## how early, how right, beside well-known methods
	@$(BIN)/python -m benchmarks.detection $(ARGS)

lock: $(VENV)/.dev ## resolve all versions again: Python packages and Kafka's jars
	@$(UV) --extra install --upgrade --output-file requirements/run.txt
	@$(UV) --extra install --extra dev --constraint requirements/run.txt --upgrade \
	  --output-file requirements/dev.txt
	@$(BIN)/python -m streams.broker.lock

clean: ## remove what was made
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment, in steps: each stamp is newer than what it was made from, so a second run costs nothing.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "dealerwatch needs Python 3.11 or later; found $$($(PYTHON) -V). Name one: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.packages-run: requirements/run.txt $(VENV)/.made
	@echo "installing the locked packages"
	@$(PIP) install --no-deps --require-hashes --requirement requirements/run.txt
	@touch $@

$(VENV)/.packages-dev: requirements/dev.txt $(VENV)/.made
	@echo "installing the locked packages for development"
	@$(PIP) install --no-deps --require-hashes --requirement requirements/dev.txt
	@touch $@

$(VENV)/.run: $(VENV)/.packages-run pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.packages-dev pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.packages-run $(VENV)/.run

# Compiled code is cached beside its source, and numba looks only at the file itself, not at what it calls in
# others: when one file of them changes, all of it is compiled again.
$(VENV)/.compiled: $(shell find schemas detectors -name '*.py') $(VENV)/.made
	@find schemas detectors -name '*.nb[ci]' -delete
	@touch $@
