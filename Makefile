# Systole: `make demo` shows it at work with Node alone; `make test` checks everything.

.PHONY: demo test setup tools check regress fuzz bench clean

demo: setup
	npm run --silent gen -- --pe gobo
	npm run --silent verify -- --pe gobo --engine simulator

test: setup tools check
	npx --no-install vitest run --reporter=default --reporter=json --outputFile.json=reports/tests.json

# Types, lint (with the import rules of the folders) and format.
check: setup
	npm run --silent typecheck
	npm run --silent lint
	npm run --silent format:check

# The long sweeps: the same tests with more seeds, and whole models through the Verilated hardware.
regress: setup tools
	SYSTOLE_REGRESS=1 npx --no-install vitest run

# Random programs through every engine; FUZZ="--engine icarus --seeds 1000" chooses (docs/ir.md).
fuzz: setup
	@npm run --silent fuzz -- $(FUZZ)

# Measurements beside what a user would pick; BENCH="tensor --json" chooses. onnxruntime-node is only
# for the comparison (290 MB); where it cannot be installed, its rows say so.
bench: setup bench/node_modules/.package-lock.json
	@npm run --silent bench -- $(BENCH)

bench/node_modules/.package-lock.json: bench/package.json
	-npm install --prefix bench --ignore-scripts --no-package-lock --no-audit --no-fund

setup: node_modules/.package-lock.json

node_modules/.package-lock.json: package.json package-lock.json
	@command -v node >/dev/null || { echo "Node.js 20 or later is needed: https://nodejs.org"; exit 1; }
	npm ci --no-audit --no-fund
	@touch $@

tools:
	@sh sim/install-tools.sh

clean:
	rm -rf node_modules coverage reports sim/build
