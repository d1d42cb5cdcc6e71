# Each verb sets up what it needs in .venv: with uv when it is installed, else with venv and pip.
PYTHON ?= python3
BIN := .venv/bin
WHEEL_ENV := build/wheel-env

.PHONY: demo test lint types bench evals build bundle site conformance fresh check-wheel clean help

help:
	@echo "make demo    text a contact, summarise calls and receive an event on the embedded account"
	@echo "make test    run every test; what this machine cannot run is skipped with its reason"
	@echo "make lint    ruff, import direction, tool definitions"
	@echo "make types   mypy, strict"
	@echo "make bench   speed, memory and tokens, each beside its yardstick in the same run"
	@echo "make evals   25 questions to the tools alone, or to a model: MODEL='claude -p {question} --mcp-config {config}'"
	@echo "make build   build the wheel and list the tools from it in an empty environment"
	@echo "make bundle  build the bundle for Claude Desktop, validate it and start it once"
	@echo "make site    build the documentation, every link checked"
	@echo "make conformance  the official suites and the Inspector on the server over HTTP; needs npx"
	@echo "make fresh   from an empty home to a tool call with pip, uv and pipx, timed"
	@echo "make clean   remove everything these verbs made"

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "withallo-mcp needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@if command -v uv >/dev/null; then uv venv -q --allow-existing --python $(PYTHON) .venv; \
	else $(PYTHON) -m venv .venv && $(BIN)/python -m pip install -q --upgrade pip; fi

.venv/.run: .venv/pyvenv.cfg pyproject.toml
	@if command -v uv >/dev/null; then uv pip install -q --compile-bytecode --python $(BIN)/python -e .; \
	else $(BIN)/python -m pip install -q -e .; fi
	@touch $@

.venv/.dev: .venv/pyvenv.cfg pyproject.toml
	@if command -v uv >/dev/null; then uv pip install -q --compile-bytecode --python $(BIN)/python -e . --group dev; \
	else $(BIN)/python -m pip install -q -e . --group dev; fi
	@touch .venv/.run $@

demo: .venv/.run
	@$(BIN)/withallo-mcp demo

test: .venv/.dev
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/tdqs lint --fail-on warning --command "$(BIN)/withallo-mcp --sandbox"

types: .venv/.dev
	$(BIN)/mypy

bench: .venv/.dev
	$(BIN)/python -m tests.bench

evals: .venv/.dev
	$(BIN)/python -m tests.evals $(if $(MODEL),--command "$(MODEL)")

build: .venv/.dev
	@rm -rf dist
	$(BIN)/python -m build --outdir dist .
	@$(MAKE) --no-print-directory check-wheel

check-wheel:
	@rm -rf $(WHEEL_ENV)
	$(PYTHON) -m venv $(WHEEL_ENV)
	$(WHEEL_ENV)/bin/python -m pip install -q dist/*.whl
	cd $(WHEEL_ENV) && bin/python $(CURDIR)/tests/wheel_lists_tools.py bin/withallo-mcp

bundle: .venv/.dev
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/listings/bundle.py

.venv/.docs: .venv/.run
	@if command -v uv >/dev/null; then uv pip install -q --python $(BIN)/python --group docs; \
	else $(BIN)/python -m pip install -q --group docs; fi
	@touch $@

site: .venv/.docs
	$(BIN)/mkdocs build --strict --quiet

conformance: .venv/.dev
	$(BIN)/python -W ignore -m tests.conformance

fresh: build
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/fresh.py dist/*.whl

clean:
	rm -rf .venv build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
