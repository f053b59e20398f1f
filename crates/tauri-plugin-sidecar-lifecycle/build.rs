//! Generates one permission for each command.

const COMMANDS: &[&str] = &[
    "list",
    "get_status",
    "subscribe_logs",
    "unsubscribe_logs",
    "start",
    "stop",
    "restart",
];

fn main() {
    tauri_plugin::Builder::new(COMMANDS).build();
}
