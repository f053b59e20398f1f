#!/usr/bin/env bash
# Builds one of the examples of the plugin and opens it.
#
#   npm run example -- NAME      NAME is a folder of examples/ with a src-tauri
#
# Without a display a virtual one is used, and a screenshot of the page is saved.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

usage() {
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' scripts/example.sh
  printf 'The examples: '
  for manifest in examples/*/src-tauri/Cargo.toml; do basename "${manifest%/src-tauri/*}"; done | paste -sd ' '
}

case ${1:-} in
  -h | --help) usage && exit ;;
  *) [[ -f examples/${1:-}/src-tauri/Cargo.toml ]] || { usage >&2 && die "there is no example called \"${1:-}\""; } ;;
esac
name=$1

options=()
tasks=(build "example-$name")
if [[ -z ${DISPLAY:-} && -z ${WAYLAND_DISPLAY:-} && $(uname -s) == Linux ]]; then
  options+=(--virtual-display)
  tasks+=(display)
fi
ensure_packages "${tasks[@]}"
ensure_pnpm
ensure_npm_packages .
say "Building the example (the first time takes minutes)."
binary=$(scripts/build.sh --example "$name" | tail -n 1)
exec node scripts/lib/run-example.mjs "$binary" "${options[@]}"
