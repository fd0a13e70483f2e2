# A bare machine needs python3 (3.11 or newer) and make; the rest is fetched.

PYTHON3 ?= python3
VENV ?= .venv
PORT ?= 8000
WORKERS ?= 2
PYTEST_PROCESSES ?= auto
# "make lock LOCK_FLAGS=--upgrade" takes newer releases.
LOCK_FLAGS ?=

PYTHON := $(VENV)/bin/python
BENCH_VENV := .venv-bench
BENCH_PYTHON := $(BENCH_VENV)/bin/python
PIP_INSTALL := -m pip --disable-pip-version-check install --quiet --require-hashes -r
PYTEST := $(PYTHON) -m pytest -n $(PYTEST_PROCESSES) --maxprocesses 8
MANAGE := $(PYTHON) manage.py
# One HTTP version, since only that one has a limit for connections that say nothing.
SERVE = $(VENV)/bin/granian --host 127.0.0.1 --port $(PORT) --workers $(WORKERS) \
	--http 1 --http1-header-read-timeout 10000 --no-ws --no-access-log \
	--respawn-failed-workers --respawn-interval 0.5 --workers-kill-timeout 10
COVERED_FULLY := apikeys/access/*,apikeys/api/*,apikeys/changes/*,apikeys/counting/tries.py,apikeys/passwords.py,apikeys/audit/services.py,apikeys/organization/services.py,apikeys/keys/authorize.py,apikeys/keys/routes.py,apikeys/keys/rotation.py,apikeys/keys/services.py,apikeys/keys/values.py,apikeys/plugin_tokens/services.py,apikeys/plugin_tokens/reencryption.py,apikeys/plugin_tokens/topol/*
# Secrets made for the check, a host and a mail server; the rest are the defaults.
IN_PRODUCTION := env ENV_FILE=/dev/null DATABASE_URL=sqlite://:memory: ALLOWED_HOSTS=crm.example.com \
	EMAIL_URL=smtp+tls://mail.example.com:587 \
	$$($(PYTHON) -m config.first_run --secrets)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run run-gate test test-sqlite test-postgres test-gateways coverage check format lock bench system-parts

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/base.stamp ## serve on this machine, at http://localhost:8000 (PORT)
	@$(PYTHON) -m config.first_run --port "$(PORT)"
	@mkdir -p -m 700 var
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) collectstatic --no-input --verbosity 0
	@$(MANAGE) create_first_superadmin
	@echo "Settings → API: http://localhost:$(PORT)/settings/apikeys/apikey/"
	@exec $(SERVE) --interface asginl config.asgi:application >&2

run-gate: $(VENV)/base.stamp ## serve the gate alone, after "make run" (PORT)
	@exec $(SERVE) --interface wsgi --blocking-threads 4 config.gate:application >&2

test: system-parts ## the whole suite, on SQLite and on PostgreSQL
	@$(PYTHON) -m coverage erase
	$(PYTEST) --cov --cov-report=
	$(PYTEST) --cov --cov-report= --cov-append --postgres
	@$(MAKE) coverage

test-sqlite: system-parts
	$(PYTEST)

test-postgres: system-parts
	$(PYTEST) --postgres

test-gateways: system-parts $(VENV)/gateways.stamp ## the recipes of docs/gate in every proxy
	@$(PYTHON) tests/system_parts.py caddy
	$(PYTEST) --dist loadscope --gateways -m gateways tests

coverage: $(VENV)/dev.stamp ## what the last "make test" ran of the code
	$(PYTHON) -m coverage report --fail-under=95
	$(PYTHON) -m coverage report --fail-under=100 --include='$(COVERED_FULLY)'

check: $(VENV)/dev.stamp ## format, lint, types, layers, deployment, migrations
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	find templates apikeys webservice_users -name '*.html' | \
		xargs -r $(VENV)/bin/djade --check --target-version 5.2
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(IN_PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	$(IN_PRODUCTION) $(MANAGE) makemigrations --check --dry-run

format: $(VENV)/dev.stamp ## put code and templates in form
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
	find templates apikeys webservice_users -name '*.html' | \
		xargs -r $(VENV)/bin/djade --target-version 5.2

lock: $(VENV)/dev.stamp ## write requirements/*.txt anew from *.in
	for name in base dev bench gateways; do \
		$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
			--no-header --no-emit-index-url --no-strip-extras $(LOCK_FLAGS) \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

bench: $(BENCH_VENV)/bench.stamp ## measure against comparable products
	@$(BENCH_PYTHON) tests/system_parts.py wrk h2load nginx
	$(BENCH_PYTHON) -m bench

system-parts: $(VENV)/dev.stamp
	@$(PYTHON) tests/system_parts.py playwright chromium nginx

$(VENV)/base.stamp: requirements/base.txt | $(PYTHON)
	@echo "Installing what the server needs ..."
	@$(PYTHON) $(PIP_INSTALL) requirements/base.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(PYTHON)
	@echo "Installing what tests and checks need ..."
	@$(PYTHON) $(PIP_INSTALL) requirements/dev.txt
	@touch $@

$(VENV)/gateways.stamp: requirements/gateways.txt $(VENV)/dev.stamp
	@echo "Installing what further gateways need ..."
	@$(PYTHON) $(PIP_INSTALL) requirements/gateways.txt
	@touch $@

$(BENCH_VENV)/bench.stamp: requirements/bench.txt | $(BENCH_PYTHON)
	@echo "Installing what the benchmark needs ..."
	@$(BENCH_PYTHON) $(PIP_INSTALL) requirements/bench.txt
	@touch $@

$(PYTHON) $(BENCH_PYTHON):
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Python 3.11 or newer is needed: make PYTHON3=/path/to/python3 ...' >&2; exit 1; }
	@$(PYTHON3) tests/system_parts.py venv
	@$(PYTHON3) -m venv $(@D)/..
	@echo '*' > $(@D)/../.gitignore
