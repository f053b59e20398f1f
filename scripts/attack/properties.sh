#!/usr/bin/env bash
# The properties of the core: millions of steps instead of the suite's sample.
# Each million is told.
#
#   CASES=N   so many cases of each property      SEED=N   of them all
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export PROPTEST_CASES=${CASES:-20000}
export PROPTEST_RNG_SEED=${SEED:-$(date +%s)}
echo "properties: $PROPTEST_CASES cases each, seed $PROPTEST_RNG_SEED"
cargo test --quiet --release -p sidecar-lifecycle --test core_properties -- --nocapture
