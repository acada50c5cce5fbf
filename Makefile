# Short names for what a person does here. The work is in the programs named; each ends with one line holding its figure.

PYTHON ?= python3
CTIME_LEVELS ?= 1 2 3
SECONDS ?= 60

VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -B
NEEDS := $(PYTHON) -B native/tools/system_packages.py
SOURCES := pyproject.toml CMakeLists.txt $(shell find src bindings native/src native/include native/CMakeLists.txt \
	native/tools/integrity_embed.py -type f -not -path '*/__pycache__/*')

.PHONY: help quickstart setup test check ctime differential mutants sanitize qemu fuzz interop limbo objects tokens \
	conformance conformance-faults faults throughput bench bench-check bench-limits docs clean

help:
	@echo "make quickstart   environment, build, and the main job: an authority, pairs in UKeys, sealed documents"
	@echo "make setup        .venv with gmpki and every tool; system packages with apt where run as root"
	@echo "make test         C tests, then the Python suite on every interpreter found (3.10 to 3.13)"
	@echo "make check        style, types, spelling, layers, generated constants and vectors"
	@echo "make ctime        constant time, under valgrind and MemorySanitizer (CTIME_LEVELS=2 for one level)"
	@echo "make differential field kernels against the portable code, 10^8 operations of each kind"
	@echo "make mutants      remove each check of the C code in turn: a test must fail"
	@echo "make sanitize     C tests under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make qemu         C tests for aarch64 and s390x"
	@echo "make fuzz         fuzz targets in C and in Python, SECONDS=60 for each of the two"
	@echo "make interop      certificates, messages, key stores, time-stamps and seals, to and from other software"
	@echo "make limbo        path validation: x509-limbo, the same signed with SM2, and our own cases"
	@echo "make objects      outside certificates, requests, lists, messages and seals, judged"
	@echo "make tokens       every driver with SoftHSM, OpenSC, p11-kit, pcscd and the software UKey"
	@echo "make conformance  the suite for drivers of tokens, on the software UKey, SoftHSM and a card; reports in build/conformance"
	@echo "make conformance-faults  the same on a UKey with one fault after another, each of which it has to see"
	@echo "make faults       the software UKey and the authority's store killed, out of disk and shared wherever they write"
	@echo "make throughput   issuing, revocation lists, OCSP and searches of an authority, on SQLite and PostgreSQL"
	@echo "make bench        speed from C in cycles and from Python, beside other libraries, and the targets"
	@echo "make bench-check  what has become slower than benchmarks/baseline.json says"
	@echo "make bench-limits latency of software keys and tokens beside the limits of tenders"
	@echo "make docs         documentation into build/docs"
	@echo "make clean        remove what was built"

$(VENV)/created:
	$(NEEDS) build
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(VENV)/installed: $(VENV)/created $(SOURCES)
	$(BIN)/python -m pip install --quiet '.[seal,ca]'
	touch $@

$(VENV)/tools: $(VENV)/created pyproject.toml
	$(NEEDS) pcsc
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

quickstart: $(VENV)/installed
	$(BIN)/gmpki quickstart

setup: $(VENV)/installed $(VENV)/tools
	$(NEEDS) build test ctime sanitize fuzz qemu interop
	@$(BIN)/gmpki --version

test: $(VENV)/tools
	$(NEEDS) build test interop
	$(RUN) tests/run_interpreters.py

check: $(VENV)/tools $(VENV)/installed
	$(RUN) tests/run_checks.py

ctime: $(VENV)/tools
	$(NEEDS) ctime
	$(RUN) native/tools/run_ctime.py --levels $(CTIME_LEVELS)

differential: $(VENV)/tools
	$(NEEDS) build test
	$(RUN) native/tools/run_differential.py

mutants: $(VENV)/tools $(VENV)/installed
	$(NEEDS) build
	$(RUN) native/tools/run_mutants.py

sanitize: $(VENV)/tools
	$(NEEDS) sanitize
	$(RUN) native/tools/run_ctest.py sanitize

qemu: $(VENV)/tools
	$(NEEDS) qemu
	$(RUN) native/tools/run_ctest.py qemu

fuzz: $(VENV)/tools $(VENV)/installed
	$(NEEDS) fuzz
	$(RUN) native/tools/run_fuzz.py --seconds $(SECONDS)
	$(RUN) tests/fuzz/run_fuzz.py --seconds $(SECONDS)

interop: $(VENV)/tools $(VENV)/installed
	$(NEEDS) test interop
	$(RUN) tests/interop/run_interop.py

limbo: $(VENV)/tools $(VENV)/installed
	$(RUN) tests/limbo/run_limbo.py

objects: $(VENV)/tools $(VENV)/installed
	$(RUN) tests/objects/run_objects.py

tokens: $(VENV)/tools $(VENV)/installed
	$(NEEDS) test
	$(RUN) tests/tokens/run_tokens.py

conformance: $(VENV)/tools $(VENV)/installed
	$(NEEDS) build test
	$(RUN) tests/conformance/run_conformance.py

conformance-faults: $(VENV)/tools $(VENV)/installed
	$(NEEDS) build
	$(RUN) tests/conformance/run_faults.py

faults: $(VENV)/tools $(VENV)/installed
	$(NEEDS) postgresql
	$(RUN) tests/tokens/run_faults.py
	$(RUN) tests/ca/run_faults.py

throughput: $(VENV)/tools $(VENV)/installed
	$(NEEDS) postgresql
	$(RUN) benchmarks/run_throughput.py

bench: $(VENV)/tools $(VENV)/installed
	-$(NEEDS) bench
	$(RUN) benchmarks/run_bench.py

bench-check: $(VENV)/tools
	-$(NEEDS) bench
	$(RUN) benchmarks/run_bench_check.py

bench-limits: $(VENV)/tools $(VENV)/installed
	$(BIN)/python -m pytest --import-mode=prepend benchmarks/test_limits.py --benchmark-json=build/limits.json
	$(RUN) benchmarks/limits_report.py build/limits.json

docs: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs
	@echo "docs: $$(find build/docs -name '*.html' | wc -l) pages, 0 warnings"

clean:
	rm -rf build dist $(VENV) .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
