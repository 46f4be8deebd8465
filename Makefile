# `make run` and `make test` are all that a fresh machine with Python 3.11, pip and make needs.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
SERVING := .venv/.serving

.PHONY: help install run test check format bench examples soak soak-short lock lowest audit readme docs clean

help:  ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED)  ## a virtual environment in .venv, with all extras

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(SERVING)

# Not compiled: Python does so for what is imported, which is a fifth of it, and 250 MB less lie on disk.
$(SERVING): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-compile --editable .
	@touch $@

run: $(SERVING)  ## serve on port 8000 (another: CARDIODE_PORT=8080 make run); installs what that needs, and no extra
	$(BIN)/cardiode serve

test: install  ## run every test, on all cores but at most four
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadscope

check: install  ## format, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## rewrite the source as `make check` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install  ## measure speeds, as ratios against a baseline in the same run
	$(BIN)/python -m benchmarks.solver
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.gradients
	$(BIN)/python -m benchmarks.cuda
	$(BIN)/python -m benchmarks.calibration
	$(BIN)/python -m benchmarks.novelty
	$(BIN)/python -m benchmarks.readers
	$(BIN)/python -m benchmarks.disturbances
	$(BIN)/python -m benchmarks.judged
	$(BIN)/python -m benchmarks.recordings
	$(BIN)/python -m benchmarks.stream
	$(BIN)/python -m benchmarks.monitors
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.explanation

examples: install  ## run every example, and draw its figure anew
	$(BIN)/python -m examples.cooling
	$(BIN)/python -m examples.reaction
	$(BIN)/python -m examples.pendulum
	$(BIN)/python -m examples.identify_linear
	$(BIN)/python -m examples.identify_nonlinear
	$(BIN)/python -m examples.augmented
	$(BIN)/python -m examples.flow
	$(BIN)/python -m examples.adjoint
	$(BIN)/python -m examples.tolerance
	$(BIN)/python -m examples.latent_spirals
	$(BIN)/python -m examples.latent_beats
	$(BIN)/python -m examples.digits
	$(BIN)/python -m examples.shapes

soak: install  ## look for what breaks, for a long time
	$(BIN)/python -m soak.readers
	$(BIN)/python -m soak.contract
	$(BIN)/python -m soak.saturation
	$(BIN)/python -m soak.overload
	$(BIN)/python -m soak.faults
	$(BIN)/python -m soak.mix

soak-short: install  ## the tests that take long, then the same for two minutes, but what needs a quiet machine
	$(BIN)/python -m pytest -m soak --numprocesses logical --maxprocesses 4 --dist loadscope
	$(BIN)/python -m soak.readers 500
	$(BIN)/python -m soak.contract --short
	$(BIN)/python -m soak.mix --short
	$(BIN)/python -m soak.faults

# The programs that resolve and audit packages, apart from the packages that are resolved and audited.
SUPPLY := .venv/supply
$(SUPPLY)/.installed: Makefile
	$(PYTHON) -m venv $(SUPPLY)
	$(SUPPLY)/bin/pip install --quiet --disable-pip-version-check uv==0.13.9 pip-audit==2.10.1
	@touch $@

lock: $(SUPPLY)/.installed  ## write the image's packages with their hashes, at the versions of constraints.txt
	$(SUPPLY)/bin/python deploy/image/lock.py $(SUPPLY)/bin/uv

lowest: $(SUPPLY)/.installed  ## try the lowest versions that pyproject.toml allows, in an environment of their own
	$(SUPPLY)/bin/uv pip compile pyproject.toml --extra traces --resolution lowest-direct --python-version 3.11 \
		--quiet --output-file .venv/lowest.txt
	$(SUPPLY)/bin/uv venv --quiet --clear --python $(PYTHON) .venv/lowest
	$(SUPPLY)/bin/uv pip install --quiet --python .venv/lowest --requirement .venv/lowest.txt
	$(SUPPLY)/bin/uv pip install --quiet --python .venv/lowest --no-deps --editable .
	.venv/lowest/bin/python -m soak.smoke

audit: $(SUPPLY)/.installed  ## look for known holes in the packages, where that can be looked up
	$(SUPPLY)/bin/python deploy/image/audit.py $(SUPPLY)/bin/pip-audit

readme: install  ## write answer and results of the released models, methods and settings into README and docs
	$(BIN)/python -m docs.readme
	$(BIN)/python -m docs.study

.venv/.docs: $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@touch $@

docs: .venv/.docs  ## build the documentation as a site in site/; a link that leads nowhere fails it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:  ## remove the virtual environment and what tools left
	rm -rf .venv build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
