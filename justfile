set shell := ["bash", "-euo", "pipefail", "-c"]
# Debian's and others' system Pythons refuse to install packages: everything is in a folder of ours.
python := justfile_directory() / ".venv/bin/python"
ruffed := ". ../tests/python ../tests/examples/demo.py ../tests/examples/gateway_demo.py ../tests/examples/gateway ../benches"
component := justfile_directory() / "target/guest/wasm32-wasip2/guest/sark_policy_component.wasm"

# List every recipe
default:
    @just --list --unsorted

# Show it all: a gateway is asked everything, bundle and rollout change under load and go back, one table
demo: venv
    {{python}} tests/examples/gateway_demo.py

# The same, and the gateway goes on running until Ctrl-C
gateway: venv
    {{python}} tests/examples/gateway_demo.py --serve

# The demo with real OPA and Redis beside it and four workers; `just gateway-full --serve` leaves them running
gateway-full *arguments: venv opa
    {{python}} tests/examples/gateway_demo.py --full {{arguments}}

# Compare the hosts: both decide the example, swap bundles under load, roll back, one table
compare: venv
    @echo "== building the Rust host (minutes the first time) =="
    cargo build --release --example mcp_gateway
    {{python}} tests/examples/demo.py

# Run every test: guest crates, Rust host, Python host
test: test-rust test-python

# Test the guest crates and the Rust host, beside real OPA where Go is
test-rust: oracle-build
    cargo test --release

# Test the Python package, beside real OPA and Redis where they are; more arguments go to pytest
test-python *arguments: venv opa
    cd python-host && {{python}} -m pytest -q {{arguments}}

# Check formats, lints and types
lint: venv
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings
    cargo clippy --profile guest --target wasm32-wasip2 -p sark-policy-component --target-dir target/guest -- -D warnings
    cd python-host && {{python}} -m ruff check {{ruffed}} && {{python}} -m ruff format --check {{ruffed}} && {{python}} -m mypy

# Format everything
format: venv
    cargo fmt
    cd python-host && {{python}} -m ruff check --fix {{ruffed}} && {{python}} -m ruff format {{ruffed}}

# Show what the rule index of a bundle can tell apart, and why not: `just explain-index policies/`
explain-index bundle:
    cargo run --quiet --release --bin sark-policy -- explain-index {{quote(bundle)}}

# Build the component
guest:
    cargo build --profile guest --target wasm32-wasip2 --package sark-policy-component --target-dir target/guest

# Build the wheel into dist/
wheel: venv
    {{python}} -m build --wheel --outdir dist python-host

# Prove that `cargo component build` gives a component with the same exports as `cargo build`
component: guest
    command -v cargo-component > /dev/null || cargo install cargo-component --locked --version 0.21.1
    # It builds for wasip1 and puts an adapter around; what ships is the plain build, which imports less.
    cd guest/component && cargo component build --profile guest --target-dir ../../target/guest
    cargo run --quiet --release --example exports -- {{component}} \
        target/guest/wasm32-wasip1/guest/sark_policy_component.wasm

# Build regorus' evaluators as a component, for the benchmarks
peer:
    cargo build --profile guest --target wasm32-wasip2 --package sark-policy-peer --example peer --target-dir target/guest

# Measure: a decision beside its floor and its peers, in Rust and in Python
bench: bench-venv peer oracle-build opa
    cargo bench
    {{python}} -m pytest -q -c python-host/pyproject.toml --benchmark-columns=min,median,max,ops --benchmark-sort=name -rs benches/python

# Measure everything, five rounds and the load with its soak, into docs/performance.md and target/report.json
report *arguments: bench-venv peer oracle-build opa
    cargo bench --quiet --no-run --bench decide --bench evaluate
    cd benches && {{python}} -m report run {{arguments}}

# The same with less of everything, within ten minutes once all is built
report-quick *arguments: bench-venv peer oracle-build opa
    cargo bench --quiet --no-run --bench decide --bench evaluate
    cd benches && {{python}} -m report run --quick {{arguments}}

# Say which ratios of the last report moved beyond noise since benches/baseline.json; fails if one got worse
bench-compare: venv
    cd benches && {{python}} -m report compare

# Store the last report's ratios as benches/baseline.json
bench-baseline: venv
    cd benches && {{python}} -m report baseline

# Load on the real gateway with four workers: every path, a ramp, swaps, Locust; `just load --quick`, `--scenario swaps`
load *arguments: bench-venv opa
    {{python}} benches/load/run.py {{arguments}}

# Load it for long: memory and file descriptors of all workers must not grow; samples and plot in target/load/
soak minutes="30": bench-venv opa
    {{python}} benches/load/run.py --scenario soak --minutes {{minutes}}

# Re-check the corpus and the example against real OPA (`OPA=path just oracle`)
oracle: venv opa
    PATH="$PATH:target/opa/bin" {{python}} tests/corpus/verify_with_opa.py "${OPA:-opa}"

# Build the OPA that the tests compare with, unless `$OPA` names one or `opa` is installed: minutes, once; needs Go
opa:
    @if test -z "${OPA:-}" && ! command -v opa && test ! -x target/opa/bin/opa && command -v go; then \
        CGO_ENABLED=0 GOBIN="$PWD/target/opa/bin" go install github.com/open-policy-agent/opa@v1.22.2; \
    fi > /dev/null

# Build the oracle, real OPA as the tests ask it (tests/oracle), into target/oracle/; needs Go
oracle-build:
    @command -v go > /dev/null || echo "no Go: no oracle; what needs it is skipped"
    command -v go > /dev/null || exit 0; cd tests/oracle && go build -trimpath -o {{justfile_directory()}}/target/oracle/oracle \
        -ldflags "-X main.opaFolder=$(go list -m -f '{{{{.Dir}}' github.com/open-policy-agent/opa)" .

# Answer OPA's official cases by the component in both hosts: all of them, or one GROUP; needs Go
conformance group="": oracle-build venv
    #!/usr/bin/env bash
    # As the tests build it, so that the engine is not built once more.
    cargo test --quiet --release --no-run
    # Both hosts tell, whatever the first one says.
    failed=0
    echo "== Rust host =="
    target/release/conformance --component {{group}} || failed=1
    echo "== Python host =="
    {{python}} tests/python/conformance.py {{group}} || failed=1
    exit $failed

# Ask the evaluator itself, without sandbox and host: OPA's official cases and the corpus; `--v1`, `--v0`, `--corpus`, `--opa`, GROUP
conformance-native *arguments: oracle-build
    cargo run --quiet -p sark-policy-differential --no-default-features --bin conformance -- {{arguments}}

# Ask generated policies of our evaluator and of OPA: N cases of a seed; differences are made small and kept in the corpus
fuzz-rego cases="1000" seed="1" *arguments: oracle-build
    cargo run --quiet --release -p sark-policy-differential --no-default-features --bin fuzz_rego -- {{cases}} {{seed}} \
        --keep tests/corpus/fuzz.yaml {{arguments}}

# Set up the virtual environment with the package in it, and the component it needs
venv: guest
    test -x {{python}} || python3 -m venv .venv
    @{{python}} -m pip install --quiet --disable-pip-version-check --editable 'python-host[dev]'

# The same with what the benchmarks compare with, and what draws their report
bench-venv: venv
    @{{python}} -m pip install --quiet --disable-pip-version-check --editable 'python-host[bench]'

# Remove everything that was built
clean:
    rm -rf target dist .venv
