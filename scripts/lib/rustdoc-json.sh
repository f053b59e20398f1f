#!/bin/sh
# rustdoc that may write JSON, which it does on a nightly toolchain only. No compiler is asked by
# this name, so that nothing unstable gets into the code itself.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
