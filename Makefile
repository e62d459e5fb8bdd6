# Two commands matter: `make run` starts the whole shop, `make test` checks all of it. Both bring what they need.
# PYTHON chooses the interpreter (3.11 to 3.13), PORT the shop's address, LOUPE_HOME the data folder.

PYTHON ?= python3
VENV_PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run stop test lint prove bench bench-privacy bench-messages bench-desk messages lock reset

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: ## start the whole shop: database, broker, web, workers, payments, mail
	@exec $(PYTHON) dev/bootstrap.py dev.run

stop: ## stop the shop and its database and broker
	@$(PYTHON) dev/bootstrap.py dev.run --stop

test: ## check everything: style, types, imports, templates, migrations, tests (8 minutes at most)
	@$(PYTHON) dev/bootstrap.py dev.check

lint: ## the checks without the tests
	@$(PYTHON) dev/bootstrap.py dev.check --lint

prove: ## the long proofs, resumable, into docs/proof.md (an hour at most)
	@$(PYTHON) dev/bootstrap.py dev.prove

bench: ## measure the pages against floors served by the same server
	@$(PYTHON) dev/bootstrap.py bench

bench-privacy: ## measure access, erasure, retention and sweep beside hand-written SQL (a large database the first time)
	@$(PYTHON) dev/bootstrap.py bench.privacy

bench-messages: ## measure the outbox beside a bare smtplib loop, and count what is lost and doubled when its worker is killed
	@$(PYTHON) dev/bootstrap.py bench.messages

bench-desk: ## measure the desk's pages among 100 requests and among 100,000
	@$(PYTHON) dev/bootstrap.py bench.desk

messages: ## gather the sentences of our letters into locale/, and compile their translations
	@$(PYTHON) dev/bootstrap.py dev.messages

lock: ## turn requirements.in into requirements.txt, with hashes (needs uv)
	uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes requirements.in -o requirements.txt

reset: ## stop everything and delete the data folder
	@$(PYTHON) dev/bootstrap.py dev.run --reset
