#!/usr/bin/env bash
# Measures Berth, the engine and what they are compared with; what is owed stands
# beside each figure. Not part of the tests: a timing never fails anything.
#
#   npm run bench                   all subjects; every sample into artifacts/bench
#   npm run bench -- SUBJECT...     readiness stopping survivors ports resting many
#                                   output stdio window
#   npm run bench -- --quick        whether all of it works, in a minute or two: the
#                                   figures mean nothing
#   npm run bench -- --publish      all subjects, then docs/benchmarks.md, its plots
#                                   and its results.json from that run
#   npm run bench -- --survivors N  kills the host N times instead of 250 times
#
# Needs a quiet machine. BERTH_BINARY=FILE uses that binary instead of building one.
# `node scripts/bench/report.mjs` draws the report again from its results.json.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

case ${1:-} in
  -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' scripts/bench.sh && exit ;;
esac

ensure_packages build display bench
ensure_rust
ensure_pnpm
ensure_npm_packages examples/vite-app

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# needs SUBJECT WORD... - whether the words ask for it: by its name, or by naming none
needs() {
  local subject=$1 word named=
  shift
  for word in "$@"; do
    [[ $word == "$subject" ]] && return
    [[ $word == [a-z]* ]] && named=yes
  done
  [[ -z $named ]]
}

# build_beside NAME - an app of scripts/bench/native, on the libraries that Berth stands on and
# mostly built with it
build_beside() {
  local folder=scripts/bench/native/$1
  cp Cargo.lock "$folder/Cargo.lock"
  CARGO_TARGET_DIR=$target cargo build --quiet --release --features custom-protocol \
    --manifest-path "$folder/Cargo.toml" ||
    say "$1 could not be built, see above: its rows are left out."
}

say "Building for release."
cargo build --quiet --release -p sidecar-lifecycle-cli -p fake-sidecar -p fake-host

if needs window "$@"; then
  if [[ -z ${BERTH_BINARY:-} ]]; then
    ensure_npm_packages .
    BERTH_BINARY=$(scripts/build.sh | tail -n 1)
    export BERTH_BINARY
  fi
  build_beside empty-app
fi
if needs stdio "$@"; then
  cargo build --quiet --release -p fake-app
  build_beside shell-page
fi

exec node scripts/bench/main.mjs "$@"
