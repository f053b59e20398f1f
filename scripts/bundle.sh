#!/usr/bin/env bash
# Packs Berth as the systems' users install it, by Tauri's bundler.
#
#   npm run bundle                what src-tauri/tauri.conf.json names: Debian's and RPM's packages
#   npm run bundle -- KINDS       these, with commas between: on Linux deb,rpm,appimage, on macOS
#                                 app,dmg, on Windows nsis,msi
#
# An AppImage, an installer and a disk image take tools that the bundler downloads, or that only
# their own system has: the hosted workflow makes those. Nothing is signed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

case ${1:-} in
  -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' scripts/bundle.sh && exit ;;
  -*) die "kinds of packages with commas between, not $1" ;;
esac
(($# < 2)) || die "kinds of packages with commas between: ${*// /,}?"

ensure_packages build
ensure_rust
ensure_pnpm
ensure_npm_packages .

pnpm tauri build ${1:+--bundles "$1"}
