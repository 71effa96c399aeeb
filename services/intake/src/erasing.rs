//! A decision to erase (AVG art. 17): what it covers, said before; then every record of it. A household that was merged is one household:
//! one decision takes the records in every case that goes with the one it names.

use intake_domain::{
    AddressFile,
    person::{Name, Verdict as Likeness, compare},
};
use kernel::{CaseId, Key, PersonId, ids::derived_uuid};
use proto::{common::v1 as common, intake::v1 as pb};
use service::{Actor, action, finish, status};
use tonic::{Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::{
    concerns, persons,
    reception::away,
    rights::{RightsRpc, person_id},
    vault::{Erased, Ground},
    views,
};

/// What goes of one case.
struct Part {
    case: CaseId,
    file: Key,
    state: AddressFile,
    /// Of these persons; everybody's without.
    persons: Option<Vec<PersonId>>,
    /// Persons who may be the same: nobody is sure, so they are not covered.
    doubted: Vec<PersonId>,
    records: Vec<Uuid>,
}

impl RightsRpc {
    pub(crate) async fn erasure(&self, metadata: &MetadataMap, message: pb::EraseRequest) -> Result<pb::EraseResponse, Status> {
        let actor = self.intake().staff(metadata, action::PERSON_ERASE)?;
        let person = person_id(&message.person_id)?;
        let ground = Ground::from_code(&message.ground).filter(|ground| Ground::DECIDED.contains(ground)).ok_or_else(|| {
            let codes = Ground::DECIDED.map(Ground::code).join(", ");
            status::invalid_field("ground", format!("one of {codes} (AVG art. 17(1) a-e)"))
        })?;
        let wanted = self.open_request(&actor, &message.request_id, intake_domain::Right::Erasure).await?;
        let parts = self.parts(&actor, &message.case_id, person).await?;
        let covered = parts.iter().map(covered).collect();
        let record_ids = parts.iter().flat_map(|part| part.records.iter().map(Uuid::to_string)).collect();
        if message.only_told {
            return Ok(pb::EraseResponse { record_ids, covered });
        }
        let (vault, officer, now) = (self.intake().vault.clone(), actor.id.clone(), self.intake().room.runtime.now());
        let mut lines = Vec::new();
        for part in &parts {
            // Who else lives or lived behind that door keeps it known; of those that go, the ones that have not gone yet do too.
            let here = part.state.cases.iter().flat_map(|case| views::all_records_of_case(&self.intake().room.views, case.id));
            let living: Vec<Uuid> = here.chain(part.records.iter().copied()).collect();
            let line = |record| Erased { record, case: Some(part.case), ground, officer: officer.clone(), erased_at: now };
            lines.extend(part.records.iter().map(|record| (line(*record), living.clone())));
        }
        let work = async move {
            for (line, living) in &lines {
                vault.erase(line, living).await.map_err(|error| away(&error))?;
            }
            Ok(())
        };
        finish(self.intake().life.tasks(), work).await?;
        for part in &parts {
            concerns::forgotten(&self.intake().room, part.case, &part.records).await;
        }
        if let Some(request) = wanted {
            let head = common::Command { request_id: derived_uuid(request.0, "erased").to_string(), happened_at: String::new() };
            self.decided(&actor, Some(&head), request, intake_domain::Verdict::Granted).await?;
        }
        Ok(pb::EraseResponse { record_ids, covered })
    }

    /// The case that is named, and each case that goes with it now and that this actor may do this in.
    async fn parts(&self, actor: &Actor, case_id: &str, person: Option<PersonId>) -> Result<Vec<Part>, Status> {
        let (case, file, state) = self.case(actor, action::PERSON_ERASE, case_id).await?;
        let names = match person {
            Some(person) => self.names(&state, person).await?,
            None => Vec::new(),
        };
        let mut going: Vec<(CaseId, Key)> = vec![(case, file)];
        let mut parts: Vec<Part> = Vec::new();
        let mut at = 0;
        while let Some((case, file)) = going.get(at).copied() {
            at += 1;
            let state = self.intake().state(file).await?;
            for link in state.links.iter().filter(|link| link.case == case && link.holds()) {
                let other = (link.other, link.other_file);
                if !going.contains(&other) && self.intake().of_gemeente(actor, action::PERSON_ERASE, link.other_file).is_ok() {
                    going.push(other);
                }
            }
            let (persons, doubted) = match person {
                None => (None, Vec::new()),
                Some(person) if parts.is_empty() => (Some(vec![person]), Vec::new()),
                Some(_) => {
                    let (sure, doubted) = self.alike(&state, case, &names).await?;
                    (Some(sure), doubted)
                }
            };
            let mut records = Vec::new();
            match &persons {
                None => records = self.records(case, None, file).await?.0,
                Some(persons) => {
                    for person in persons {
                        let theirs = self.records(case, Some(*person), file).await?.0;
                        records.extend(theirs.into_iter().filter(|record| !records.contains(record)).collect::<Vec<_>>());
                    }
                }
            }
            parts.push(Part { case, file, state, persons, doubted, records });
        }
        Ok(parts)
    }

    /// Every way in which a person's name was written here; of one that was erased nothing is known.
    async fn names(&self, state: &AddressFile, person: PersonId) -> Result<Vec<Name>, Status> {
        let is_theirs = |other: PersonId| state.persons.of(other) == state.persons.of(person);
        let mut names = Vec::new();
        for record in state.persons.known().iter().filter(|known| is_theirs(known.id)).flat_map(|known| &known.names) {
            let kept = self.intake().vault.open(*record).await.map_err(|error| away(&error))?;
            names.extend(kept.map(|kept| persons::name(kept.person.as_ref())));
        }
        Ok(names)
    }

    /// The persons of a case who are surely the one with these names, and those who may be.
    async fn alike(&self, state: &AddressFile, case: CaseId, names: &[Name]) -> Result<(Vec<PersonId>, Vec<PersonId>), Status> {
        let (mut sure, mut doubted) = (Vec::new(), Vec::new());
        for known in state.persons.known() {
            let here = state.signals.iter().any(|signal| signal.case == case && signal.person == Some(known.id));
            if !here {
                continue;
            }
            let theirs = self.names(state, known.id).await?;
            let pairs = names.iter().flat_map(|one| theirs.iter().map(move |other| compare(one, other).verdict));
            match pairs.max() {
                Some(Likeness::Same) => sure.push(known.id),
                Some(Likeness::Doubtful) => doubted.push(known.id),
                Some(Likeness::Different) | None => {}
            }
        }
        Ok((sure, doubted))
    }
}

fn covered(part: &Part) -> pb::Covered {
    let ids = |ids: &[PersonId]| ids.iter().map(PersonId::to_string).collect();
    pb::Covered {
        case_id: part.case.to_string(),
        gemeentecode: part.file.gemeente.to_string(),
        person_ids: part.persons.as_deref().map(ids).unwrap_or_default(),
        record_ids: part.records.iter().map(Uuid::to_string).collect(),
        doubted_person_ids: ids(&part.doubted),
    }
}
