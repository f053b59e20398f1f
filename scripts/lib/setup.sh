# shellcheck shell=bash
# Makes sure that what Berth needs is there: Debian packages, Rust, pnpm, the
# repository's own npm packages. Sourced by the tasks; installs only what is
# missing and says what and why in one line each.

# packages_for TASK - the Debian packages of a task, each with what it is for
packages_for() {
  case $1 in
    build) cat <<'END' ;;
build-essential|the linker and the C library's headers that Rust needs
pkg-config|finds the libraries to link with
libwebkit2gtk-4.1-dev|the web view that shows the project
libgtk-3-dev|the window around it
END
    display) cat <<'END' ;;
xvfb|a display where there is none
libgl1-mesa-dri|drawing without a graphics card
dbus-daemon|the session bus that GTK expects
imagemagick|takes the screenshots
END
    test) cat <<'END' ;;
webkit2gtk-driver|drives the real window in the tests
openbox|a window manager, so that focus and keys work in the tests
xdotool|presses real keys in the tests
wmctrl|closes one of several windows in the tests
ffmpeg|a sidecar that wants to be asked to end by its stdin
redis-server|a sidecar that wipes its environment and renames itself
zsh|takes the completions of the command, and a login environment
fish|the same, in ways of its own
END
    bench) cat <<'END' ;;
lsof|looks up ports, for comparison
webkit2gtk-driver|drives the page whose bytes are measured
python3-pip|fetches supervisord, for comparison
END
    cross) cat <<'END' ;;
gcc-mingw-w64-x86-64|links programs for Windows
wine|runs them
wine64|the part of Wine that does
clang|compiles C for macOS
llvm|the archiver that goes with it
END
    cross-std) cat <<'END' ;;
rustc-web|a compiler that can build a standard library for other systems
cargo-web|the cargo that goes with it
rust-web-src|that library's source
rust-web-clippy|the lints that go with it
END
    example-recorder) cat <<'END' ;;
ffmpeg|records the pictures of the example, and looks at its files
END
    example-redis) cat <<'END' ;;
redis-server|the database of the example
END
    example-*) ;;
    *) die "no packages are known for $1" ;;
  esac
}

say() { printf '%s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# package_is_installed NAME
package_is_installed() {
  # dpkg-query fails for a name that it has never heard of: that is a "no".
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# ensure_packages TASK... - installs the Debian packages that are missing
ensure_packages() {
  # On macOS the system has all of it.
  [[ $(uname -s) == Linux ]] || return 0
  local task name why wanted=() missing=()
  for task in "$@"; do
    while IFS='|' read -r name why; do
      wanted+=("$name")
      package_is_installed "$name" && continue
      missing+=("$name")
      say "Needed: $name - $why."
    done < <(packages_for "$task")
  done
  ((${#missing[@]} > 0)) || return 0
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    # Another distribution may have all of them under other names.
    command -v pkg-config >/dev/null && pkg-config --exists webkit2gtk-4.1 && return 0
    die "this is no Debian: install what your system calls ${wanted[*]}, then try again"
  fi
  install_packages "${missing[@]}"
}

# install_packages NAME... - apt-get, through sudo when not root
install_packages() {
  say "Installing $*."
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "not root and no sudo: run \`apt-get install $*\` as root, then try again"
    say "Installing them needs root: sudo may ask for your password."
    as_root=(sudo)
  fi
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
  "${as_root[@]}" "${apt[@]}" update </dev/null ||
    say "The package lists could not be brought up to date; trying with the ones that are there."
  # apt and dpkg say hundreds of lines; they are shown only when they matter.
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "installing $* failed, see above"
  fi
  rm -f "$log"
}

ensure_rust() {
  [[ -x $HOME/.cargo/bin/cargo ]] && PATH=$PATH:$HOME/.cargo/bin
  command -v cargo >/dev/null ||
    die "cargo was not found on the PATH: install Rust (rustup.rs), then try again"
}

# pnpm may be there and not run: version 11 crashes on Node 20. It is asked
# outside the repository, where no version pin can send it to the network.
pnpm_runs() { (cd / && pnpm --version) >/dev/null 2>&1; }

# npm_programs PREFIX - where npm puts programs below a prefix. On Windows that is the folder itself,
# and bash knows it by another name.
npm_programs() {
  case $(uname -s) in
    MINGW* | MSYS*) cygpath --unix "$1" ;;
    *) printf '%s\n' "$1/bin" ;;
  esac
}

# npm_packages PREFIX - and where the packages
npm_packages() {
  case $(uname -s) in
    MINGW* | MSYS*)
      # It is there from the first package on.
      if [[ -e $1/node_modules ]]; then printf '%s\n' "$1/node_modules"; else printf '%s\n' "$1"; fi
      ;;
    *) printf '%s\n' "$1/lib/node_modules" ;;
  esac
}

# ensure_pnpm - installs pnpm by npm; leaves it on the PATH
ensure_pnpm() {
  pnpm_runs && return
  local prefix programs
  prefix=$(npm prefix --global 2>/dev/null)
  programs=$(npm_programs "$prefix")
  if [[ -w $(npm_packages "$prefix") && -w $programs ]]; then
    say "Installing pnpm: runs the project's dev server and fetches the packages of its pages."
    npm_install_pnpm --global
  else
    prefix=$HOME/.local
    programs=$(npm_programs "$prefix")
    PATH=$programs:$PATH
    pnpm_runs && return
    say "Installing pnpm into $programs (npm's own folder is not writable): runs the dev server."
    npm_install_pnpm --global --prefix "$prefix"
  fi
  hash -r
  PATH=$programs:$PATH
  pnpm_runs || die "pnpm was installed, yet \`pnpm --version\` fails: $(cd / && pnpm --version 2>&1 | tail -n 1)"
}

# Version 12 is a native program: it runs beside every Node, 20 too.
npm_install_pnpm() {
  npm install "$@" --loglevel=error --no-fund --no-audit pnpm@12 >/dev/null ||
    die "\`npm install $* pnpm@12\` failed, see above"
}

# ensure_npm_packages FOLDER - `pnpm install`, if its manifests changed since
ensure_npm_packages() (
  cd "$1" || exit
  local manifest wanted stamp=node_modules/.installed-from
  local manifests=()
  for manifest in package.json pnpm-lock.yaml pnpm-workspace.yaml; do
    [[ -f $manifest ]] && manifests+=("$manifest")
  done
  wanted=$(cksum "${manifests[@]}") # Of the sums the one that macOS has too.
  [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
  say "Fetching the npm packages of ${PWD##*/}."
  # CI: no questions, for instance about replacing another pnpm's folder.
  CI=true pnpm install --frozen-lockfile </dev/null || die "\`pnpm install\` failed in $PWD, see above"
  printf '%s\n' "$wanted" >"$stamp"
)
