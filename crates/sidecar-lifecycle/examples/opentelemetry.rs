//! Runs one sidecar and exports its numbers as OpenTelemetry metrics, to stdout.
//!
//! `cargo run -p sidecar-lifecycle --example opentelemetry -- ID COMMAND [ARG…]`
//!
//! Ctrl+C ends the sidecar, then exports the last numbers. With another exporter
//! (`opentelemetry-otlp`) the same code sends them to a collector.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Gauge, Histogram, Meter, MeterProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use sidecar_lifecycle::metrics::{BUCKETS, Counter, Telemetry, Timing};
use sidecar_lifecycle::{Engine, Phase, SidecarConfig, guardian, on_termination};

#[expect(clippy::print_stderr, reason = "a command says why it does not run")]
fn main() -> ExitCode {
    // First of all: it forks, which only a program of one thread can do safely. The exporter has
    // a thread.
    if let Err(e) = guardian::start() {
        eprintln!("opentelemetry: {e}");
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("opentelemetry: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(id), Some(program)) = (args.next(), args.next()) else {
        return Err("usage: opentelemetry ID COMMAND [ARG…]".into());
    };
    let config = SidecarConfig::builder()
        .name(program)
        .args(args)
        .auto_restart(true)
        .build()?;
    let provider = SdkMeterProvider::builder()
        .with_resource(Resource::builder().with_service_name("sidecars").build())
        .with_periodic_exporter(opentelemetry_stdout::MetricExporter::default())
        .build();
    let instruments = Instruments::new(&provider.meter("sidecar-lifecycle"));
    let state = std::env::temp_dir().join("sidecar-lifecycle-opentelemetry");
    let engine = Engine::builder("sidecar-lifecycle.opentelemetry", &state)
        .telemetry(instruments)
        .build()?;
    let (end, ended) = mpsc::channel();
    on_termination(move |_| {
        let _ = end.send(()); // Ending already.
    })?;
    engine.declare(&id, config)?;
    engine.start(&id)?;
    ended.recv()?;
    let report = engine.shutdown("interrupted", Duration::from_secs(15));
    // Exports what has come since the last time, the end of the sidecar with it.
    provider.shutdown()?;
    if report.complete {
        // Empty now, unless another process of this example runs.
        let _ = std::fs::remove_dir(&state);
        Ok(())
    } else {
        Err("the sidecar did not end in time; the guardian goes on with it".into())
    }
}

/// One instrument for each number. Recording adds to memory; another thread exports.
struct Instruments {
    counters: BTreeMap<Counter, opentelemetry::metrics::Counter<u64>>,
    timings: BTreeMap<Timing, Histogram<f64>>,
    up: Gauge<u64>,
}

/// `sidecar_port_moves_total` is `sidecar.port_moves` here: exporters to Prometheus make an
/// underscore of the point, and add the unit and `_total` themselves.
fn name(prometheus: &str) -> String {
    let stem = prometheus.strip_suffix("_total").unwrap_or(prometheus);
    let stem = stem.strip_suffix("_seconds").unwrap_or(stem);
    stem.replacen('_', ".", 1)
}

impl Instruments {
    fn new(meter: &Meter) -> Instruments {
        let counter = |counter: Counter| {
            meter
                .u64_counter(name(counter.name()))
                .with_description(counter.description())
                .with_unit(counter.unit())
                .build()
        };
        let timing = |timing: Timing| {
            meter
                .f64_histogram(name(timing.name()))
                .with_description(timing.description())
                .with_unit(timing.unit())
                .with_boundaries(BUCKETS.to_vec())
                .build()
        };
        Instruments {
            counters: Counter::ALL.iter().map(|&c| (c, counter(c))).collect(),
            timings: Timing::ALL.iter().map(|&t| (t, timing(t))).collect(),
            up: meter
                .u64_gauge("sidecar.up")
                .with_description("Whether processes of it may exist.")
                .build(),
        }
    }
}

fn of(sidecar: &str) -> [KeyValue; 1] {
    [KeyValue::new("sidecar", sidecar.to_owned())]
}

impl Telemetry for Instruments {
    fn count(&self, sidecar: &str, counter: Counter, by: u64) {
        if let Some(instrument) = self.counters.get(&counter) {
            instrument.add(by, &of(sidecar));
        }
    }

    fn duration(&self, sidecar: &str, timing: Timing, length: Duration) {
        if let Some(instrument) = self.timings.get(&timing) {
            instrument.record(length.as_secs_f64(), &of(sidecar));
        }
    }

    fn phase(&self, sidecar: &str, phase: Phase) {
        self.up
            .record(phase.may_have_processes().into(), &of(sidecar));
    }
}
