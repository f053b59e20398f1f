#!/usr/bin/env bash
# An hour of random starts, stops, crashes, restarts and rolls; afterwards host
# and guardian have to be as small as they were after the first quarter.
#
#   MINUTES=N   so long      SEED=N   of what is done
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

minutes=${MINUTES:-60}
export ATTACK_SECONDS=$((minutes * 60))
export ATTACK_SEED=${SEED:-$(date +%s)}
echo "soak: $minutes minutes, seed $ATTACK_SEED"
cargo test --quiet --release -p fake-host --test faults -- --exact --nocapture \
  soak::a_long_use_leaves_host_and_guardian_as_small_as_they_were
