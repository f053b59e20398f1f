#!/usr/bin/env bash
# Checks Windows and macOS on a Linux machine, as far as that can be done:
#
#   - the tests of engine, plugin and app, built for Windows, run under Wine 8, Debian 12's
#   - the whole app is linked for Windows
#   - everything is type-checked and linted for both, tests too
#
# docs/platforms.md says what that proves and what it does not. A rustup target is used where it is
# installed (`rustup target add TARGET`); else the standard library is built from Debian's source
# package, for which nothing but Debian is needed.
#
#   npm run check:cross                all of it
#   npm run check:cross -- windows     or macos: one system alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh
# shellcheck source=scripts/lib/wine.sh
source scripts/lib/wine.sh

root=$PWD
export CARGO_TARGET_DIR=$root/target-cross
windows=$WINDOWS_TARGET
macos=aarch64-apple-darwin
intel=x86_64-apple-darwin
case ${1:-all} in
  all) systems=(windows macos) targets=("$windows" "$macos" "$intel") ;;
  windows) systems=(windows) targets=("$windows") ;;
  macos) systems=(macos) targets=("$macos" "$intel") ;;
  *) die "windows or macos, not $1" ;;
esac
# Compilers for the C parts of dependencies, where they have any. Nothing is linked for macOS.
export CC_aarch64_apple_darwin=clang AR_aarch64_apple_darwin=llvm-ar
# Neither is debugged here, and without debug information there is half as much to write and link.
export CARGO_PROFILE_DEV_DEBUG=false

has_rustup_target() {
  local installed
  command -v rustup >/dev/null || return
  installed=$(rustup target list --installed 2>/dev/null) || return
  # Not by a pipe: a reader that has seen enough makes its writer fail.
  grep -qx "$1" <<<"$installed"
}

# rust TARGET SUBCOMMAND WORD... - cargo for another system, which the words name once more
rust() {
  local target=$1 subcommand=$2
  shift 2
  if has_rustup_target "$target"; then
    cargo "$subcommand" "$@"
    return
  fi
  # By their full paths: rustup's would be found first.
  local cargo=(/usr/bin/cargo "$subcommand")
  [[ $subcommand != clippy ]] || cargo=(/usr/bin/cargo-clippy clippy)
  CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "${cargo[@]}" \
    -Zbuild-std=std,panic_abort "$@"
}

# lint TARGET WORD... - clippy, which checks types as well. Dead code is left to the host's own
# lint: every system exports the same names, and not every one has a use for each.
lint() {
  local target=$1
  shift
  rust "$target" clippy --locked --target "$target" "$@" -- -D warnings -A dead_code
}

check_windows() {
  local failed=0
  say "━━ Windows: the whole app, linked, and tests under Wine"
  wine_begin
  windows_tests rust "$windows" || failed=1
  wine_end
  say "━━ Windows: types and lints, tests too"
  lint "$windows" --workspace --all-targets
  return "$failed"
}

check_macos() {
  say "━━ macOS: types and lints, tests too"
  lint "$macos" --workspace --all-targets
  say "━━ macOS on Intel: the engine, whose structures of the system are laid out otherwise there"
  lint "$intel" -p sidecar-lifecycle
}

# RUSTC_BOOTSTRAP would hide a use of what is not stable.
if grep -rnE '#!\[feature\(' crates/*/src src-tauri/src; then
  die "unstable features are used above: only stable Rust is allowed"
fi

ensure_packages cross
for target in "${targets[@]}"; do
  has_rustup_target "$target" || ensure_packages cross-std
done
ensure_rust
ensure_pnpm
ensure_npm_packages .
bash scripts/build.sh --pages-only

failed=()
# check SYSTEM - in a shell of its own, so that what fails for one system does not hide the other.
# Not by `||`: a shell that stands before one goes on after an error.
check() {
  set +e
  (
    set -e
    trap wine_end EXIT
    "check_$1"
  )
  local code=$?
  set -e
  ((code == 0)) || failed+=("$1")
}

for system in "${systems[@]}"; do check "$system"; done
((${#failed[@]} == 0)) || die "not as it should be: ${failed[*]}"
say "Checked."
