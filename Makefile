# make help says what there is.
.PHONY: help run programs test soak interop fuzz check crosscheck xcheck-windows xcheck-macos xtest-windows bench package screenshots walkthrough setup
# Steps share one build folder and one terminal.
.NOTPARALLEL:

# Where rustup puts cargo, for shells that were opened before it was installed.
export PATH := $(PATH):$(HOME)/.cargo/bin
# One build folder in a known place: packages and tests name files in it.
export CARGO_TARGET_DIR := $(CURDIR)/target

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build Doorward and start it; without a screen it asks on this terminal (ARGS="--port 9000")
	@scripts/setup.sh run
	@$(MAKE) --no-print-directory programs
	@scripts/run.sh $(ARGS)

# As they are shipped: the pages are inside the program, WebDriver is not.
programs:
	cargo build --release --features doorward-desktop/custom-protocol -p doorward-desktop -p doorward-cli

test: ## every test, the fastest first, the packages last
	@scripts/test.sh

soak: ## tests that take minutes: hundreds of crashes, races and floods, and browsers that wait five minutes for an answer
	@scripts/setup.sh soak
	cargo build --workspace --features doorward-desktop/e2e --bin doorward
	cargo test --workspace --features doorward-desktop/e2e --test journeys -- --ignored --show-output

# The same packages and features as everywhere else, so that nothing is built twice.
interop: ## real clients: SDKs, tools, the conformance suite, Claude Code, Codex, Gemini CLI, opencode (fetches them: 600 MB)
	@scripts/setup.sh interop
	cargo build --workspace --features doorward-desktop/e2e --bin doorward
	cargo test --workspace --features doorward-desktop/e2e --test interop -- --nocapture

fuzz: ## made-up input for everything that reads what programs send, a minute each (FUZZ_SECONDS=600; fetches cargo-fuzz)
	@scripts/setup.sh run
	@scripts/fuzz.sh

crosscheck: xcheck-windows xcheck-macos ## does everything compile for macOS and Windows? (fetches compilers: 600 MB)

xcheck-windows: ## does everything compile for Windows?
	@scripts/setup.sh xcheck
	@scripts/xcheck.sh windows

xcheck-macos: ## does everything compile for macOS?
	@scripts/setup.sh xcheck
	@scripts/xcheck.sh macos

xtest-windows: ## the tests that need no desktop, as programs for Windows, on Wine (ARGS=peers for some of them)
	@scripts/setup.sh xtest
	@scripts/xtest-windows.sh $(ARGS)

# The advisories need a database from the network; without it everything else is still checked, and that is said.
check: ## format, lints, types of the pages, dependencies, scripts
	@scripts/setup.sh test
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	npx --yes --package typescript@5.9.3 tsc -p ui/tsconfig.json
	shellcheck scripts/*.sh .ci/run tests/interop/bin/xdg-open
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check --hide-inclusion-graph bans licenses sources
	@if timeout 60 cargo deny fetch db; then cargo deny check --disable-fetch advisories; \
	else echo "NOT CHECKED: known vulnerabilities. The advisory database could not be fetched."; fi

bench: ## measure: how long answers and windows take, how much memory
	@scripts/setup.sh test
	cargo run --release -p doorward-bench
	@$(MAKE) --no-print-directory programs
	HEADLESS_WM=1 DOORWARD_BIN_DIR="$(CURDIR)/target/release" scripts/headless.sh \
		cargo test --workspace --features doorward-desktop/e2e --test window -- --ignored --nocapture what_windows_cost

package: ## target/packages/*.deb and *.rpm
	@scripts/setup.sh test
	@scripts/package.sh

screenshots: ## take the pictures in docs/screenshots anew: every window in every state
	@scripts/setup.sh test
	HEADLESS_WM=1 HEADLESS_SCREEN=2200x2300 DOORWARD_TAKE_PICTURES=1 scripts/headless.sh \
		cargo test --workspace --features doorward-desktop/e2e --test gallery -- --test-threads=1 pictures::every

walkthrough: ## go the way of docs/walkthrough.md with Claude Code and a browser, and take its pictures anew (nothing may use port 8765)
	@scripts/setup.sh walkthrough
	cargo build --workspace --features doorward-desktop/e2e --bins
	HEADLESS_WM=1 HEADLESS_SCREEN=1440x900 scripts/headless.sh \
		cargo test --workspace --features doorward-desktop/e2e --test window -- --ignored walkthrough

setup: ## install what building, running and testing need (asks before it uses root)
	@scripts/setup.sh test
