#!/usr/bin/env bash
# Measures Berth, the engine and what they are compared with; the numbers owed
# stand beside each. Not part of the tests: a timing never fails anything.
#
#   npm run bench                      all subjects, some ten minutes
#   npm run bench -- --quick           a third of the runs
#   npm run bench -- SUBJECT...        readiness stopping survivors ports resting
#                                      output window
#
# BERTH_BINARY=FILE         use this binary instead of building one
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

case ${1:-} in
  -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' scripts/bench.sh && exit ;;
esac

ensure_packages build display
ensure_rust
ensure_pnpm
ensure_npm_packages examples/vite-app

say "Building for release."
cargo build --quiet --release -p sidecar-lifecycle-cli -p fake-sidecar
cargo build --quiet --release -p sidecar-lifecycle --example port_lookup
if [[ -z ${BERTH_BINARY:-} ]]; then
  ensure_npm_packages .
  BERTH_BINARY=$(scripts/build.sh | tail -n 1)
  export BERTH_BINARY
fi

exec node scripts/bench/main.mjs "$@"
