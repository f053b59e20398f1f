#!/usr/bin/env bash
# The parsers under mangled input: state files, the guardian's wire format,
# /proc, a sidecar's output, markers, configurations. The suite takes a sample.
#
#   CASES=N   so many inputs for each property      SEED=N   of them all
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export PROPTEST_CASES=${CASES:-1000000}
export PROPTEST_RNG_SEED=${SEED:-$(date +%s)}
echo "fuzz: $PROPTEST_CASES inputs for each property, seed $PROPTEST_RNG_SEED"
cargo test --quiet --release -p sidecar-lifecycle --lib -- \
  fuzz:: ledger::tests::a_mangled ledger::tests::garbage ledger::tests::sealed_garbage \
  marker::tests::any_parts marker::tests::hostile
cargo test --quiet --release -p berth-project --test fuzz
