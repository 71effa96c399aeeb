//! `zeef signals evidence`: the files that came with a report by web form (bewijsstukken). The look is logged.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use kernel::SignalId;
use proto::intake::v1::{EvidenceFile, OpenEvidenceRequest, open_evidence_response::Part};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Failure, reach::Reach};

/// The files of a signal.
#[derive(clap::Args)]
pub struct Evidence {
    /// The signal, as `zeef signals list` names it.
    signal: SignalId,
    /// Saves the files in this directory: under the duty that they show and a number, never under the name that their sender gave.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A code from the register of purposes.
    #[arg(long, default_value = "evidence")]
    purpose: String,
}

/// `zeef signals evidence --json`.
#[derive(Serialize, JsonSchema)]
pub struct EvidenceAnswer {
    files: Vec<Row>,
}

/// A file that came with a report.
#[derive(Serialize, JsonSchema)]
pub struct Row {
    /// Which of the landlord's duties it shows: "a", "b", "c" or "d" (Bgs art. 2).
    duty: String,
    /// As its sender called it.
    name: String,
    /// What its bytes are: "pdf", "jpg", "png", "heic", "eml" or "txt".
    kind: String,
    /// Bytes.
    size: u64,
    /// Of its bytes, hexadecimal: it stands on the receipt.
    sha256: String,
    /// Where it was saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_as: Option<String>,
}

impl Row {
    /// As its sender called it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl From<EvidenceFile> for Row {
    fn from(file: EvidenceFile) -> Self {
        let EvidenceFile { duty, name, kind, size, sha256 } = file;
        Self { duty, name, kind, size, sha256, saved_as: None }
    }
}

/// A file that is being saved.
struct Saving {
    path: PathBuf,
    file: File,
    hash: Sha256,
}

impl Saving {
    /// Under a name of its own; what is there stays.
    fn begin(folder: &Path, file: &EvidenceFile, number: usize) -> Result<Self, Failure> {
        // Both are from a short list of codes; whatever else they would be, they name no other folder.
        let plain = |code: &str| code.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let path = folder.join(format!("bewijsstuk-{}-{number}.{}", plain(&file.duty), plain(&file.kind)));
        let opened = File::create_new(&path);
        let opened = opened.map_err(|error| Failure::of(format!("{}: {error}; geef een lege map", path.display())))?;
        Ok(Self { path, file: opened, hash: Sha256::new() })
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.hash.update(bytes);
        Ok(self.file.write_all(bytes)?)
    }

    /// Where it is, when it is what its sender sent.
    fn end(self, sha256: &str) -> Result<String, Failure> {
        let same = hex::encode(self.hash.finalize()) == sha256;
        if !same {
            drop(std::fs::remove_file(&self.path));
            return Err(Failure::of(format!("{}: niet heel aangekomen; haal het opnieuw op", self.path.display())));
        }
        Ok(self.path.display().to_string())
    }
}

impl Evidence {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        let content = self.out.is_some();
        let request = OpenEvidenceRequest { signal_id: self.signal.to_string(), purpose: self.purpose.clone(), content };
        let mut parts = reach.intake().await?.open_evidence(request).await?.into_inner();
        let mut files: Vec<Row> = Vec::new();
        let mut saving: Option<Saving> = None;
        while let Some(message) = parts.message().await? {
            match message.part {
                Some(Part::File(file)) => {
                    end(&mut files, saving.take())?;
                    if let Some(folder) = &self.out {
                        std::fs::create_dir_all(folder)?;
                        let number = files.iter().filter(|known| known.duty == file.duty).count() + 1;
                        saving = Some(Saving::begin(folder, &file, number)?);
                    }
                    files.push(file.into());
                }
                Some(Part::Data(bytes)) => {
                    if let Some(saving) = &mut saving {
                        saving.add(&bytes)?;
                    }
                }
                None => {}
            }
        }
        end(&mut files, saving)?;
        if out.json() {
            out.document(&EvidenceAnswer { files })?;
        } else {
            out.table(
                &["Bij", "Naam bij de melder", "Soort", "Bytes", "SHA-256", "Bewaard als"],
                files.into_iter().map(|one| {
                    let (size, saved_as) = (one.size.to_string(), one.saved_as.unwrap_or_default());
                    vec![format!("Bgs art. 2 {}", one.duty), one.name, one.kind, size, one.sha256, saved_as]
                }),
                "Geen bewijsstukken.",
            )?;
        }
        out.flush()
    }
}

fn end(files: &mut [Row], saving: Option<Saving>) -> Result<(), Failure> {
    if let (Some(saving), Some(row)) = (saving, files.last_mut()) {
        row.saved_as = Some(saving.end(&row.sha256)?);
    }
    Ok(())
}
