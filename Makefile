# Two commands: `make reproduce` and `make test`. What runs, and why, is decided in assl_utils/runner/ by content, never by
# a file's time; make only chooses the environment and the order.
#
#   PROFILE=cpu|small|paper  picked by hardware if absent      SET="k=5 04.budget=300"  single values
#   PROTOCOL=clean|paper     clean if absent                    SEED=1                   0 if absent
#   RUN=runs/name            another run, for the targets that read one that is done
#   TRIAL=name               beside the usual run, of which it is a copy at first: runs/<profile>-name; it remembers SET
#   CELL_TIMEOUT=3600        seconds that a cell may take; no limit if absent
#
# What stands on the command line is the caller's own shell, as with every make: $(…) and `…` in SET, SEEDS or JOBS run.
# Nothing that a profile, a notebook or a run holds comes there: PROFILE, SET and the like reach Python in the environment,
# and a run's folder stands in a shell variable, always in quotes.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

export PROFILE SET PROTOCOL SEED TRIAL Q RUN LAB AS
SEEDS ?= 0 1 2
PROTOCOLS ?= clean paper
JOBS ?= 1
GRID ?= ablations
ENGINE ?= local
CASES ?= finfe afqmc fineval
LAB ?=
KILLS ?= 200
MINUTES ?= 38
UPTO ?= 10
AS ?=
PIECE ?= 48
PYTHON ?= 3.12
RUN :=

# The environment: an active one (but not conda's base, which is left as it is), else .venv.
# A blank in a path ends a word for make: in its own lists such a path is written with a backslash (`shown`).
blank := $(subst ,, )
shown = $(subst $(blank),\$(blank),$(1))
ifneq ($(and $(VIRTUAL_ENV),$(wildcard $(call shown,$(VIRTUAL_ENV))/bin/python)),)
ENV := $(VIRTUAL_ENV)
else ifneq ($(and $(CONDA_PREFIX),$(filter-out base,$(CONDA_DEFAULT_ENV)),$(wildcard $(call shown,$(CONDA_PREFIX))/bin/python)),)
ENV := $(CONDA_PREFIX)
else
ENV := $(CURDIR)/.venv
endif
export PATH := $(ENV)/bin:$(PATH)

# Threads that wait for each other burn a core. Beside a busy process answers took 3.7 times as long; now they take 1.9 times.
export GOMP_SPINCOUNT ?= 1000

# What was installed is written in the stamp's name, so that a touched lock installs nothing and a changed one does.
KIND ?= $(shell nvidia-smi -L 2> /dev/null | grep -q GPU && echo cuda || echo cpu)
KIND := $(KIND)
LOCK := $(wildcard requirements/$(KIND).txt requirements/torch.txt pyproject.toml)
STAMP := $(call shown,$(ENV))/.env-stamp-$(KIND)-$(shell { pwd; cat $(LOCK) /dev/null; } | cksum | tr ' ' -)
# The run's folder as $$run. An assignment of its own: where Python finds a mistake, this ends the recipe; inside the
# arguments of a command it would leave an empty word, and the command would go on with another folder.
FIND_RUN = run="$${RUN:-$$(python -m assl_utils.runner where)}"; [ -n "$$run" ]

.PHONY: help env reproduce study test test-names test-alone test-harness test-faults book check bench status plan diff list lab keep drop lint publish record grid row-choices cells consequences ask export release harness gpu-check gpu-pack base-model clean
.PHONY: 01 02 03 04 05 06 07 08 09 10 11 12

help: ## this list
	@grep -hE '^[a-z0-9 -]+:.* ## ' $(MAKEFILE_LIST) | sed -E 's/:.* ## /\t/' | sed 's/^01 .* 12/01 .. 12/' \
	  | while IFS=$$'\t' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

env: $(STAMP) ## install the locked packages, in the active environment or in .venv

$(call shown,$(ENV))/bin/python:
	@for python in python3.11 python3.12 python3.13 python3; do \
	  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null && break; \
	  python=; \
	done; \
	[ -n "$$python" ] || { echo "env: no Python 3.11, 3.12 or 3.13 on the PATH" >&2; exit 1; }; \
	echo "env: making .venv with $$python"; \
	if command -v uv > /dev/null; then uv venv --quiet --seed --python "$$python" "$(ENV)"; \
	else "$$python" -m venv "$(ENV)" || { rm -rf "$(ENV)"; echo "env: venv is missing (Debian: apt install python3-venv)" >&2; exit 1; }; fi

$(STAMP): | $(call shown,$(ENV))/bin/python
	@python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "env: $(ENV) has a Python older than 3.11" >&2; exit 1; }
	@bash requirements/install.sh $(KIND)
	@rm -f "$(ENV)"/.env-stamp-* && touch "$@"

# What only asks is answered by any environment that can: a GPU's packages are gigabytes, and no answer needs them.
.PHONY: asking
asking:
	@python -c 'import assl_utils.runner.__main__, assl_utils.runner.outlook, yaml' 2> /dev/null \
	  || { echo "env: to answer this the packages for a CPU are enough" >&2; $(MAKE) --no-print-directory env KIND=cpu; }

reproduce: env ## run all chapters and build the book; what is up to date is left alone
	@python -m assl_utils.runner run
	@$(MAKE) --no-print-directory book

01 02 03 04 05 06 07 08 09 10 11 12: env ## run up to that chapter
	@python -m assl_utils.runner run --upto $@

