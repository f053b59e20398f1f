#!/usr/bin/env bash
# Runs every check there is and sums them up; the last line is
# `N passed, N failed`. The stages stand in scripts/lib/stages.mjs.
#
#   npm test                  all of them
#   npm test -- NAME...       those whose name contains one of the words
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

ensure_packages build display test
ensure_rust
ensure_pnpm
ensure_npm_packages .
exec node scripts/lib/run-stages.mjs "$@"
