# `make` alone lists the commands.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
OLDEST := .venv-oldest
PORT ?= 5006

.DEFAULT_GOAL := help
.PHONY: help install app test test-slow test-live test-oldest check check-release docs screenshots bench lock clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{sub(/:.*/, "", $$1); printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[app,plot,train,cluster,postgresql,hub,test,docs,bench]'
	touch $@

install: $(STAMP)  ## install everything into .venv, at the pinned versions

app: $(STAMP)  ## serve the explorer on http://127.0.0.1:5006 (PORT=... for another port)
	$(BIN)/lulc app --port $(PORT)

check: $(STAMP)  ## lint, format and types, in less than a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2 || $(BIN)/mypy  # 2.4: on a crowded machine its workers may not connect in time

test: check  ## all tests but the slow ones, browser and notebooks included
	tests/browser/install.sh
	tests/hub/install.sh
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder  # a hundred processes read modules that one compiled

test-slow: $(STAMP)  ## long sweeps, and every property over 300 examples: once before a release
	tests/browser/install.sh
	tests/hub/install.sh
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -n 2 --dist loadfile -m 'hypothesis and not slow and not live'

test-live: $(STAMP)  ## a small case of each real service: needs a network, and skips without one
	$(BIN)/pytest -m live tests/live

test-oldest: pyproject.toml constraints-oldest.txt  ## the tests without the browser, on the oldest releases supported
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/pip install --quiet --constraint constraints-oldest.txt --editable '.[app,plot,train,cluster,hub,test]'
	$(OLDEST)/bin/pytest -n 2 --dist loadfile tests --ignore tests/browser --ignore tests/project

docs: $(STAMP)  ## the documentation site, into docs/_build/html; a warning is an error
	$(BIN)/python -m sphinx -b html -W --keep-going -n -q docs docs/_build/html

check-release: docs  ## the site, known weaknesses and licences of what is pinned
	$(BIN)/python -P docs/check_release.py
	@echo 'Now run: make test, make test-slow, make test-oldest, make test-live'

screenshots: $(STAMP)  ## a contact sheet of the app, wide and narrow, into screenshots/
	tests/browser/install.sh
	PYTHONPATH=tests $(BIN)/python -m browser.screenshots

bench: $(STAMP)  ## every benchmark, side by side with its peers
	for file in benchmarks/*.py; do $(BIN)/python -P $$file || exit 1; done  # -P: coverage.py must not hide the library

lock: $(STAMP)  ## write constraints.txt from what is installed
	$(BIN)/pip freeze --all --exclude-editable --exclude lulc-explorer --exclude pip | sed 's/+cpu$$//' > constraints.txt

clean:  ## remove .venv and what the tools left
	rm -rf .venv $(OLDEST) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis screenshots docs/_build docs/_generated
