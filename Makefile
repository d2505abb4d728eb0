# Needs make, Python >= 3.11 with venv, and a package index. No step asks anything. `make help` lists the targets.

.DEFAULT_GOAL := help
.PHONY: help install demo debian test proof chaos year lint audit sbom bench

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What reads or writes the office's database is tested on SQLite and on PostgreSQL.
ON_BOTH := tests/database tests/activities tests/services tests/rules tests/web --ignore=tests/web/test_access.py --ignore=tests/web/test_api_access.py

export PYTHONUTF8 := 1
# With no compiled modules kept, each of the many processes of a test would compile a second's worth of them again.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_USER := 0

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv with everything in it, .venv/bin/dondoc among it
	@echo "Ready: $(BIN)/dondoc"

demo: $(STAMP) ## start the whole system with invented directives, print the board, run until Ctrl-C
	@exec $(BIN)/dondoc demo

lint: $(STAMP) ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(STAMP) ## look for secrets in tree and history, licences that are not allowed, known vulnerabilities
	$(BIN)/python -m tools.audit $(if $(FAST),,--history)

sbom: $(STAMP) ## write what is installed, with versions and licences, to dist/sbom.json (CycloneDX)
	@mkdir -p dist
	@$(BIN)/cyclonedx-py environment $(VENV) --pyproject pyproject.toml --output-reproducible --of JSON -o dist/sbom.json
	@echo "dist/sbom.json"

debian: ## install the PostgreSQL, the Chromium and the Caddy that the tests run on, where missing (apt, as root)
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && command -v chromium >/dev/null && command -v caddy >/dev/null; then \
		echo "Uses $(VENV), and PostgreSQL, Chromium and Caddy of this machine. Nothing comes from apt."; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installs PostgreSQL, Chromium and Caddy with apt, as root: the tests run on the real ones (a minute the first time)."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql chromium caddy >/dev/null; \
	else \
		echo "The tests run on the real PostgreSQL, Chromium and Caddy. As root: apt install postgresql chromium caddy" >&2; exit 1; \
	fi

# The tests with servers mostly wait for them, so four at a time fill two cores.
test: $(STAMP) debian ## check and test everything; the quick tests first
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -q -m "not server and not slow and not proof" -n 2 --dist worksteal
	DONDOC_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q $(ON_BOTH) -m "not server and not slow and not proof" -n 2 --dist worksteal
	$(BIN)/python -m pytest -q -m "(server or slow) and not proof" -n 4 --dist loadscope --no-loadscope-reorder
	DONDOC_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q tests/workflows -m "server and not proof" -n 4 --dist loadscope

proof: $(STAMP) ## what takes longer than make test: twenty rounds of crashes, great crowds, many more lives
	DONDOC_ORACLE_LIVES=50000 $(BIN)/python -m pytest -q -m proof -n 0 --durations=0

chaos: $(STAMP) debian ## faults on PostgreSQL with people on the web: each once, then ROUNDS=50 by chance, judged after each
	$(BIN)/python -m pytest -q -n 0 tests/survival/test_chaos_rows.py tests/survival/test_chaos_disks.py
	DONDOC_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -n 0 -m proof tests/survival/test_faults_office.py
	PYTHONPATH=.:tests:tests/survival $(BIN)/python tests/survival/chaos_rounds.py

year: $(STAMP) ## live a year of an office in minutes on the real engine, and report whether each moment was told once
	@exec $(BIN)/python -m examples.year

bench: $(STAMP) ## measure how fast the engine is on this machine, as ratios within one run
	$(BIN)/python -m bench

# The stamp is newer than both files once everything is installed, so the second time nothing is done.
$(STAMP): requirements.lock pyproject.toml
	@set -e; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
			if $$candidate -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
				python=$$candidate; break; \
			fi; \
		done; \
		if [ -z "$$python" ]; then \
			echo "No Python 3.11 or newer with venv was found; on Debian: apt install python3 python3-venv; elsewhere: make PYTHON=/path/to/python" >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) with $$($$python --version)"; \
		$$python -m venv --clear $(VENV); \
	fi; \
	echo "Installing the packages of requirements.lock into $(VENV) (about a minute the first time)"; \
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock; \
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .; \
	touch $(STAMP)
