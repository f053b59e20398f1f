//! Paths as text. A name need not be UTF-8, and serde refuses one that is not.

use std::path::PathBuf;

use serde::Serializer;

/// Serialises with U+FFFD for what is no UTF-8, or null: a name that cannot be written to the
/// letter is no reason to say nothing at all.
#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
pub(crate) fn serialize<S: Serializer>(
    path: &Option<PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => serializer.serialize_some(&path.to_string_lossy()),
        None => serializer.serialize_none(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::path::PathBuf;

    use crate::census::Tree;
    use crate::core::RunId;
    use crate::event::EventKind;
    use crate::identity::{BootId, Identity};
    use crate::ports::{Holder, HolderKind};

    fn no_utf8() -> PathBuf {
        OsString::from_vec(b"/home/ana/caf\xe9".to_vec()).into()
    }

    #[test]
    fn a_holder_in_a_folder_whose_name_is_no_utf8_is_told() {
        let holder = Holder {
            pid: Some(4711),
            uid: None,
            command: None,
            cwd: Some(no_utf8()),
            started: None,
            kind: HolderKind::Stranger,
            live: false,
            identity: None,
        };
        let event = EventKind::PortHeld { port: 80, holder };
        let json = serde_json::to_value(&event).expect("it can be written");
        assert_eq!(json["holder"]["cwd"], "/home/ana/caf\u{fffd}");
    }

    #[test]
    fn a_tree_in_a_folder_whose_name_is_no_utf8_is_listed() {
        let tree = |cwd| {
            let leader = Identity {
                pid: 4711,
                start: 1,
                boot: BootId("b".into()),
            };
            let mut tree = Tree::new("web", RunId(1), leader);
            tree.cwd = cwd;
            tree
        };
        let json = |tree| serde_json::to_value(tree).expect("it can be written");
        assert_eq!(json(tree(Some(no_utf8())))["cwd"], "/home/ana/caf\u{fffd}");
        assert!(json(tree(None))["cwd"].is_null());
    }
}