study: env ## the rest of the study: protocols clean and paper, seeds SEEDS="0 1 2"; JOBS=2 does two runs at a time; stops where one fails
	@$(FIND_RUN); [ $(JOBS) = 1 ] || export OMP_NUM_THREADS=$$(( ($$(nproc) + $(JOBS) - 1) / $(JOBS) )); \
	for protocol in $(PROTOCOLS); do for seed in $(SEEDS); do echo "$$protocol $$seed"; done; done \
	  | xargs -L 1 -P $(JOBS) bash -c 'python -m assl_utils.runner run --protocol "$$0" --seed "$$1" || exit 255'

book: env ## build the book from the run as it is: book/_build/html/index.html
	@$(FIND_RUN); python -m assl_utils.book.build build --run "$$run"

check: asking ## whether each built page is that of its source: text, code, modules, data and records
	@python -m assl_utils.book.build check

status: asking ## each stage: done or not, since when, why it would run; and what each trial changes
	@python -m assl_utils.runner status

plan: asking ## status, and what it would cost
	@python -m assl_utils.runner plan

diff: asking ## this run's tables against the published ones, or a trial's against its run's, cell by cell
	@python -m assl_utils.runner diff || [ $$? -eq 3 ]

list: asking ## every chapter's parameters, with this run's values
	@python -m assl_utils.runner list

lab: env ## the notebooks in JupyterLab with this run's values, in a trial (TRIAL=lab if absent): the run stays as it is; LAB="--no-browser --port=9000" are options of JupyterLab
	@python -m assl_utils.runner lab

keep: asking ## give a trial a name of its own: TRIAL=lab AS=name; without AS the name is made from what was changed
	@python -m assl_utils.runner keep

drop: asking ## remove a trial: TRIAL=name
	@python -m assl_utils.runner drop

test: env ## the tests; JOBS=2 runs two files at a time
	@python -m pytest $(if $(filter-out 1,$(JOBS)),-n $(JOBS) --dist loadfile)

test-faults: env ## kill, damage and mislead it on purpose, and keep a record in book/recorded/faults; KILLS=200, MINUTES=38; the same command goes on; UPTO=10 ends the chain
	@python tests/faults/drive.py --kills $(KILLS) --minutes $(MINUTES) --upto $(UPTO)

test-names: env ## a small study, chapters 1 to 8 and the release, with models by hub name only (a hub on this machine); minutes
	@ASSL_NAMES=1 python -m pytest tests/test_by_name.py

test-alone: env ## one chapter in an empty folder, as Colab would run it: its first cells fetch, install and run what it needs; minutes
	@ASSL_ALONE=1 python -m pytest tests/test_alone.py

test-harness: env ## the exported tasks in lm-evaluation-harness itself, which is installed beside, in .venv-harness; minutes
	@bash requirements/harness.sh "$(CURDIR)/.venv-harness"
	@.venv-harness/bin/python -m pytest tests/share/test_real_harness.py

lint: env ## ruff, and the rules of notebooks
	@ruff check
	@ruff format --check notebooks
	@python -m assl_utils.runner.rules

bench: env ## our kernels against their peers: runs/bench/bench.json
	@python -m assl_utils.bench.kernels

gpu-check: env ## on a GPU: every path against its CPU twin, and a 7B shape at speed; ten minutes, one record
	@python -m assl_utils.bench.gpu_check --record

gpu-pack: env ## gpu-check and a part of the real study as one folder for a machine that is lent: MIRROR=… ENCODER=… BASE=…
	@python -m assl_utils.bench.pack.build --mirror "$(MIRROR)" --encoder "$(ENCODER)" --base "$(BASE)" --piece $(PIECE) \
	  --python "$(PYTHON)" $(if $(SIZES),--sizes "$(SIZES)")

publish: env ## keep a whole run's tables in book/published and its numbers in the README
	@python -m assl_utils.runner run
	@$(FIND_RUN); python -m assl_utils.book.build publish --run "$$run"

record: env ## keep a study's numbers, without its texts, in book/recorded
	@$(FIND_RUN); python -m assl_utils.study.record "$$run"

grid: env ## experiments as sentences: GRID=ablations (a file of notebooks/grids; GRID=list names them); PLAN=1 says what is new and its cost, COUNT=1 counts rows, JOBS=2 side by side, RECORD=1 keeps it
	@python -m assl_utils.study.grid $(GRID) $(if $(filter-out 1,$(JOBS)),--jobs $(JOBS)) --engine $(ENGINE) $(if $(PLAN),--plan --verbose) $(if $(COUNT),--count) $(if $(RECORD),--record)

row-choices cells: env
	@python -m assl_utils.study.choice_names $(CHOICES) $(CELLS)

consequences: env ## with a mirror: CASES="finfe afqmc fineval", what faults of the data do to a model; RECORD=1 keeps it
	@python -m assl_utils.study.data_faults $(CASES) $(if $(RECORD),--record)

ask: env ## what a finished run answers, and why this expert: Q="your question"; without Q one question after another; RUN=runs/… another run
	@$(FIND_RUN); python -m assl_utils.ask --run "$$run" $${Q:+-- "$$Q"}

export: env ## the adapters of this run with a model card each, for use without this book: runs/<run>/export
	@$(FIND_RUN); python -m assl_utils.share.export "$$run"

release: env ## the whole system in one folder, with a script that needs no book: runs/<run>/release
	@$(FIND_RUN); python -m assl_utils.share.release "$$run"

harness: env ## this run's questions as tasks of lm-evaluation-harness: runs/<run>/harness
	@$(FIND_RUN); python -m assl_utils.share.harness "$$run"

base-model: env ## pre-train the embedded base model again
	@python -m assl_utils.corpus.base_model.pretrain

clean: ## remove the built book and caches; keep runs/ and .venv
	@rm -rf book/_build .pytest_cache .ruff_cache; find assl_utils tests -name __pycache__ -prune -exec rm -rf {} +
