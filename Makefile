# Each target sets up what it needs. Start with: make demo, or make test.

PYTHON ?= python3
RUN := .venv/bin

# What the machine must have: the card stack, what pyscard is built with, a browser for the tests (the
# page engine of Chromium without its windows), and fonts, that of rare characters in names among them.
PACKAGES := python3-venv python3-dev gcc ca-certificates \
	pcscd vsmartcard-vpcd swig libpcsclite-dev \
	chromium-headless-shell fonts-noto-cjk fonts-hanazono sqlite3 systemd nats-server postgresql
# What a desk's agent is on Windows (tests/house/test_windows.py compares).
ON_WINDOWS := drivers edge/commands edge/__main__.py edge/log.py edge/clock.py
UV_VERSION := 0.13.9
APT := apt-get -q -y -o DPkg::Lock::Timeout=120

# The service and the suite start Python some hundred times: compiled once, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=
export UV_COMPILE_BYTECODE := 1

.PHONY: setup demo serve check style types windows imports house unit core suite test bench torture fuzz mutate docs wheelhouse clean

# The manual at /help, made anew when what it is made of is newer.
MANUAL := edge/web/look/manual/index.html
MADE_OF := properdocs.yml CHANGELOG.md $(shell find docs edge/web/look/templates edge/web/locale edge/store/migrations -type f -not -name '*.pyc')

setup: .venv/ready $(MANUAL)

$(MANUAL): $(MADE_OF) | .venv/ready
	$(RUN)/python -m properdocs --quiet build

demo: setup
	$(RUN)/edge demo

serve: setup
	$(RUN)/edge serve

check: setup
	@$(SIDE_BY_SIDE) --output-sync=target types house style imports windows

style:
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types:
	$(RUN)/mypy

# What has another name on Windows, or none, is Python's: of everything else `types` judges the types.
windows:
	$(RUN)/mypy --platform win32 --cache-dir=.mypy_cache/windows --follow-imports=skip \
		--allow-subclassing-any --allow-untyped-decorators \
		--no-warn-return-any --no-warn-unused-ignores $(ON_WINDOWS)

imports:
	$(RUN)/lint-imports

house: $(MANUAL)
	$(RUN)/pytest tests/house

# The core's tests by example reach every branch of it, and are counted; what draws its cases by the
# thousand, and every other room, is not slowed down by counting.
DRAWN := %_properties.py %_reference.py tests/regions/test_law.py tests/regions/test_changed_law.py
COUNTED := $(filter-out $(DRAWN),$(wildcard tests/core/test_*.py tests/regions/test_*.py))
# The databases of the suite lie in memory where there is room: each commit waits for its disk otherwise.
# That a disk keeps what was committed is for the torture to show.
ROOMY := $(shell df --output=avail -BG /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 + 0 >= 4 {print "TMPDIR=/dev/shm"}')
# The unit part: every rule of the core and every region's cases by example, in five seconds on two
# processors. Nothing is drawn or counted, no process and no database is opened.
unit: .venv/ready
	$(ROOMY) $(RUN)/pytest $(COUNTED) -m "not hypothesis" --workers 2

core:
	$(ROOMY) $(RUN)/pytest $(COUNTED) --cov --cov-report=term-missing:skip-covered

suite:
	$(ROOMY) $(RUN)/pytest $(COUNTED:%=--ignore=%) --ignore=tests/house --workers auto

# Two at a time, in this order: the suite is collected on the processor that the first to end has left.
SIDE_BY_SIDE := $(MAKE) --no-print-directory --jobs=2
test: .venv/ready
	@$(SIDE_BY_SIDE) --output-sync=line core types house style imports windows suite

# One JSON line a measurement, ours against its floor; NAME=adjudicate for one of them.
# KEEP=1 puts the figures into docs/performance.md and its plot; MINUTES=10 is for NAME=desk.
bench: setup
	$(RUN)/python -m bench $(NAME) $(if $(KEEP),--keep)

# Whatever reads bytes is given bytes that nobody would send: twenty seconds for each, or SECONDS=n.
# NAME=card for one of them.
SECONDS ?= 20
fuzz: setup
	nice $(RUN)/python -m tests.fuzz $(NAME) --seconds $(SECONDS)

# Every harness of faults (docs/decisions/0090-torture.md), N times or in proportion, SEED=n for other
# moments; each must catch its broken variants. N=500: 10,000 messages, 100,000 forgeries, seven days.
N ?= 500
SEED ?= 1
torture: setup
	nice $(RUN)/python -m tests.torture $(N) --seed $(SEED)

# Do the tests notice small changes to the money rules? Minutes of work; ends badly below 90 %.
mutate: setup
	nice $(RUN)/python -m tests.mutate

# The register of the law is made from config/law (a test compares), the manual from all of docs/.
docs: setup
	$(RUN)/edge packs law > docs/law.md
	$(RUN)/python -m properdocs build

# All that a machine without a network installs from: docs/operation.md. It ends with an installation
# from the folder alone (without a network, where this system lets us leave it) that checks every pack.
WHEELHOUSE := dist/wheelhouse
NO_NETWORK := $(shell unshare -rn true 2>/dev/null && echo unshare -rn)
wheelhouse: setup
	rm -rf $(WHEELHOUSE) && mkdir -p $(WHEELHOUSE)
	.tools/bin/uv export -q --locked --no-dev --no-emit-project --output-file $(WHEELHOUSE)/locked.txt
	.tools/bin/pip wheel -q --disable-pip-version-check --no-deps --require-hashes \
		--requirement $(WHEELHOUSE)/locked.txt --wheel-dir $(WHEELHOUSE)
	rm $(WHEELHOUSE)/locked.txt
	$(RUN)/python -m hatchling build --target wheel --directory $(CURDIR)/$(WHEELHOUSE)
	cp -r config/offline/install.sh config/systemd config/polkit $(WHEELHOUSE)
	$(PYTHON) -c 'import platform, sys; print("Python %d.%d, %s" % (*sys.version_info[:2], platform.machine()))' > $(WHEELHOUSE)/made-for
	cd $(WHEELHOUSE) && for wheel in *.whl; do \
		rest=$${wheel#*-}; \
		echo "$${wheel%%-*}==$${rest%%-*} --hash=sha256:$$(sha256sum $$wheel | cut -c 1-64)"; \
	done > requirements.txt
	$(NO_NETWORK) sh $(WHEELHOUSE)/install.sh dist/installed
	rm -rf dist/installed
	du -sh $(WHEELHOUSE)

clean:
	rm -rf .venv .tools .fuzz dist mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage var

.venv/ready: pyproject.toml uv.lock Makefile | .tools/packages
	test -x .tools/bin/uv || { $(PYTHON) -m venv .tools && .tools/bin/pip install -q uv==$(UV_VERSION); }
	UV_PYTHON_DOWNLOADS=never .tools/bin/uv sync -q --locked --python $(PYTHON)
	touch $@

# Debian's packages need root; anyone else is told exactly what to ask for.
.tools/packages: Makefile
	@missing=; for p in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ]; then \
			$(APT) update && DEBIAN_FRONTEND=noninteractive $(APT) install --no-install-recommends $$missing; \
		else \
			echo "Debian packages are missing. Run this once, then the same command again:"; \
			echo "    sudo apt-get update && sudo apt-get install --no-install-recommends$$missing"; \
			exit 1; \
		fi; \
	fi
	@mkdir -p .tools && touch $@
