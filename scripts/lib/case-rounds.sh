# shellcheck shell=bash
# Attacks by random input, in rounds, so that a run for a time has an end. Sourced by parts of
# scripts/attack/.
#
#   CASES=N     so many inputs for each property
#   SEED=N      of the first round; each next one has the next number
#   MINUTES=N   begins no round after so many minutes

# A tenth of what is asked for is long enough to hide what each start costs.
ROUNDS=10

# case_rounds NAME CASES COMMAND - calls COMMAND with its share of the cases and a seed in proptest's
# variables, until there have been CASES of them or MINUTES are over. Ends at the first that fails.
case_rounds() {
  local name=$1 cases=${CASES:-$2} command=$3 round
  local seed=${SEED:-$(date +%s)} share
  share=$(((cases + ROUNDS - 1) / ROUNDS)) # The last round may have some more than were asked for.
  SECONDS=0
  for ((round = 0; round * share < cases; round++)); do
    if [[ -n ${MINUTES:-} ]] && ((SECONDS >= MINUTES * 60)); then break; fi
    echo "$name: $share cases of each property, seed $((seed + round))"
    PROPTEST_CASES=$share PROPTEST_RNG_SEED=$((seed + round)) "$command"
  done
  ((round > 0)) || return
  echo "$name: $((round * share)) cases of each property, $((SECONDS / 60)) min"
}
