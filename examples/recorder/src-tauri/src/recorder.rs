//! The recorder: how ffmpeg is started, and how it is asked to end.

use std::path::Path;
use std::time::Duration;

use tauri_plugin_sidecar_lifecycle::engine::ConfigError;
use tauri_plugin_sidecar_lifecycle::{Declaration, Param, SidecarConfig};

/// Its id.
pub(crate) const RECORDER: &str = "recorder";

/// In groups: what it tells of itself, where the pictures come from, and the two files.
#[rustfmt::skip]
const ARGS: &[&str] = &[
    "-hide_banner", "-nostats", "-progress", "pipe:1", "-stats_period", "0.5",
    // A recording that exists is never written over.
    "-n",
    // In real time, as a camera would: one that everybody has.
    "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25",
    "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p",
    "{param.name}.mp4",
    "-vf", "fps=2,scale=480:-2", "-update", "1", "-atomic_writing", "1", "{param.name}.jpg",
];

/// ffmpeg that writes `NAME.mp4` into `folder`, and `NAME.jpg`, the picture of this moment, beside
/// it. The name is all that a page chooses.
pub(crate) fn declaration(folder: &Path) -> Result<Declaration, ConfigError> {
    let config = SidecarConfig::builder()
        .name("ffmpeg")
        .args(ARGS.iter().copied())
        .cwd(folder)
        // An MP4 without its last page cannot be played: it is written when ffmpeg is asked to end.
        .stop_input("q")
        .graceful_shutdown_timeout(Duration::from_secs(10))
        // Another run would be another recording; whether there shall be one is the user's to say.
        .auto_restart(false)
        .build()?;
    Ok(Declaration::new(config).param("name", Param::text(40, "-"), "recording"))
}
