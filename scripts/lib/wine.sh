# shellcheck shell=bash
# Runs the Windows tests under Wine: with no display, and in a prefix of its own. Sourced.
#
#   trap wine_end EXIT
#   wine_begin
#   windows_tests CARGO…
#
# What Wine cannot show is listed in docs/platforms.md.

WINDOWS_TARGET=x86_64-pc-windows-gnu

# What Wine's programs are started by: see wine_at_fixed_addresses.
WINE_STARTER=()

# wine_at_fixed_addresses - has Wine's programs laid out alike each time. Windows' shared data lies at
# one address in all of them, and one start in some 2,500 finds its heap there (Linux 6, Wine 8): it
# ends at once, as `failed to map the shared user data` or without a word.
wine_at_fixed_addresses() {
  WINE_STARTER=(setarch -R)
  if ! "${WINE_STARTER[@]}" true 2>/dev/null; then
    # A container may forbid it.
    say "Addresses are random here and stay so: now and then a program of Wine's will not start."
    WINE_STARTER=()
  fi
}

# wine_begin - makes a prefix, and starts its server, which stays until wine_end
wine_begin() {
  # Never the prefix of the environment: that is somebody's, with programs in it.
  WINEPREFIX=$(mktemp -d -t berth-wine.XXXXXX)
  export WINEPREFIX WINEDEBUG=-all
  # Neither .NET nor HTML is needed, and Wine would offer to download both.
  export WINEDLLOVERRIDES='mscoree,mshtml='
  unset DISPLAY WAYLAND_DISPLAY
  wine_at_fixed_addresses
  # Before anything of Wine's: whoever finds none starts one that ends with its last program, and the
  # next program, which comes at that very moment, loses its connection. Started with a test's own
  # pipes, it and its services would hold them open.
  wineserver --persistent </dev/null >/dev/null 2>&1
  "${WINE_STARTER[@]}" wineboot --init </dev/null >/dev/null 2>&1
  # Windows that nobody sees, instead of none for want of a display.
  "${WINE_STARTER[@]}" wine reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f </dev/null >/dev/null 2>&1
  wine_random_numbers
}

# wine_random_numbers - the DLL by which Rust's standard library draws random numbers: Wine 8 lacks
# it. A later Wine's own one is left alone.
wine_random_numbers() {
  local dll=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
  if [[ -e $dll ]]; then return; fi
  x86_64-w64-mingw32-gcc -shared -O1 -s -o "$dll" -x c - -ladvapi32 <<'END'
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) {
  return RtlGenRandom(buffer, (ULONG)length);
}
END
}

# wine_end - ends this prefix's server with all that runs in it, and removes the prefix
wine_end() {
  if [[ ${WINEPREFIX:-} != */berth-wine.* ]]; then return; fi # wine_begin has not run.
  wineserver --kill || true # There is none if wine_begin has failed.
  rm -rf "$WINEPREFIX"
  unset WINEPREFIX
}

# wine_is_known - whether it is the Wine whose gaps the tests assert (tests/support/wine.rs): one
# that has other gaps would fail them without anything being wrong
wine_is_known() { [[ $(wine --version 2>/dev/null) == wine-8.* ]]; }

# windows_tests CARGO… - links the whole app for Windows, and runs all tests that are for it; under a
# Wine that is not known they are built. CARGO is called as `CARGO test -p …` and answers as cargo
# does: where the target's standard library has to be built, it is a function that adds what that
# takes. CARGO_TARGET_DIR says where it builds.
windows_tests() {
  # Named together, all have the same features, and what they share is built once.
  local packages=(-p berth -p berth-project -p fake-host -p fake-sidecar -p sidecar-lifecycle
    -p sidecar-lifecycle-cli -p tauri-plugin-sidecar-lifecycle --features berth/custom-protocol)
  # Cargo builds other packages' programs for no test: these are looked for beside the tests. And
  # linking the app puts the web view's loader there, which its tests find by its path.
  "$@" build --locked --target "$WINDOWS_TARGET" "${packages[@]}" --bins
  local built=$CARGO_TARGET_DIR/$WINDOWS_TARGET/debug
  ls -l "$built/berth.exe"
  if ! wine_is_known; then
    "$@" test --locked --target "$WINDOWS_TARGET" "${packages[@]}" --lib --bins --tests --no-run
    # `npm test` says so at its end.
    printf 'left out: the tests under Wine: what this one cannot do is not known (%s)\n' \
      "$(wine --version 2>/dev/null)"
    return
  fi
  # What finds its DLLs by it says nothing of why it does not start.
  local beside
  beside=$("${WINE_STARTER[@]}" winepath -w "$built" </dev/null 2>/dev/null) || die "winepath failed"
  # Most of them wait for a process of theirs: more at a time than there are processors.
  WINEPATH=$beside RUST_TEST_THREADS=4 \
    CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="${WINE_STARTER[*]} wine" "$@" test --locked \
    --target "$WINDOWS_TARGET" --no-fail-fast "${packages[@]}" --lib --bins --tests </dev/null
}
