#!/usr/bin/env bash
# Builds the app for release, and only what changed. The last line on stdout is
# the binary's path. `--pages-only` stops after the app's own pages.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

target=${CARGO_TARGET_DIR:-target}
stamp=$target/.pages-built

# The pages are part of the binary: building them anew would have it linked anew.
pages_are_built() {
  [[ -d dist && -f $stamp ]] || return 1
  local inputs=(src vite.config.ts tsconfig.json package.json pnpm-lock.yaml)
  [[ -z $(find "${inputs[@]}" -newer "$stamp" -print -quit) ]]
}

ensure_pnpm
if ! pages_are_built; then
  mkdir -p "$target"
  touch "$stamp.new"
  pnpm run build:ui >&2
  mv "$stamp.new" "$stamp"
fi
[[ ${1:-} != --pages-only ]] || exit 0

ensure_rust
# Outside Tauri's own command line this feature is what makes a build load its
# own pages instead of the address of their dev server.
cargo build --release --package berth --features custom-protocol
printf '%s\n' "$target/release/berth"
