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

.PHONY: help demo test lint format bench docs ui clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.for-demo ## the main job on real data, told as it goes (DEMO=folder)
	$(BIN)/padauk demo $(DEMO)

test: .venv/.for-work ## every test
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

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

ui: ## the web page (comes with the page itself)
	@echo "The web page is not part of this version yet; 'padauk server' shows where to look meanwhile."

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
