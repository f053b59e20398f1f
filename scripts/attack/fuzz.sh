#!/usr/bin/env bash
# The parsers under mangled input: state files, the guardian's wire format,
# /proc, a sidecar's output, markers, configurations. The suite takes a sample.
#
#   CASES=N     so many inputs for each property (1,000,000)
#   SEED=N      of the first round; each next one has the next number
#   MINUTES=N   begins no round after so many minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/lib/case-rounds.sh
source scripts/lib/case-rounds.sh

fuzz() {
  cargo test --quiet --release -p sidecar-lifecycle --lib -- \
    fuzz:: ledger::tests::a_mangled ledger::tests::garbage ledger::tests::sealed_garbage \
    marker::tests::any_parts marker::tests::hostile
  cargo test --quiet --release -p berth-project --test fuzz
}

case_rounds fuzz 1000000 fuzz
