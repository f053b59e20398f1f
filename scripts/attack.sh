#!/usr/bin/env bash
# Attacks the engine for hours, where `npm test` takes a sample of each part.
# What came of it stands in docs/attack.md.
#
#   npm run attack                one part after the other
#   npm run attack -- PART...     these parts alone: each is a script in
#                                 scripts/attack/, and says what can be set
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

case ${1:-} in
  -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' scripts/attack.sh && exit ;;
esac

ensure_packages build
ensure_rust

parts=("$@")
if ((${#parts[@]} == 0)); then
  for part in scripts/attack/*.sh; do parts+=("$(basename "$part" .sh)"); done
fi
failed=()
for part in "${parts[@]}"; do
  say "$part"
  bash "scripts/attack/$part.sh" || failed+=("$part")
done
if ((${#failed[@]} > 0)); then
  echo "broken: ${failed[*]}" >&2
  exit 1
fi
