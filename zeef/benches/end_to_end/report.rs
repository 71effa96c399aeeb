//! What was measured, as a table for people and JSON for machines.

use std::{
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// Between two calls that are timed one by one, floors and ours alike: what the one before set in motion in six processes is
/// not the next one's time.
const BREATH: Duration = Duration::from_millis(3);

/// Durations of single calls.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Times so many calls one by one, each after one of another kind, so that the same moments of the machine are in both:
    /// the other kind's times, then these. The first twentieth pays for connections and caches, and is not counted.
    pub async fn in_turn<T>(
        calls: impl ExactSizeIterator<Item = T>,
        mut floor: impl AsyncFnMut(),
        mut call: impl AsyncFnMut(T),
    ) -> (Self, Self) {
        let (mut floors, mut times, warm_up) = (Self::default(), Self::default(), calls.len() / 20);
        for (at, what) in calls.enumerate() {
            let under = timed(floor()).await;
            let took = timed(call(what)).await;
            if at >= warm_up {
                floors.0.push(under);
                times.0.push(took);
            }
        }
        (floors, times)
    }

    /// Times so many calls one by one, the first twentieth apart.
    pub async fn of<T>(calls: impl ExactSizeIterator<Item = T>, mut call: impl AsyncFnMut(T)) -> Self {
        let (mut times, warm_up) = (Self::default(), calls.len() / 20);
        for (at, what) in calls.enumerate() {
            let took = timed(call(what)).await;
            if at >= warm_up {
                times.0.push(took);
            }
        }
        times
    }

    /// The time within which this part (0 to 1) of the calls ended, in microseconds.
    pub fn percentile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(at).map_or(f64::NAN, |took| took.as_secs_f64() * 1e6)
    }
}

/// One call's time, after a breath.
async fn timed(call: impl Future<Output = ()>) -> Duration {
    tokio::time::sleep(BREATH).await;
    let begun = Instant::now();
    call.await;
    begun.elapsed()
}

/// One line of the report.
#[derive(Serialize)]
pub struct Line {
    /// Where: for example "NATS, one server, sync always".
    pub setting: String,
    /// What.
    pub measured: &'static str,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// Next to the floor of the same run; none for a floor itself.
    pub ratio: Option<f64>,
    /// Which floor, and what was hoped for.
    pub of: &'static str,
}

/// All lines.
#[derive(Default, Serialize)]
pub struct Report {
    lines: Vec<Line>,
}

impl Report {
    /// A floor, or a figure that stands alone.
    pub fn floor(&mut self, setting: &str, measured: &'static str, value: f64, unit: &'static str) {
        self.add(setting, measured, value, unit, None, "");
    }

    /// A figure next to its floor.
    pub fn beside(&mut self, setting: &str, measured: &'static str, value: f64, unit: &'static str, floor: f64, of: &'static str) {
        self.add(setting, measured, value, unit, Some(value / floor), of);
    }

    fn add(&mut self, setting: &str, measured: &'static str, value: f64, unit: &'static str, ratio: Option<f64>, of: &'static str) {
        self.lines.push(Line { setting: setting.to_owned(), measured, value, unit, ratio, of });
    }

    /// The table on stdout, the JSON in a file.
    pub fn publish(&self, file: &Path) -> std::io::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_header(["setting", "measured", "value", "", "ratio", "of"]);
        for line in &self.lines {
            let ratio = line.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
            table.add_row([
                line.setting.clone(),
                line.measured.to_owned(),
                format!("{:.0}", line.value),
                line.unit.to_owned(),
                ratio,
                line.of.to_owned(),
            ]);
        }
        for column in [2, 4] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        std::fs::write(file, serde_json::to_string_pretty(self).map_err(std::io::Error::other)?)?;
        writeln!(std::io::stdout(), "{table}\nJSON: {}", file.display())
    }
}
