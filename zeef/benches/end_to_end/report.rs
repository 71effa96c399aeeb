//! What was measured, the median of all runs, as a table for people and JSON for machines.

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

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        Self(times.into_iter().collect())
    }
}

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
        percentile(&self.0, part)
    }

    /// The same of each so many calls after one another, and of those the middle one: what a disk that stands still now and then
    /// does not decide. What is left over at the end does not count.
    pub fn middle_percentile(&self, part: f64, of: usize) -> f64 {
        let mut each: Vec<f64> = self.0.chunks_exact(of).map(|calls| percentile(calls, part)).collect();
        each.sort_unstable_by(f64::total_cmp);
        median(&each).unwrap_or(f64::NAN)
    }

    /// The same of the first calls.
    pub fn first_percentile(&self, part: f64, calls: usize) -> f64 {
        percentile(self.0.get(..calls).unwrap_or(&self.0), part)
    }
}

/// Of an even number, the worse neighbour is not chosen: both count.
fn median(sorted: &[f64]) -> Option<f64> {
    let (low, high) = (sorted.len().checked_sub(1)? / 2, sorted.len() / 2);
    Some((sorted[low] + sorted[high]) / 2.0)
}

fn percentile(times: &[Duration], part: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(at).map_or(f64::NAN, |took| took.as_secs_f64() * 1e6)
}

/// One call's time, after a breath.
async fn timed(call: impl Future<Output = ()>) -> Duration {
    tokio::time::sleep(BREATH).await;
    let begun = Instant::now();
    call.await;
    begun.elapsed()
}

/// One line of the report: the same figure of each run.
pub struct Line {
    /// Where: for example "NATS, one server, sync always".
    setting: String,
    /// What.
    measured: &'static str,
    /// Of what.
    unit: &'static str,
    /// Which floor, and what was hoped for.
    of: &'static str,
    values: Vec<f64>,
    /// Next to the floor of the same run; none for a floor itself.
    ratios: Vec<f64>,
}

/// A line as machines get it: the middle one of the runs, and the outermost.
#[derive(Serialize)]
struct Told<'a> {
    setting: &'a str,
    measured: &'static str,
    unit: &'static str,
    runs: usize,
    median: f64,
    least: f64,
    most: f64,
    median_ratio: Option<f64>,
    of: &'static str,
}

impl Line {
    fn told(&self) -> Told<'_> {
        let sorted = |values: &[f64]| {
            let mut values = values.to_vec();
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        let values = sorted(&self.values);
        Told {
            setting: &self.setting,
            measured: self.measured,
            unit: self.unit,
            runs: values.len(),
            median: median(&values).unwrap_or(f64::NAN),
            least: values.first().copied().unwrap_or(f64::NAN),
            most: values.last().copied().unwrap_or(f64::NAN),
            median_ratio: median(&sorted(&self.ratios)),
            of: self.of,
        }
    }
}

/// All lines, over all runs.
#[derive(Default)]
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
        let at = self.lines.iter().position(|line| line.setting == setting && line.measured == measured);
        let at = at.unwrap_or_else(|| {
            self.lines.push(Line { setting: setting.to_owned(), measured, unit, of, values: Vec::new(), ratios: Vec::new() });
            self.lines.len() - 1
        });
        self.lines[at].values.push(value);
        self.lines[at].ratios.extend(ratio);
    }

    /// The table on stdout, the JSON in a file.
    pub fn publish(&self, file: &Path) -> std::io::Result<()> {
        let lines: Vec<Told<'_>> = self.lines.iter().map(Line::told).collect();
        let mut table = Table::new();
        let header = ["setting", "measured", "median", "", "of runs", "least", "most", "ratio", "of"];
        table.load_style(presets::UTF8_BORDERS_ONLY).set_header(header);
        for line in &lines {
            table.add_row([
                line.setting.to_owned(),
                line.measured.to_owned(),
                format!("{:.0}", line.median),
                line.unit.to_owned(),
                line.runs.to_string(),
                format!("{:.0}", line.least),
                format!("{:.0}", line.most),
                line.median_ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
                line.of.to_owned(),
            ]);
        }
        for column in [2, 4, 5, 6, 7] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        std::fs::write(file, serde_json::to_string_pretty(&lines).map_err(std::io::Error::other)?)?;
        writeln!(std::io::stdout(), "{table}\nJSON: {}", file.display())
    }
}
