//! The files of a form (*bewijsstukken*): taken in as they come, looked at by their bytes, sealed in pieces, and waiting for the form that
//! they go with. Which file waits, and under which key, only the secret that its sender got says.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proto::intake::v1 as pb;
use service::status;
use sha2::{Digest, Sha256};
use tonic::{Code, Status, Streaming};
use uuid::Uuid;

use super::{BUCKET, Forms, Secret, opened, sealed};
use crate::{
    check::fault,
    evidence::{self, Kind, LARGEST, LETTERS, MOST},
    reception::away,
    vault::{KeptFile, PIECE, Vault},
};

/// How long a file waits for its form to be filled in right.
const FOR_ITS_FORM: SignedDuration = SignedDuration::from_hours(1);
/// How long after the end of its form a file is looked for: a confirmation in the last second is done with it by then.
const AFTER_ITS_FORM: SignedDuration = SignedDuration::from_hours(1);
/// Longest time between two parts of a file.
const STALL: Duration = Duration::from_secs(60);

/// A file that waits, under the name of its record.
pub(super) struct Waiting {
    name: String,
    pub file: KeptFile,
}

impl Secret {
    /// The file of this secret, with its key; nothing of it is known yet.
    fn file(&self) -> ([u8; 32], Uuid) {
        let name = self.derived("zeef file name");
        let mut id = [0; 16];
        id.iter_mut().zip(name).for_each(|(to, from)| *to = from);
        (self.derived("zeef file key"), Uuid::from_bytes(id))
    }

    fn file_name(&self, id: Uuid) -> String {
        format!("{}.file.{}", self.until, id.simple())
    }
}

/// The file that waits under this name; `None` when it is a form.
pub(super) fn of_name(name: &str) -> Option<Uuid> {
    name.split_once(".file.")?.1.parse().ok()
}

/// What is wrong with a file.
fn wrong(code: &str, text: &str) -> Vec<pb::Fault> {
    vec![fault("file", code, text)]
}

/// A file that is coming in.
struct Coming<'a> {
    vault: &'a Vault,
    key: [u8; 32],
    id: Uuid,
    kind: Option<Kind>,
    /// What is not in a piece yet: a piece at most, and what came last.
    held: Vec<u8>,
    pieces: usize,
    size: usize,
    hash: Sha256,
}

impl Coming<'_> {
    async fn add(&mut self, data: &[u8]) -> Result<Result<(), Vec<pb::Fault>>, Status> {
        self.size = self.size.saturating_add(data.len());
        if self.size > LARGEST {
            let text =
                "Dit bestand is groter dan 10 MB. Maak het kleiner, of voeg alleen de bladzijde toe waar het om gaat (larger than 10 MB)";
            return Ok(Err(wrong("file-too-large", text)));
        }
        self.hash.update(data);
        self.held.extend_from_slice(data);
        while self.held.len() > PIECE {
            let rest = self.held.split_off(PIECE);
            if let Err(faults) = self.piece(false).await? {
                return Ok(Err(faults));
            }
            self.held = rest;
        }
        Ok(Ok(()))
    }

    /// Seals what is held as the next piece.
    async fn piece(&mut self, last: bool) -> Result<Result<(), Vec<pb::Fault>>, Status> {
        let kind = match self.kind {
            None => Kind::of(&self.held),
            Some(kind) => Some(kind).filter(|kind| kind.goes_on(&self.held)),
        };
        let Some(kind) = kind else {
            let text = "Dit is geen PDF, foto (JPEG, PNG, HEIC), e-mail (.eml) of tekst, ook als het bestand zo heet. Bewaar het als PDF, of \
                        maak een foto (not a PDF, picture, e-mail or text)";
            return Ok(Err(wrong("file-kind", text)));
        };
        self.kind = Some(kind);
        self.vault.keep_piece(self.id, &self.key, (self.pieces, last), &self.held).await.map_err(|error| away(&error))?;
        self.pieces += 1;
        Ok(Ok(()))
    }
}

impl Forms {
    /// Takes in a file. What is broken off or wrong is removed at once.
    ///
    /// # Errors
    /// A status when nothing was kept.
    pub(super) async fn keep_file(&self, parts: Streaming<pb::KeepFileRequest>, now: Timestamp) -> Result<pb::KeepFileResponse, Status> {
        let wait = FOR_ITS_FORM.saturating_add(self.kept).saturating_add(AFTER_ITS_FORM);
        let secret = Secret::new(now.saturating_add(wait).map_err(|error| status::internal(&error))?);
        let (key, id) = secret.file();
        let waiting = secret.file_name(id);
        // First that it is there, so that whatever becomes of it is removed in time.
        let revision = self.store.create(BUCKET, &waiting, bytes::Bytes::new()).await.map_err(|error| status::unavailable(&error))?;
        let outcome = match self.read(parts, key, id).await {
            Ok(Ok(file)) => {
                let head = sealed(key, &waiting, &file).map_err(|error| status::unavailable(&error));
                match head {
                    Ok(head) => match self.store.update(BUCKET, &waiting, revision, head).await {
                        Ok(_) => {
                            return Ok(pb::KeepFileResponse { faults: Vec::new(), token: secret.text(), name: file.name, size: file.size });
                        }
                        Err(error) => Err(status::unavailable(&error)),
                    },
                    Err(status) => Err(status),
                }
            }
            Ok(Err(faults)) => Ok(pb::KeepFileResponse { faults, ..Default::default() }),
            Err(status) => Err(status),
        };
        self.forget(&waiting, id).await?;
        outcome
    }

