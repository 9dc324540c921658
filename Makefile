# Each target sets up what it needs. `make lab` and `make test` are the two that everyone uses.

.DEFAULT_GOAL := help
.PHONY: help lab test test-slow test-notebooks check style types tests format bench guide notebooks requirements clean
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Python keeps what it has compiled: else each of the many processes compiles all that it imports, for seconds.
unexport PYTHONDONTWRITEBYTECODE

help: ## What there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

lab: $(READY) ## Set up, run the race once, open JupyterLab (ARGS=--check stops when JupyterLab answers)
	@exec $(BIN)/lambdastream lab $(ARGS)

test: style ## Lint, types, unit tests, integration tests with the real binaries, notebooks
	@# The types beside the tests: where mypy has looked at nothing yet, it takes one processor for half a minute.
	@$(MAKE) --no-print-directory --jobs=2 types tests

tests: $(READY)
	$(BIN)/python -m pytest -n 3 --dist loadfile -m "not slow" $(ARGS)

test-slow: $(VENV)/guide-ready ## The long checks
	$(BIN)/python -m pytest -n 3 --dist loadfile -m slow $(ARGS)

test-notebooks: $(READY) ## All notebooks through nbval, strictly: what is committed is what they write
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/notebooks/course -k runs_to_its_end $(ARGS)

check: style types ## Lint, format and types

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy
	@# By itself: both apps have a module "main".
	MYPYPATH=app/agent $(BIN)/mypy app/agent

format: $(READY) ## Put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/bench-ready ## Measure; writes benchmarks/results.json
	$(BIN)/python benchmarks/run.py $(ARGS)

guide: $(VENV)/guide-ready ## Build the guide: build/guide/index.html. Offline, and a warning is an error
	$(BIN)/python workshop-guide/build.py

notebooks: $(READY) ## Run the notebooks and write their outputs
	@# In fresh workspaces: what was changed in them would be told in the outputs. The old ones are kept.
	@if [ -d workspace ]; then mkdir -p .lambdastream && mv workspace .lambdastream/workspace-$$(date +%Y%m%d-%H%M%S); fi
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m lambdastream.workshop.notebooks notebooks
	$(BIN)/python -m lambdastream.workshop.race_picture notebooks/06-the-race.ipynb notebooks/images/race.png

requirements: $(READY) ## Compile the pinned, hashed requirements anew
	$(BIN)/python requirements/compile.py $(ARGS)

clean: ## Remove everything that was made here
	@if [ -x $(BIN)/lambdastream ]; then $(BIN)/lambdastream down; fi
	rm -rf $(VENV) .lambdastream build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache workspace cdk/cdk.out cdk/node_modules

# The environment: made once, made anew when a requirement changes.
$(READY): requirements/lab.txt requirements/uv.txt pyproject.toml requirements/bootstrap.sh requirements/project.sh
	@requirements/bootstrap.sh $(VENV)
	@touch $@

# What only the benchmarks need, on top; and what only the guide needs.
$(VENV)/%-ready: requirements/%.txt $(READY)
	@$(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(BIN)/python -r $<
	@touch $@
