# One line for each thing that people do here; what is longer is in scripts/.
# Variables reach every command: make run PORT=8080; make test DATABASE_URL=postgres://...; make test ARGS="tickets -k late"

PYTHON = .venv/bin/python
ARGS = -n 2

help:            ## Say what there is
	@sed -n 's/^\([a-z]*\): .*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup:           ## Make .venv with all that the product needs
	@scripts/setup requirements.txt

develop:         ## The same, with the tools for tests
	@scripts/setup requirements-dev.txt

run: setup       ## Start CustomerFlow with its demo data on http://localhost:8000/
	@scripts/run

test: develop    ## Run all tests
	@scripts/browser
	$(PYTHON) -m pytest $(ARGS)

check: develop   ## Look for what is wrong without running it: style, deployment, migrations
	@scripts/check

vendor: develop  ## Fetch what browsers load of others again: see static/vendor/VENDOR.md
	$(PYTHON) scripts/vendor.py

bench: develop   ## Measure: see benchmarks/
	$(PYTHON) -m benchmarks

torture: develop ## Kill loads and billing runs, fill the disk, edit beside them: see benchmarks/
	$(PYTHON) -m benchmarks torture

.PHONY: help setup develop run test check vendor bench torture
