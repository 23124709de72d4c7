# The one task list, for people, hooks and CI alike. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
SECRET := build/demo.secret
AS_OF := 2018-01-01
# `CPU=1` on the command line: without the packages that only GPUs need; `CPU=0`: with them; neither: as the machine is.
CPU_OPTION := $(if $(findstring command,$(origin CPU)),--cpu $(CPU))

.PHONY: help doctor setup s3 check test test-all demo bench docs clean lock wheel archive

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

doctor: ## what this machine lacks, and how to get it
	@$(PYTHON) infra/local/doctor.py

setup: ## everything below this folder: .venv from the lock file, jars, example data, model weights (CPU=1: for no GPU)
	@$(PYTHON) infra/local/doctor.py --quiet
	@$(PYTHON) infra/local/set_up.py $(CPU_OPTION)

s3: setup ## the jars for lakes and logs on S3 (13 MB); spark-submit.sh sends them along where an address begins with s3a://
	@$(PYTHON) infra/local/set_up.py $(CPU_OPTION) --s3

check: setup ## formatter, linters and types; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/shellcheck .ci/run $$(git ls-files --cached --others --exclude-standard '*.sh')
	$(BIN)/yamllint --strict .
	@if [ -n "$$(git ls-files --cached --others --exclude-standard 'libs/*.sql')" ]; then \
	  echo $(BIN)/sqlfluff lint libs; $(BIN)/sqlfluff lint --disable-progress-bar libs; fi

test: s3 ## the tests but the slow ones; they need Chromium and Maven too
	@$(PYTHON) infra/local/doctor.py --for-tests --quiet
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder -m "not slow"

test-all: s3 ## all tests: before a release, and where much has changed
	@$(PYTHON) infra/local/doctor.py --for-tests --quiet
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder

demo: setup $(SECRET) ## the whole way once on the example shop, from raw logs to the report
	@$(BIN)/python examples/shop/lay_out.py --out build/shop
	@FOOTFALL_PSEUDONYM_SECRET="$$(cat $(SECRET))" ./spark-submit.sh jobs/pipeline.py \
	  --env local --lake build/lake --raw build/shop --as-of $(AS_OF) --set report.show_texts=true

# Made once and kept: with another secret the demo's lake could not be read on.
$(SECRET):
	@mkdir -p build
	@(umask 077; $(PYTHON) -c 'import secrets; print(secrets.token_hex(32))' > $@)

bench: setup ## the benchmarks: ratios, medians of several runs; a quarter of an hour and more
	@$(BIN)/python examples/shop/lay_out.py --out build/shop
	@$(PYTHON) infra/local/set_up.py --bench
	@for one in refine ingest featurize increment text/speed text/shares; do echo "== $$one"; $(BIN)/python "benchmarks/$$one.py"; done

docs: setup ## docs/tables.md, the settings reference and the picture of the flow, from the code
	$(BIN)/python -m footfall.docs

archive: setup ## build/python.tar.gz: the Python packages of nodes, for spark-submit.sh (CPU=1: nodes without a GPU)
	@$(BIN)/python infra/local/archive.py $(CPU_OPTION)

wheel: setup ## footfall's wheel into build/wheel: library, jobs and settings
	@$(BIN)/python -m hatchling build --target wheel --directory build/wheel

lock: setup ## new versions of the Python packages into the lock file; look at the difference before you commit it
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command 'make lock' --upgrade --quiet -o infra/local/requirements.lock
	$(BIN)/uv pip compile --group pyproject.toml:bench --no-deps --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command 'make lock' --upgrade --quiet -o infra/local/bench.lock

clean: ## what was built: tables, report, caches of tools; .venv and .cache stay
	rm -rf build .pytest_cache .mypy_cache .ruff_cache spark-warehouse metastore_db derby.log
