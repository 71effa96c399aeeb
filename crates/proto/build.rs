//! Compiles every .proto under `proto/` with protox: no protoc on the machine.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        println!("cargo:rerun-if-changed={}", folder.display());
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "proto") {
                println!("cargo:rerun-if-changed={}", path.display());
                files.push(path);
            }
        }
    }
    files.sort();
    let set = protox::compile(&files, [&root])?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin"), set.encode_to_vec())?;
    // Who reads a commit looks at its parts where they are stored.
    tonic_prost_build::configure()
        .bytes(".zeef.journal.v1.Envelope")
        .bytes(".zeef.journal.v1.Link")
        .bytes(".zeef.journal.v1.Cause")
        .bytes(".zeef.journal.v1.Trace")
        .compile_fds(set)?;
    Ok(())
}
