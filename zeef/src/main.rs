//! The one binary people run.
fn main() {}
