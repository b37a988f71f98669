# Thin: every target calls the `course` command, which is `python -m classroom`. On Windows, where make is rare,
# `py -m classroom install` and `py -m classroom start` do the same.

# The first Python of 3.11 to 3.13 that is found; if there is none, python3 says what is wrong. `make start
# PYTHON=python3.12` chooses another.
PYTHON ?= $(or $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && \
	echo "$$python" && break; done), python3)

# `make lock` takes the newest version of everything that the ranges in pyproject.toml allow: one version for all
# Pythons and platforms, wheels for each, and no word of the index that they came from.
UV ?= uv
COMPILE = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--only-binary :all: --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command 'make lock'

.PHONY: install start test test-all build book linkcheck bench lock

install:
	@$(PYTHON) -m classroom install

start:
	@$(PYTHON) -m classroom start

test:
	@$(PYTHON) -m classroom install --test
	@.venv/bin/python -m pytest -n 2 --dist loadfile

# The whole course in a browser, where `make test` takes one part of sixteen.
test-all:
	@COURSE_PART=1/1 $(MAKE) --no-print-directory test

build:
	@$(PYTHON) -m classroom install --test
	@.venv/bin/python -m classroom build

book:
	@$(PYTHON) -m classroom install --test
	@.venv/bin/python -m classroom book

linkcheck:
	@$(PYTHON) -m classroom install --test
	@.venv/bin/python -m classroom book --links

bench:
	@$(PYTHON) -m classroom install --test
	@.venv/bin/python -m benchmarks

lock:
	$(COMPILE) --upgrade --extra build --extra book --extra test --output-file constraints-test.txt
	$(COMPILE) --upgrade --extra build --constraints constraints-test.txt --output-file constraints.txt
