#!/usr/bin/env bash
# The properties of the core: millions of steps instead of the suite's sample.
# Each million of one round is told.
#
#   CASES=N     so many cases of each property (20,000)
#   SEED=N      of the first round; each next one has the next number
#   MINUTES=N   begins no round after so many minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/lib/case-rounds.sh
source scripts/lib/case-rounds.sh

properties() {
  cargo test --quiet --release -p sidecar-lifecycle --test core_properties -- --nocapture
}

case_rounds properties 20000 properties
