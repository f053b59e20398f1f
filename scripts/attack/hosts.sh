#!/usr/bin/env bash
# The tests of real hosts (crates/fake-host/tests/processes), again and again: hosts that end in
# every way on every shape of tree, leftovers, ports. Of all attacks on processes the one that every
# system has; what fails once in a hundred times shows here.
#
#   ROUNDS=N    so many rounds (100)
#   MINUTES=N   begins no round after so many minutes
#   ONLY=TEXT   only tests whose names contain this
#   JOBS=N      so many tests at a time (as many as there are processors)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rounds=${ROUNDS:-100}
[[ -z ${JOBS:-} ]] || export RUST_TEST_THREADS=$JOBS
folder=artifacts/attack
mkdir -p "$folder"
rm -f "$folder"/hosts-*.log

# The programs that the tests run: cargo builds those of other packages for no test.
cargo build --quiet -p fake-host -p fake-sidecar -p sidecar-lifecycle-cli --bins
cargo test --quiet -p fake-host --test processes --no-run

# sum WORD FILE - how many tests have passed or failed, as their runner says at the end
sum() { sed -n "s/^test result: .* \([0-9][0-9]*\) $1;.*/\1/p" "$2" | tail -n 1; }

round=0 passed=0 failed=0
SECONDS=0
while ((round < rounds)); do
  if [[ -n ${MINUTES:-} ]] && ((SECONDS >= MINUTES * 60)); then break; fi
  round=$((round + 1))
  log=$folder/hosts-$round.log
  status=0
  cargo test --quiet -p fake-host --test processes -- "${ONLY:-}" >"$log" 2>&1 </dev/null || status=$?
  good=$(sum passed "$log") bad=$(sum failed "$log")
  if ((status != 0 || ${good:-0} == 0)); then
    cat "$log" >&2
    [[ ${bad:-0} != 0 ]] || bad=1 # It has said nothing, or run nothing.
  else
    rm "$log"
  fi
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0}))
  echo "hosts: round $round, $passed passed, $failed failed, $((SECONDS / 60)) min"
done
((failed == 0 && round > 0))
