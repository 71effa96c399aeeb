//! Running other programs, and the only place that writes to the terminal.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use crate::fault::Fault;
use crate::paths;

/// The answer of a chore: standard output, so that it can be used in `$(...)`.
pub fn answer(text: &str) {
    // A closed pipe is the reader's choice, not an error of ours.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Progress: standard error.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A fault, to standard error.
pub fn complain(fault: &Fault) {
    say(&format!("error: {fault}"));
}

/// A command in the root of the workspace, that never waits for a keyboard.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(paths::root()).stdin(Stdio::null());
    command
}

/// The cargo that runs us.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command with its output shown; `todo` says what to do when it does not end well.
pub fn must(command: &mut Command, todo: &str) -> Result<(), Fault> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Fault::new(format!("`{}` ended with {status}", shown(command)), todo)),
        Err(error) => Err(Fault::new(format!("`{}` could not be started: {error}", shown(command)), todo)),
    }
}

/// Runs a command and gives its standard output; what it said on standard error is part of the fault.
pub fn output(command: &mut Command, todo: &str) -> Result<String, Fault> {
    let shown = shown(command);
    let output = command.output().map_err(|error| Fault::new(format!("`{shown}` could not be started: {error}"), todo))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = said.get(said.len().saturating_sub(5)..).unwrap_or_default().join("\n    ");
    Err(Fault::new(format!("`{shown}` ended with {}\n    {tail}", output.status), todo))
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
