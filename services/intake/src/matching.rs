//! What staff asks and decides about matching: the signals of a case and how they stand, and persons in doubt.

use intake_domain::{
    Command,
    person::{MatchReason, compare},
};
use journal::Views;
use kernel::{Gemeentecode, PersonId};
use proto::{common::v1 as common, intake::v1 as pb};
use service::{Actor, Resource, action, room, status};
use tonic::{Status, metadata::MetadataMap};

use crate::{
    form,
    grpc::{IntakeRpc, case_id, position},
    looking::purpose,
    persons,
    receipt::moment,
    reception::away,
    views::{self, Whereabouts},
};

pub(crate) fn person_id(field: &'static str, text: &str) -> Result<PersonId, Status> {
    text.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field(field, error.to_string()))
}

fn date(date: jiff::civil::Date) -> common::Date {
    common::Date { iso: date.to_string() }
}

impl IntakeRpc {
    /// The signals of a case, oldest first.
    pub(crate) async fn signals_of(
        &self,
        metadata: &MetadataMap,
        asked: pb::ListSignalsRequest,
    ) -> Result<pb::ListSignalsResponse, Status> {
        let actor = self.staff(metadata, action::CASE_READ)?;
        self.room.seen(asked.at_least.as_ref()).await?;
        let case = case_id(&asked.case_id)?;
        let person = if asked.person_id.is_empty() { None } else { Some(person_id("person_id", &asked.person_id)?) };
        let file = self.file_of(case).await?;
        self.of_gemeente(&actor, action::CASE_READ, file)?;
        let state = self.state(file).await?;
        let wanted = |signal: &&intake_domain::Signal| {
            signal.case == case && person.is_none_or(|person| state.person(signal) == Some(state.persons.of(person)))
        };
        let line = |signal: &intake_domain::Signal| pb::SignalLine {
            signal_id: signal.id.to_string(),
            person_id: state.person(signal).map(|person| person.to_string()).unwrap_or_default(),
            kind: signal.kind.code().to_owned(),
            organisation: signal.organisation.to_string(),
            amount_cents: signal.amount.at_least().0,
            signal_date: Some(date(signal.signal_date)),
            received_at: moment(signal.first_received_at),
            class: state.class(signal, self.region.matching()).code().to_owned(),
            withdrawn: signal.withdrawn.map(|reason| reason.code().to_owned()).unwrap_or_default(),
            repeats: match signal.repeats_higher {
                None => "",
                Some(false) => "same-or-lower",
                Some(true) => "higher",
            }
            .to_owned(),
            skipped: signal.skipped,
            evidence: 0,
        };
        let mut signals = Vec::new();
        for signal in state.signals.iter().filter(wanted) {
            signals.push(pb::SignalLine { evidence: self.evidence_with(signal).await?, ..line(signal) });
        }
        Ok(pb::ListSignalsResponse { signals })
    }

    /// How many files came with a report and are kept: a number, and nothing that is in the record.
    async fn evidence_with(&self, signal: &intake_domain::Signal) -> Result<u32, Status> {
        // Only the web form takes files.
        if *signal.organisation != *form::ORGANISATION {
            return Ok(0);
        }
        let kept = self.vault.open(signal.given.vault_id).await.map_err(|error| away(&error))?;
        Ok(kept.map_or(0, |kept| u32::try_from(kept.files.len()).unwrap_or(u32::MAX)))
    }

    /// Pairs in doubt, of the municipalities that the caller may see.
    pub(crate) async fn pairs(&self, metadata: &MetadataMap, asked: pb::ListPairsRequest) -> Result<pb::ListPairsResponse, Status> {
        let actor = self.staff(metadata, action::CASE_READ)?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let gemeenten: Vec<Gemeentecode> = match asked.gemeentecode.as_str() {
            "" => self.region.codes().filter(|code| self.may_read(&actor, *code)).collect(),
            code => vec![code.parse().map_err(|_| status::invalid_field("gemeentecode", "four digits, for example 0363"))?],
        };
        let seen = gemeenten.into_iter().filter(|code| self.may_read(&actor, *code));
        let pairs = seen.flat_map(|code| pairs_of(&self.room.views, code)).collect();
        let key = |pair: &pb::PairLine| [&pair.gemeentecode, &pair.since, &pair.one_id, &pair.other_id].map(String::as_str).join(" ");
        let (pairs, next_token) = room::paged(pairs, key, asked.page.as_ref())?;
        Ok(pb::ListPairsResponse { pairs, next_token })
    }

