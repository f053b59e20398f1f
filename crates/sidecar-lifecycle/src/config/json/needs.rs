//! Dependencies as JSON.

use super::fields::{FromJson, Item};
use super::node::Kind;
use crate::config::Dependency;

/// A dependency: an id, or an object with a condition.
#[derive(Debug)]
pub(super) struct NeedJson(pub(super) Dependency);

impl FromJson for NeedJson {
    fn read(item: &Item<'_>) -> Option<NeedJson> {
        match &item.node.kind {
            Kind::Text(id) => Some(NeedJson(id.as_str().into())),
            Kind::Object(_) => {
                let mut fields = item.fields()?;
                let id = fields.required::<String>("id", "the id of a sidecar");
                let condition = fields.take("condition").unwrap_or_default();
                fields.finish();
                id.map(|id| NeedJson(Dependency::on(id, condition)))
            }
            _ => item.expected("the id of a sidecar, or an object with `id` and `condition`"),
        }
    }
}
