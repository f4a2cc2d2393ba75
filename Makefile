# Two commands are enough: `make run` and `make test`. Each sets up what it needs.
SHELL := /bin/sh
PYTHON ?= $(or $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; \
	done),python3)
BIN := .venv/bin
ARGS ?=
# Where `make docs` puts the documents.
DOCS ?= build/docs
# `make run HIS=soap`: see its help.
HIS ?=
# More than two processors' worth: a quarter of the time tests wait.
WORKERS ?= 3
SPREAD := --dist loadfile --no-loadscope-reorder
# Tests with real calls run after the others, so that nothing starves their audio; they mostly wait.
REAL_WORKERS ?= 3
# Real calls beside each other now and then starve on a small machine: what failed there is run once
# more with the machine to itself. What fails again fails; both runs are shown.
ALONE := -p no:xdist -m integration --last-failed --last-failed-no-failures none --maxfail 3
export CARELINE_HOME ?= $(CURDIR)/var

.PHONY: help run test lint types bench docs screenshots clean distclean environment test-environment
.SILENT:

help:
	echo 'make run     start careline with demo data (no root; Ctrl-C ends everything)'
	echo '            HIS=soap: its east campus has a SOAP system, a program of npm'
	echo 'make test    lint, types and all tests; ARGS="-k name" for some'
	echo 'make lint | types | bench    one of them alone'
	echo 'make docs    build the documents into a folder: DOCS=build/docs'
	echo 'make screenshots   pictures of every page of a running demonstration'
	echo 'make clean   remove what tools left; make distclean also .venv and .cache'

environment:
	$(PYTHON) tools/environment.py
	$(PYTHON) tools/frontend.py
	$(PYTHON) tools/documents.py

test-environment:
	$(PYTHON) tools/environment.py test
	$(PYTHON) tools/frontend.py checkers

run: environment
ifeq ($(HIS),soap)
	$(PYTHON) tools/counterparts.py
	exec $(BIN)/python -m tests.support.demo_his $(ARGS)
else
	exec $(BIN)/careline run --demo $(ARGS)
endif

test: test-environment
	$(PYTHON) tools/system_packages.py
	$(PYTHON) tools/counterparts.py
	$(MAKE) --no-print-directory lint types
	unset CARELINE_HOME; $(BIN)/pytest -n $(WORKERS) $(SPREAD) -m "not integration" $(ARGS) \
		|| [ $$? -eq 5 ]
	unset CARELINE_HOME; $(BIN)/pytest -n $(REAL_WORKERS) $(SPREAD) -m integration $(ARGS) \
		|| [ $$? -eq 5 ] || $(BIN)/pytest $(ALONE) $(ARGS)

lint: test-environment
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(PYTHON) tools/frontend.py lint

types: test-environment
	$(BIN)/mypy --num-workers $(WORKERS)

docs: test-environment
	$(PYTHON) tools/documents.py $(DOCS)

screenshots: test-environment
	$(BIN)/python -m tests.web.screenshots $(ARGS)

bench: test-environment
	unset CARELINE_HOME; exec $(BIN)/python -m tests.bench $(ARGS)

clean:
	rm -rf build dist screenshots *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find core cli migrations plugins tests tools -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv .cache core/careline/web/frontend/node_modules core/careline/web/static/vendor core/careline/pages/help/built*