    fn may_read(&self, actor: &Actor, gemeente: Gemeentecode) -> bool {
        self.room.gate.also(actor, action::CASE_READ, &Resource::of("intake").gemeente(gemeente)).is_ok()
    }

    /// The names of a pair, and what speaks for and against. Each look is logged before anything is shown.
    pub(crate) async fn look_at_pair(&self, metadata: &MetadataMap, asked: pb::OpenPairRequest) -> Result<pb::OpenPairResponse, Status> {
        let actor = self.staff(metadata, action::PERSON_READ)?;
        let (case, purpose) = (case_id(&asked.case_id)?, purpose(&asked.purpose)?);
        let file = self.file_of(case).await?;
        self.of_gemeente(&actor, action::PERSON_READ, file)?;
        let (one, other) = (person_id("one_id", &asked.one_id)?, person_id("other_id", &asked.other_id)?);
        let state = self.state(file).await?;
        let records = |id: PersonId| {
            let known = state.persons.known().iter().find(|known| known.id == id);
            known.map(|known| known.names.clone()).ok_or_else(|| status::not_found("person"))
        };
        let (ours, theirs) = (records(one)?, records(other)?);
        let reader = self.reader(&actor, case, file.gemeente, purpose);
        let mut answer = pb::OpenPairResponse::default();
        for (records, names) in [(ours, &mut answer.one), (theirs, &mut answer.other)] {
            for record in records {
                names.extend(self.vault.show(record, &reader).await.map_err(|error| away(&error))?.and_then(|household| household.person));
            }
        }
        let pairs = answer.one.iter().flat_map(|a| answer.other.iter().map(move |b| (a, b)));
        let best = pairs.map(|(a, b)| compare(&persons::name(Some(a)), &persons::name(Some(b)))).max_by_key(|compared| compared.verdict);
        if let Some(best) = best {
            answer.verdict = best.verdict.code().to_owned();
            answer.reasons = best.reasons.iter().map(|reason| reason.code().to_owned()).collect();
            answer.verdict_text = best.verdict.dutch().to_owned();
            answer.reason_texts = best.reasons.iter().map(|reason| reason.dutch().to_owned()).collect();
        }
        Ok(answer)
    }

    /// Records what somebody decided of a pair.
    pub(crate) async fn judge(&self, metadata: &MetadataMap, asked: pb::JudgePairRequest) -> Result<pb::CaseCommandResponse, Status> {
        let actor = self.staff(metadata, action::CASE_DECIDE)?;
        let file = self.file_of(case_id(&asked.case_id)?).await?;
        self.of_gemeente(&actor, action::CASE_DECIDE, file)?;
        let (one, other) = (person_id("one_id", &asked.one_id)?, person_id("other_id", &asked.other_id)?);
        let command = Command::JudgePersons { one, other, same: asked.same };
        let done = self.room.command(&actor, asked.command.as_ref(), file, command).await?;
        Ok(pb::CaseCommandResponse { position: position(done.sequence) })
    }
}

fn pairs_of(views: &Views<Whereabouts>, gemeente: Gemeentecode) -> Vec<pb::PairLine> {
    let line = |doubt: views::Doubt| pb::PairLine {
        case_id: doubt.case.to_string(),
        gemeentecode: doubt.file.gemeente.to_string(),
        one_id: doubt.one.to_string(),
        other_id: doubt.other.to_string(),
        reason_texts: doubt
            .reasons
            .iter()
            .filter_map(|code| MatchReason::from_code(code))
            .map(|reason| reason.dutch().to_owned())
            .collect(),
        reasons: doubt.reasons,
        since: moment(doubt.since),
    };
    views::doubts(views, gemeente).into_iter().map(line).collect()
}
