# make demo   a running demo in the browser         make test    everything that decides whether a change is good
# make check  the fast part of it, while working    make bench, make fuzz, make test-all   the long runs

PORT ?= 8000
APPS ?= apps/crm
# The first Python that runs and is recent enough (a command may exist and yet refuse to run).
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; exit; }; done)
VENV := .venv
BIN := $(VENV)/bin
DESIGNER := $(shell find designer -name node_modules -prune -o -type f -print)
CHECKED := $(patsubst %/app.yaml,%,$(wildcard apps/*/app.yaml examples/*/app.yaml))
SOURCES := engine tests hatch_build.py

.PHONY: demo install test check test-all bench fuzz lock clean browser lint

demo: $(VENV)/.ready
	$(BIN)/dougong serve $(APPS) --demo --port $(PORT)

install: $(VENV)/.ready

# Installed again only when the lock, the project file or the browser sources change, so that a second start is quick.
$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Dougong needs Python 3.11 or newer with venv; name one with: make demo PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.locked: requirements.lock $(VENV)/.python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.ready: $(VENV)/.locked pyproject.toml hatch_build.py $(DESIGNER)
	@echo "Building the browser bundle (about a minute the first time) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: tests/requirements.lock $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.lock
	@touch $@

# Browser tests drive the system's Chromium; Chinese pages need a Chinese font to be looked at.
browser:
	@if ! { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null 2>&1 \
			|| ! fc-list :lang=zh 2>/dev/null | grep -q .; then \
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk fontconfig >/dev/null; \
		else \
			echo "Chromium or a Chinese font is missing; install chromium and fonts-noto-cjk, or the browser tests are skipped." >&2; \
		fi; \
	fi

lint: $(VENV)/.dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(CHECKED),$(BIN)/dougong check $(CHECKED))

check: lint
	$(BIN)/python -m pytest -m "not browser and not slow and not postgresql" -n 2

test: lint browser
	$(BIN)/python hatch_build.py typecheck
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-all: lint browser
	$(BIN)/python hatch_build.py typecheck
	DOUGONG_TEST_ALL=1 $(BIN)/python -m pytest -n 2 --dist loadgroup

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz

# Both locks hold hashes for every supported platform and Python, and no address of any registry.
lock: $(VENV)/.python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml \
		--group dev -c requirements.lock -o tests/requirements.lock
	cd designer && npm install --package-lock-only

clean:
	rm -rf $(VENV) build dist designer/node_modules engine/web/static/dist
