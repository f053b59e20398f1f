#!/usr/bin/env bash
# Type-checks the engine and the plugin for Windows and macOS on a Linux machine.
#
# Nothing is linked and nothing runs: that needs the systems themselves. A rustup target is used
# where it is installed (`rustup target add TARGET`); else the standard library is checked from
# Debian's source package, for which nothing but Debian is needed.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR="$PWD/target-cross"
targets=(x86_64-pc-windows-gnu aarch64-apple-darwin)
packages=(-p sidecar-lifecycle -p tauri-plugin-sidecar-lifecycle)

# Compilers for the C parts of dependencies, where they have any.
export CC_aarch64_apple_darwin=clang AR_aarch64_apple_darwin=llvm-ar

say() { printf '%s\n' "$*"; }

has_rustup_target() {
  command -v rustup >/dev/null && rustup target list --installed 2>/dev/null | grep -qx "$1"
}

install_missing() {
  local wanted=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      wanted+=("$package")
  done
  if ((${#wanted[@]} == 0)); then return; fi
  if ! command -v apt-get >/dev/null; then
    say "no rustup target is installed, and this is not Debian: run rustup target add ${targets[*]}"
    exit 1
  fi
  say "installing ${wanted[*]}: a standard library to check against, and C compilers"
  local as_root=()
  if ((EUID != 0)); then as_root=(sudo); fi
  "${as_root[@]}" apt-get install -y -q "${wanted[@]}" >/dev/null
}

# check TARGET: types only.
check() {
  if has_rustup_target "$1"; then
    cargo check --locked --target "$1" "${packages[@]}"
  else
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo check --locked \
      -Zbuild-std=std,panic_abort --target "$1" "${packages[@]}"
  fi
}

# lint TARGET: clippy, of the same release as the compiler that checks. Dead code is left to the
# host's own lint: every platform exports the same names, and not every one has a use for each.
lint() {
  local rules=(-D warnings -A dead_code)
  if has_rustup_target "$1"; then
    cargo clippy --locked --target "$1" "${packages[@]}" -- "${rules[@]}"
  else
    # By its full path: `cargo clippy` would find rustup's first.
    CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo-clippy clippy --locked \
      -Zbuild-std=std,panic_abort --target "$1" "${packages[@]}" -- "${rules[@]}"
  fi
}

can_lint() {
  if has_rustup_target "$1"; then
    cargo clippy -V >/dev/null 2>&1
  else
    [[ -x /usr/bin/cargo-clippy ]]
  fi
}

# RUSTC_BOOTSTRAP would hide a use of what is not stable.
if grep -rnE '#!\[feature\(' crates/*/src; then
  say "unstable features are used above: only stable Rust is allowed"
  exit 1
fi

for target in "${targets[@]}"; do
  say
  say "=== $target ==="
  has_rustup_target "$target" ||
    install_missing rustc-web cargo-web rust-web-src rust-web-clippy gcc-mingw-w64-x86-64 clang llvm
  check "$target"
  if can_lint "$target"; then
    lint "$target"
  else
    say "no clippy for this compiler: type-checked only"
  fi
done
say
say "checked: ${targets[*]}"
