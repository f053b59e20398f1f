#!/usr/bin/env bash
# Builds the app for release, and only what changed. The last line on stdout is
# the binary's path.
#
#   scripts/build.sh                 the app
#   scripts/build.sh --pages-only    the pages alone, of the app and of the examples
#   scripts/build.sh --example NAME  an example with its pages, as a debug build
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

target=${CARGO_TARGET_DIR:-target}

# build_pages DIST INPUTS COMMAND... - builds pages if their inputs, words in one string, are newer.
# They are part of the binary: building them anew would have it linked anew.
build_pages() {
  local dist=$1 inputs stamp=$target/.pages-built-${1//\//-}
  read -ra inputs <<<"$2 package.json pnpm-lock.yaml"
  shift 2
  if [[ -d $dist && -f $stamp && -z $(find "${inputs[@]}" -newer "$stamp" -print -quit) ]]; then
    return
  fi
  mkdir -p "$target"
  touch "$stamp.new"
  "$@" >&2
  mv "$stamp.new" "$stamp"
}

# All pages call the plugin through its own package.
package=crates/tauri-plugin-sidecar-lifecycle
package_inputs="$package/guest-js $package/package.json"

build_package() {
  build_pages "$package/dist-js" "$package_inputs" pnpm run build:api
}

build_app_pages() {
  build_pages dist "src vite.config.ts tsconfig.json $package_inputs" pnpm run build:ui
}

# build_example_pages NAME - what the crate of the example embeds
build_example_pages() {
  local folder=examples/$1 config=examples/vite.config.ts inputs
  # One that has more to build than its page says how.
  [[ -f $folder/vite.config.ts ]] && config=$folder/vite.config.ts
  inputs="$(find "$folder" -mindepth 1 -maxdepth 1 ! -name dist ! -name node_modules ! -name src-tauri | tr '\n' ' ')"
  inputs+=" examples/theme examples/vite.config.ts src/styles/base.css src/lib $package_inputs"
  build_package
  build_pages "$folder/dist" "$inputs" pnpm exec vite build "$folder" --config "$config" --logLevel warn
}

ensure_pnpm
case ${1:-} in
  --pages-only)
    build_app_pages
    for manifest in examples/*/src-tauri/Cargo.toml; do
      name=${manifest#examples/}
      build_example_pages "${name%%/*}"
    done
    exit
    ;;
  --example)
    build_app_pages
    build_example_pages "$2"
    ensure_rust
    # Without a `devUrl` a debug build has its pages within, as a release has. Berth and a test are
    # named for what they bring along: with them the libraries are those of the Rust tests.
    cargo build --workspace --bin berth --bin "example-$2" --test config_json
    printf '%s\n' "$target/debug/example-$2"
    exit
    ;;
esac

build_app_pages
ensure_rust
# Outside Tauri's own command line this feature is what makes a build load its
# own pages instead of the address of their dev server.
cargo build --release --package berth --features custom-protocol
printf '%s\n' "$target/release/berth"
