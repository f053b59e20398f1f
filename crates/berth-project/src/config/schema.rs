//! The committed schema is the one that the types give. `BLESS=1` rewrites it.

use std::fs;
use std::path::Path;

use super::Config;

#[test]
fn the_schema_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/berth.schema.json");
    let fresh = serde_json::to_string_pretty(&schemars::schema_for!(Config)).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, fresh,
        "run this test with BLESS=1 and commit the file"
    );
}