    async fn read(
        &self,
        mut parts: Streaming<pb::KeepFileRequest>,
        key: [u8; 32],
        id: Uuid,
    ) -> Result<Result<KeptFile, Vec<pb::Fault>>, Status> {
        let (vault, hash) = (self.vault.as_ref(), Sha256::new());
        let mut coming = Coming { vault, key, id, kind: None, held: Vec::new(), pieces: 0, size: 0, hash };
        let mut name = String::new();
        loop {
            let part = tokio::time::timeout(STALL, parts.message()).await;
            let Some(part) =
                part.map_err(|_| status::coded(Code::DeadlineExceeded, "file-stalled", "the rest of the file did not come"))??
            else {
                break;
            };
            if name.is_empty() {
                name = evidence::name(&part.name);
            }
            if let Err(faults) = coming.add(&part.data).await? {
                return Ok(Err(faults));
            }
        }
        if coming.size == 0 {
            return Ok(Err(wrong("file-empty", "Dit bestand is leeg (the file is empty)")));
        }
        if let Err(faults) = coming.piece(true).await? {
            return Ok(Err(faults));
        }
        Ok(Ok(KeptFile {
            id: id.as_bytes().to_vec(),
            key: key.to_vec(),
            duty: String::new(),
            name,
            kind: coming.kind.map(Kind::code).unwrap_or_default().to_owned(),
            size: u64::try_from(coming.size).unwrap_or(u64::MAX),
            sha256: coming.hash.finalize().to_vec(),
        }))
    }

    /// The files that a form names, each with the duty it shows; or what is wrong.
    ///
    /// # Errors
    /// `UNAVAILABLE`.
    pub(super) async fn files(&self, named: &[pb::FormFile], now: Timestamp) -> Result<Result<Vec<Waiting>, Vec<pb::Fault>>, Status> {
        let (mut files, mut faults) = (Vec::new(), Vec::new());
        for (number, one) in named.iter().enumerate() {
            if !LETTERS.contains(&one.duty.as_str()) {
                return Err(status::invalid_field("files.duty", "a to d"));
            }
            let field = field(&one.duty);
            if number >= MOST {
                let text = format!("Voeg bij een melding hoogstens {MOST} bestanden toe: haal er een paar weg (at most {MOST} files)");
                return Ok(Err(vec![fault(&field, "too-many-files", text)]));
            }
            match self.waiting(&one.token, now).await? {
                Some(mut waiting) => {
                    one.duty.clone_into(&mut waiting.file.duty);
                    files.push(waiting);
                }
                None => {
                    let text =
                        "Wij hebben een bestand niet meer, want dat bewaren wij een uur. Voeg het opnieuw toe (please add the file again)";
                    faults.push(fault(&field, "file-gone", text));
                }
            }
        }
        Ok(if faults.is_empty() { Ok(files) } else { Err(faults) })
    }

    async fn waiting(&self, token: &str, now: Timestamp) -> Result<Option<Waiting>, Status> {
        // Its form may wait as long as any form does, and the file is there until that is over.
        let rest = self.kept.saturating_add(AFTER_ITS_FORM).as_secs();
        let Some(secret) = Secret::read(token).filter(|secret| secret.until.saturating_sub(rest) > now.as_second()) else {
            return Ok(None);
        };
        let (key, id) = secret.file();
        let name = secret.file_name(id);
        let entry = self.store.get(BUCKET, &name).await.map_err(|error| status::unavailable(&error))?;
        Ok(entry.and_then(|entry| opened(key, &name, &entry.value)).map(|file| Waiting { name, file }))
    }

    /// Removes a file that goes with nothing.
    async fn forget(&self, name: &str, id: Uuid) -> Result<(), Status> {
        self.vault.remove_file(id).await.map_err(|error| away(&error))?;
        self.store.purge(BUCKET, name).await.map_err(|error| status::unavailable(&error))
    }

    /// Removes files of a form of which nothing may be kept.
    ///
    /// # Errors
    /// `UNAVAILABLE`; then something is kept that may not be, and goes when its time is over.
    pub(super) async fn forget_all(&self, files: &[Waiting]) -> Result<(), Status> {
        for Waiting { name, file } in files {
            if let Some(id) = file.id() {
                self.forget(name, id).await?;
            }
        }
        Ok(())
    }
}

/// Where on the form a file of this duty stands.
fn field(letter: &str) -> String {
    format!("files.{letter}")
}

/// A duty that a file shows is declared met; who says that it is not met, or does not know, shows nothing.
pub(super) fn declare(signal: &mut pb::Signal, files: &[Waiting]) -> Vec<pb::Fault> {
    use pb::Shown;
    let duties = [&mut signal.personal_contact, &mut signal.pointed_to_help, &mut signal.written_reminder, &mut signal.offered_to_report];
    let mut faults = Vec::new();
    for (duty, letter) in duties.into_iter().zip(LETTERS) {
        if !files.iter().any(|waiting| waiting.file.duty == letter) {
            continue;
        }
        let duty = duty.get_or_insert_default();
        match duty.shown() {
            Shown::Unspecified | Shown::Met | Shown::EvidenceMissing => duty.set_shown(Shown::Met),
            Shown::NotMet | Shown::Unknown => {
                let text = "U voegt een bestand toe, maar u zegt dat u dit niet hebt gedaan of niet weet. Kies 'Ja', of haal het bestand weg \
                            (choose 'Ja' or remove the file)";
                faults.push(fault(&field(letter), "evidence-of-nothing", text));
            }
        }
    }
    faults
}
