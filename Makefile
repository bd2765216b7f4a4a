# The commands of the project; `make help` lists them. Each sets up what it needs first (tools/setup.sh), and that
# is safe to repeat: with nothing to do it takes under a second.
SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: setup build install test demo parity bench lint format sanitize sanitize-readers sanitize-threads fuzz soak clean help

# Ratings and audio that are not part of the project, for the tests that can use them.
ifneq ($(wildcard ../shared/data),)
QAMRO_DATA ?= $(realpath ../shared/data)
export QAMRO_DATA
endif

PREFIX ?= $(HOME)/.local
SOAK_SCALE ?= 1

build: ## set up this machine and build build/qamro
	@tools/setup.sh build

install: ## the command, its models, completions and the C++ library into PREFIX (~/.local)
	@tools/setup.sh install
	@tools/install.sh "$(PREFIX)"

setup: ## only set up: packages, wheels, weights, CMake
	@tools/setup.sh setup

test: ## set up, build and run every test
	@tools/setup.sh test
	@tools/run_tests.sh build

demo: ## set up, build, train the heads four ways, make real speech and rank its systems
	@tools/setup.sh demo
	@tools/demo/run.sh

parity: ## compare with the Python packages in .peers and run our own Python tests (QAMRO_PARITY=all: more clips, seeds, long files)
	@tools/setup.sh parity
	@.peers/bin/python -m pytest -n 2 --dist loadfile $(PARITY_OPTIONS) tests/parity tests/python

bench: ## measure the speed against the Python packages, alternately, as ratios
	@tools/setup.sh parity
	@tools/run_benchmarks.sh

lint: ## clang-format, clang-tidy, and the syntax of the scripts (BASE=commit: only what changed since)
	@tools/setup.sh lint
	@tools/lint.sh $(BASE)

format: ## clang-format every file in place
	@tools/setup.sh lint
	@git ls-files -z --cached --others --exclude-standard '*.h' '*.cpp' '*.cu' | xargs -0 clang-format -i

sanitize: ## run the tests under the address and undefined-behaviour sanitizers
	@tools/setup.sh sanitize
	@LSAN_OPTIONS="suppressions=$(CURDIR)/tools/leak_sanitizer.supp" tools/run_tests.sh build-sanitize

sanitize-readers: ## the same for what reads files from outside: io, hub, audio, text, data
	@tools/setup.sh sanitize-readers
	@LSAN_OPTIONS="suppressions=$(CURDIR)/tools/leak_sanitizer.supp" \
	  ctest --test-dir build-sanitize --output-on-failure -j 2 --no-tests=error -R '^(io|tensor_io|hub|audio|text|data)_test'

sanitize-threads: ## the tests of models, scoring and losses under the thread sanitizer
	@tools/setup.sh sanitize-threads
	@TSAN_OPTIONS=ignore_noninstrumented_modules=1 \
	  ctest --test-dir build-sanitize-threads --output-on-failure --no-tests=error -R '^(models|scoring|losses)_test'

fuzz: ## libFuzzer on every reader of files, with sanitizers (FUZZ_SECONDS=60 for each, FUZZ_TARGETS="pickle zip")
	@tools/setup.sh fuzz
	@tools/fuzz.sh

soak: ## hours of many files, kills, full disks and hostile servers (SOAK_SCALE=1; 0.05: minutes; SOAK_OPTIONS="--part kills")
	@tools/setup.sh soak
	@python3 tests/soak/soak.py --qamro build/qamro --scale $(SOAK_SCALE) $(SOAK_OPTIONS)

clean: ## remove what was built and made; the installed wheels stay (.venv, .peers)
	rm -rf build build-debug build-sanitize build-sanitize-threads build-fuzz demo .cache

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
