# Two commands are enough: `make demo` and `make test`. Each sets up what it needs; Python 3.11+, git and make are assumed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

# uv where it is there; otherwise a venv and pip bring it into .tools/
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
BIN := .venv/bin
WORKERS ?= 2
DEMO ?= padauk-demo

.PHONY: help demo test lint format bench docs ui ui-dev ui-check ui-types chromium screenshots clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.for-demo ## the main job on real data, told as it goes (DEMO=folder)
	@$(MAKE) --no-print-directory ui || echo "The web page could not be built (no Node, or no network): going on without it."
	$(BIN)/padauk demo $(DEMO)

test: .venv/.for-work ui ui-check chromium ## every test
	PADAUK_TEST_PAGE=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile

lint: .venv/.for-work ## formatting, lint, types, layers, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

format: .venv/.for-work ## put formatting and imports right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.for-work ## padauk beside its peers, with ratios
	$(BIN)/python -m bench

docs: .venv/.for-work ## write the generated pages of docs/
	$(BIN)/python docs/generate.py

ui: src/padauk/ui/index.html ## build the web page (Node comes from PyPI where there is none)

src/padauk/ui/index.html: $(shell git ls-files web 2>/dev/null)
	web/build.sh
	touch $@

ui-dev: ## the page with live reload, over PADAUK_SERVER (default http://127.0.0.1:5000)
	web/build.sh dev

ui-check: .venv/.for-work ## types, lint and unit tests of the page; its API types are up to date
	web/build.sh check
	$(BIN)/python web/generate.py --check

ui-types: .venv/.for-work ## write the page's API types from the server's
	$(BIN)/python web/generate.py

chromium: ## the browser that tests and screenshots drive (Debian's)
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; }

screenshots: .venv/.for-work ui chromium ## pictures of every page, into build/screenshots; the best into docs/images
	PYTHONPATH=tests $(BIN)/python -m ui.screenshots

clean: ## remove what these targets made, but no data
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .import_linter_cache dist

.tools/bin/uv:
	python3 -m venv .tools
	.tools/bin/pip install -q uv

.venv/.for-demo: uv.lock pyproject.toml | $(filter .tools/%,$(UV))
	$(UV) sync -q --frozen --inexact --no-default-groups --extra demo
	touch $@

.venv/.for-work: uv.lock pyproject.toml | $(filter .tools/%,$(UV))
	$(UV) sync -q --frozen --inexact --group dev
	touch $@
