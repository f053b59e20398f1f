#!/usr/bin/env bash
# Innocent bystanders: 1,000 randomised runs, none of which may signal anybody
# who has nothing to do with it. Prints the seeds; a failure says how to play
# its run again.
#
#   RUNS=N   so many runs      SEED=N   begin with this one      JOBS=N   at a time
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

runs=${RUNS:-1000} jobs=${JOBS:-4}
seed=${SEED:-$(date +%s)}
share=$(((runs + jobs - 1) / jobs))

cargo test --quiet -p fake-host --test faults --no-run
echo "bystanders: $((share * jobs)) runs, seeds from $seed"
pids=()
for ((job = 0; job < jobs; job++)); do
  ATTACK_SEED=$((seed + job * share)) ATTACK_RUNS=$share \
    cargo test --quiet -p fake-host --test faults -- --exact --nocapture \
    bystanders::no_bystander_is_ever_signalled &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit "$failed"
