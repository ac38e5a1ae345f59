# The two commands: `make` (environment, default workflow, report) and `make test`.
SHELL := bash
PYTHON ?= python3
PROFILE ?= profiles/local
CORES ?= $(shell nproc)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked
# Room in kB that the environment takes.
NEEDED := 8500000
export PYTHONPATH := $(CURDIR)/workflow_scripts
# Compiled bytecode makes the commands start two to three times faster.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all help venv lock lint test fuzz chaos test-slurm profiles audit review

all: venv
	@$(BIN)/snakemake --profile profiles/local --cores $(CORES)
	@echo "The report: $(CURDIR)/results/report.html"

help:
	@echo "make        set up .venv, run the workflow as config.yaml says, make results/report.html"
	@echo "make test   style, workflow lint and all tests"
	@echo "make test-slurm  the workflow on a real Slurm of one node, started here (needs root, Debian)"
	@echo "make profiles    link profiles/slurm, so that snakemake --profile slurm finds it"
	@echo "make fuzz MINUTES=60    give every parser of foreign bytes damaged ones; table of findings"
	@echo "make chaos KILLS=200     kill jobs of every rule at random moments; table of what came of it"
	@echo "make audit       look the locked packages up in the database of known vulnerabilities"
	@echo "make review REVIEWER=anna   render the previews and serve the page where seeds are labelled"
	@echo "make venv   the environment alone, from envs/lock.txt"
	@echo "make lint   style and workflow lint alone"
	@echo "make lock   resolve envs/requirements.in again into envs/lock.txt"
	@echo "One target: .venv/bin/snakemake --cores $(CORES) results/figures/fig-4.5-auc-summary.pdf"

# More options, such as --blind --sample 0.1: make review REVIEWER=ben OPTIONS="...".
review: venv
	@$(BIN)/snakemake --profile $(PROFILE) --cores $(CORES) prepare_review
	@$(BIN)/python -m facetds.review $(if $(REVIEWER),--reviewer $(REVIEWER)) $(OPTIONS)

venv: $(STAMP)

$(STAMP): envs/lock.txt
	@command -v "$(PYTHON)" > /dev/null || { echo "There is no $(PYTHON) here: install Python 3.11-3.13 and name it, such as make PYTHON=/opt/bin/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"facetds needs Python 3.11-3.13, not {v[0]}.{v[1]}: make PYTHON=python3.12")'
	@test -x $(BIN)/python || df -Pk . | awk 'NR == 2 && $$4 < $(NEEDED) {printf "The environment takes 8 GB, and there are %.1f GB free here: make room, or clone facetds to a larger disk\n", $$4 / 1e6; exit 1}' >&2
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' envs/lock.txt > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes --build-constraints envs/lock.txt envs/lock.txt
	touch $@

lock:
	$(BIN)/uv pip compile --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" envs/requirements.in -o envs/lock.txt

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

# TensorFlow (fer) and torch crash each other in one process.
test: lint
	$(BIN)/pytest --ignore tests/fer --ignore tests/slurm
	$(BIN)/pytest tests/fer

# Hours of hostile inputs for every parser; `make test` runs the first ones. Others than last time:
# make fuzz OPTIONS="--first 100000".
MINUTES ?= 60
fuzz: venv
	OMP_NUM_THREADS=1 nice $(BIN)/python tests/hostile/fuzz.py --minutes $(MINUTES) $(OPTIONS)

# Kills in a small full run of its own, work/chaos; `make test` makes the first ones. Stopped, it
# goes on where it was.
KILLS ?= 200
chaos: venv
	KILLS=$(KILLS) CORES=$(CORES) TABLE="$(CURDIR)/results/chaos.csv" nice $(BIN)/pytest -s tests/hostile/test_hostile_crashes.py -k killed_jobs
	@echo "The table: $(CURDIR)/results/chaos.csv"

test-slurm: venv
	$(BIN)/pytest tests/slurm -ra

# Snakemake looks for --profile NAME in the user's folder, not in profiles/.
SNAKEMAKE_HOME := $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/snakemake
profiles:
	@mkdir -p "$(SNAKEMAKE_HOME)"
	@if [ -e "$(SNAKEMAKE_HOME)/slurm" ] && [ ! "$(SNAKEMAKE_HOME)/slurm" -ef profiles/slurm ]; then \
	  echo "$(SNAKEMAKE_HOME)/slurm is another profile of yours: rename it, or use --profile profiles/slurm" >&2; exit 1; fi
	@ln -sfn "$(CURDIR)/profiles/slurm" "$(SNAKEMAKE_HOME)/slurm"
	@echo "snakemake --profile slurm now finds $(CURDIR)/profiles/slurm"

audit: venv
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r envs/lock.txt || \
	  { echo "pip-audit found something, or could not ask the database (no network?): read above" >&2; exit 1; }
