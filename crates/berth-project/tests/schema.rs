//! The committed schema is the one that the types give. `BLESS=1` rewrites it.

use std::fs;
use std::path::Path;

#[test]
fn the_schema_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/berth.schema.json");
    let fresh = serde_json::to_string_pretty(&berth_project::config::schema()).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, fresh,
        "run this test with BLESS=1 and commit the file"
    );
}
