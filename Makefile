# Everything there is to type; `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
INSTALL := python -m pip install --quiet --disable-pip-version-check

.PHONY: help setup tools run studies few smoke test check bench
.DELETE_ON_ERROR:

help: ## List these targets
	@sed -nE 's/^([a-z]+):.*## /  make \1\t/p' Makefile | expand -t 16

setup: $(VENV)/requirements.txt ## Create .venv with the pinned packages; instant when nothing changed

tools: $(VENV)/requirements-dev.txt ## Add the linters and the test runner to it

run: setup ## Run the pipeline, or what changed of it; open reports/index.html after
	@python -m depthfaces check
	@python -m dvc config --local core.no_scm $(if $(wildcard .git),false,true)
	python -m dvc repro
	@[[ ! -e .git ]] || git diff --quiet HEAD -- dvc.lock reports || echo 'This run is not committed yet:' \
		"git add params.yaml dvc.lock reports && git commit -m 'My run' (dvc.lock says which models are yours)"

studies: setup ## Run the four companion studies, or what changed; open reports/studies/index.html after
	@python -m depthfaces check
	@python -m dvc config --local core.no_scm $(if $(wildcard .git),false,true)
	python -m dvc repro studies/dvc.yaml
	@[[ ! -e reports/verdict.json ]] || python -m dvc repro --force --single-item report # its link

few: setup ## Run the experiment with few people whole: one to two hours; see reports/few-people after
	@[[ -d data/faces ]] || { echo 'error: no faces yet; run `make run` first'; exit 3; }
	python -m depthfaces few

smoke: setup ## Run a reduced pipeline in build/smoke, apart from your data and results
	python -m depthfaces scratch smoke

test: tools ## Run every test, the slow ones too
	python -m pytest

check: tools ## Run the linters and the type checker, check params.yaml and the profiles
	python -m ruff check
	python -m ruff format --check
	python -m mypy
	python -m depthfaces check

bench: setup ## Measure speed and memory; earlier results stand in bench/README.md
	python -m bench.speed

# The copy of the requirements inside .venv says what is installed there. OpenCV's usual build
# needs libGL; where a machine has none, the same version without windows takes its place.
$(VENV)/requirements.txt: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'error: expected Python 3.11 or newer; say which: make setup PYTHON=...'; exit 5; }
	@echo 'Setting up $(VENV): a few minutes the first time'
	@$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --requirement $<
	@python -c 'import cv2' 2>/dev/null || $(INSTALL) --force-reinstall --no-deps \
		$$(sed -nE 's/^opencv-python(==[^ ]*).*/opencv-python-headless\1/p' $<)
	@cp $< $@

$(VENV)/requirements-dev.txt: requirements-dev.txt $(VENV)/requirements.txt
	$(INSTALL) --requirement $<
	@cp $< $@
