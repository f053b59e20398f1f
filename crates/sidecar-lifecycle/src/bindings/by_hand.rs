//! Types of what is serialised by hand.

use ts_rs::{Config, TS};

use crate::metrics::{Counter, Counters, Durations};

/// It stands in no place of its own: its fields are part of `SidecarMetrics`.
impl TS for Counters {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &Config) -> String {
        "Counters".to_owned()
    }

    fn inline(cfg: &Config) -> String {
        Self::inline_flattened(cfg)
    }

    fn inline_flattened(_: &Config) -> String {
        let fields = Counter::ALL.iter().map(|counter| {
            let key = serde_json::to_value(counter).expect("a name");
            let key = key.as_str().expect("a word");
            format!("\n/**\n * {}\n */\n{key}: number,", counter.description())
        });
        format!("{{ {} }}", fields.collect::<String>())
    }
}

/// Lengths of time, in seconds.
#[derive(TS)]
#[ts(rename = "Durations")]
#[expect(dead_code, reason = "only its type is used")]
struct DurationsJson {
    /// How many.
    count: u64,
    /// All together.
    sum: f64,
    /// The shortest.
    min: Option<f64>,
    /// The longest.
    max: Option<f64>,
    /// The latest.
    last: Option<f64>,
    /// How many are not longer than `le`, for each bound.
    #[ts(inline)]
    buckets: Vec<BucketJson>,
}

#[derive(TS)]
#[expect(dead_code, reason = "only its type is used")]
struct BucketJson {
    le: f64,
    count: u64,
}

impl TS for Durations {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn docs() -> Option<String> {
        DurationsJson::docs()
    }

    fn name(cfg: &Config) -> String {
        DurationsJson::name(cfg)
    }

    fn inline(cfg: &Config) -> String {
        DurationsJson::inline(cfg)
    }

    fn decl(cfg: &Config) -> String {
        DurationsJson::decl(cfg)
    }
}
