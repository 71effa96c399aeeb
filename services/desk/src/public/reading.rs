//! Reads the landlord's form: words are kept, files go on to intake as they come in. It is read to its end whatever is wrong with it, so that
//! the browser gets to show what that was.

use std::{collections::BTreeMap, net::IpAddr};

use axum::{body::BodyDataStream, extract::Request, http::header};
use futures::stream;
use proto::intake::v1::{self as pb, form_service_client::FormServiceClient};
use service::Client;
use tokio::sync::mpsc;

use super::{
    Site,
    form::{File, Wrong, later},
    parts::{Bad, Head},
};

/// Largest form with all its files, in bytes.
const LARGEST: usize = 25 * 1024 * 1024;
/// All words of a form together, in bytes.
const WORDS: usize = 64 * 1024;
/// Most files with one form, as intake has it.
const FILES: usize = 8;
/// Pieces of a file under way to intake.
const UNDER_WAY: usize = 4;

/// The fields that files are in, and those that name the ones that are kept already: per duty (Bgs art. 2 a to d).
pub(super) const FIELDS: [(&str, &str); 4] =
    [("a_bestand", "a_erbij"), ("b_bestand", "b_erbij"), ("c_bestand", "c_erbij"), ("d_bestand", "d_erbij")];

type Parts = super::parts::Parts<BodyDataStream>;

/// A form as it was read.
#[derive(Default)]
pub(super) struct Read {
    pub fields: BTreeMap<String, String>,
    pub files: Vec<File>,
    /// What is wrong with its files, or with the form as a whole.
    pub wrong: Vec<Wrong>,
    away: Vec<String>,
    words: usize,
}

/// What is said of a form that could not be read on.
fn unread(bad: &Bad) -> Wrong {
    let (field, text) = match bad {
        Bad::TooLarge => (
            "a_bestand",
            "Uw bestanden zijn samen groter dan 25 MB. Voeg er minder toe, of kleinere. Wat u hebt ingevuld staat er nog (more than 25 MB \
             together)",
        ),
        Bad::Unreadable => (
            "naam",
            "Wij konden het formulier niet goed lezen. Kijk na wat er staat, voeg uw bestanden opnieuw toe en verstuur het nog eens (the form \
             could not be read; please send it again)",
        ),
    };
    Wrong { field, text: text.to_owned() }
}

/// Reads a form of somebody at this address.
pub(super) async fn form(site: &Site, who: IpAddr, request: Request) -> Read {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = Parts::new(kind, body.into_data_stream(), LARGEST);
    let mut read = Read::default();
    if let Err(bad) = read.all(site, who, &mut parts).await {
        read.wrong.push(unread(&bad));
    }
    parts.pass_over().await;
    let away = std::mem::take(&mut read.away);
    read.files.retain(|file| !away.contains(&file.token));
    read
}

impl Read {
    async fn all(&mut self, site: &Site, who: IpAddr, parts: &mut Parts) -> Result<(), Bad> {
        let mut intake = None;
        while let Some(Head { name, file }) = parts.next().await? {
            match file {
                Some(file) => self.file(site, who, &mut intake, (&name, file), parts).await?,
                None => {
                    let text = self.text(&name, parts).await?;
                    self.word(name, text);
                }
            }
        }
        Ok(())
    }

    async fn text(&mut self, name: &str, parts: &mut Parts) -> Result<String, Bad> {
        let mut text = Vec::new();
        self.words = self.words.saturating_add(name.len());
        while let Some(bytes) = parts.bytes().await? {
            self.words = self.words.saturating_add(bytes.len());
            if self.words > WORDS {
                return Err(Bad::Unreadable);
            }
            text.extend_from_slice(&bytes);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn word(&mut self, name: String, text: String) {
        let duty = FIELDS.iter().position(|(_, kept)| *kept == name);
        match duty {
            Some(duty) => self.files.extend(File::read(duty, &text)),
            None if name == "weg" => self.away.push(text),
            None => drop(self.fields.insert(name, text)),
        }
    }

    /// A file: to intake, piece by piece. One that is not wanted is passed over.
    async fn file(
        &mut self,
        site: &Site,
        who: IpAddr,
        intake: &mut Option<FormServiceClient<Client>>,
        (field, name): (&str, String),
        parts: &mut Parts,
    ) -> Result<(), Bad> {
        // A field for files into which nothing was put has no name.
        let duty = FIELDS.iter().position(|(known, _)| *known == field).filter(|_| !name.is_empty());
        let Some(duty) = duty else { return Ok(()) };
        if let Err(text) = self.may_add(site, who) {
            self.fault(duty, text.to_owned());
            return Ok(());
        }
        if intake.is_none() {
            *intake = site.forms().await.ok();
        }
        let Some(mut intake) = intake.clone() else {
            self.fault(duty, later().text);
            return Ok(());
        };
        let (sender, receiver) = mpsc::channel(UNDER_WAY);
        let pieces = stream::unfold(receiver, |mut receiver: mpsc::Receiver<pb::KeepFileRequest>| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        let first = pb::KeepFileRequest { name: name.clone(), data: Vec::new() };
        let feed = async move {
            let mut listens = sender.send(first).await.is_ok();
            loop {
                let bytes = match parts.bytes().await {
                    Ok(Some(bytes)) => bytes,
                    Ok(None) => return Ok(()),
                    // Not ended but broken off: intake is not to take it for the whole file.
                    Err(bad) => return Err((bad, sender)),
                };
                // When intake knows enough, the rest is passed over.
                if listens {
                    listens = sender.send(pb::KeepFileRequest { data: bytes.to_vec(), ..Default::default() }).await.is_ok();
                }
            }
        };
        let done = tokio::try_join!(async { Ok(intake.keep_file(pieces).await) }, feed);
        let (answer, ()) = done.map_err(|(bad, _)| bad)?;
        match answer.map(tonic::Response::into_inner) {
            Ok(kept) if kept.faults.is_empty() => self.files.push(File { duty, token: kept.token, size: kept.size, name: kept.name }),
            Ok(kept) => kept.faults.into_iter().for_each(|fault| self.fault(duty, format!("{name}: {}", fault.text))),
            Err(status) => {
                tracing::warn!(code = ?status.code(), "intake did not keep a file");
                self.fault(duty, later().text);
            }
        }
        Ok(())
    }

    fn may_add(&self, site: &Site, who: IpAddr) -> Result<(), &'static str> {
        if self.files.iter().filter(|file| !self.away.contains(&file.token)).count() >= FILES {
            return Err("Voeg hoogstens 8 bestanden toe. De andere hebben wij niet bewaard (at most 8 files)");
        }
        let text = "U hebt heel veel bestanden achter elkaar toegevoegd. Over een uur kunt u er weer toevoegen. U kunt ook zonder bestanden \
                    melden (too many files; try again in an hour, or report without)";
        if site.limits.may_add(who) { Ok(()) } else { Err(text) }
    }

    /// Said once.
    fn fault(&mut self, duty: usize, text: String) {
        let field = FIELDS.get(duty).map_or("a_bestand", |(field, _)| *field);
        if !self.wrong.iter().any(|wrong| wrong.field == field && wrong.text == text) {
            self.wrong.push(Wrong { field, text });
        }
    }
}
