//! Intake's events as stored bytes and back: one exhaustive match each way. Old versions are upgraded here, never rewritten.

use intake_domain::{
    Below, CaseClosed, CaseOpened, Contract, Duties, Duty, Event, FinalSupply, HelpRequested, Keyed, LandlordStageRecorded, Origin,
    Outcome, Particulars, PaymentRecorded, RegionName, RegionReported, Repeats, ReturnForgotten, SignalAccepted, SignalCorrected,
    SignalReturned, SignalWithdrawn, Threat, Vacated, WithdrawalReason,
    person::{MatchReason, Matched},
};
use jiff::{Timestamp, civil::Date};
use journal::{Encoded, Unreadable};
use kernel::{Arrears, CaseId, Cents, Key, PersonId, SignalId};
use prost::Message;
use proto::{common::v1 as common, intake::v1 as pb};
use uuid::Uuid;

mod bailiff;
mod concern;
mod life;
mod people;
mod rights;
mod wishes;
pub mod words;

pub(crate) use people::assigned_in;
use words::{partner_kind, partner_kind_in, payment_kind, payment_kind_in, shown, shown_in, tenant_answer, tenant_answer_in};

/// An event as it is stored, in the newest version.
pub fn encode(event: &Event) -> Encoded {
    let (name, bytes) = match event {
        Event::CaseOpened(e) => ("CaseOpened", case_opened(e).encode_to_vec()),
        Event::LandlordStageRecorded(e) => ("LandlordStageRecorded", landlord_stage(e).encode_to_vec()),
        Event::SignalAccepted(e) => ("SignalAccepted", signal_accepted(e).encode_to_vec()),
        Event::SignalCorrected(e) => ("SignalCorrected", signal_corrected(e).encode_to_vec()),
        Event::SignalSupplemented(e) => ("SignalSupplemented", life::supplemented(e).encode_to_vec()),
        Event::SignalReturned(e) => ("SignalReturned", signal_returned(e).encode_to_vec()),
        Event::ReturnForgotten(e) => ("ReturnForgotten", pb::ReturnForgotten { signal_id: id(e.signal.uuid()) }.encode_to_vec()),
        Event::HelpRequested(e) => ("HelpRequested", help_requested(e).encode_to_vec()),
        Event::EvictionNoticed(e) => ("EvictionNoticed", bailiff::noticed(e).encode_to_vec()),
        Event::TenantDied(e) => ("TenantDied", life::died(e).encode_to_vec()),
        Event::HandOverOffered(e) => ("HandOverOffered", life::offered(e).encode_to_vec()),
        Event::HandOverAnswered(e) => ("HandOverAnswered", life::answered(e).encode_to_vec()),
        Event::CaseTakenOver(e) => ("CaseTakenOver", life::taken_over(e).encode_to_vec()),
        Event::SignalWithdrawn(e) => (
            "SignalWithdrawn",
            pb::SignalWithdrawn { signal_id: id(e.signal.uuid()), case_id: id(e.case.uuid()), reason: e.reason.code().to_owned() }
                .encode_to_vec(),
        ),
        Event::PaymentRecorded(e) => (
            "PaymentRecorded",
            pb::PaymentRecorded {
                case_id: id(e.case.uuid()),
                kind: payment_kind(e.kind).into(),
                happened_at_ms: e.happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::RegionReported(e) => (
            "RegionReported",
            pb::RegionReported {
                case_id: id(e.case.uuid()),
                region: e.region.code().to_owned(),
                finished: e.finished,
                outcome: e.outcome.map(|outcome| outcome.code().to_owned()).unwrap_or_default(),
                failed: e.failed,
            }
            .encode_to_vec(),
        ),
        Event::CaseClosed(e) => (
            "CaseClosed",
            pb::CaseClosed {
                case_id: id(e.case.uuid()),
                outcome: e.outcome.code().to_owned(),
                failed: e.failed,
                happened_at_ms: e.happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::PersonsJudged(e) => ("PersonsJudged", people::judged(e).encode_to_vec()),
        Event::CasesMerged(e) => ("CasesMerged", people::merged(e).encode_to_vec()),
        Event::CasesUnmerged(e) => ("CasesUnmerged", people::unmerged(e).encode_to_vec()),
        Event::LetterRectified(e) => ("LetterRectified", people::rectified(e).encode_to_vec()),
        Event::ConcernChanged(e) => ("ConcernChanged", concern::changed(e).encode_to_vec()),
        Event::RightRequested(e) => ("RightRequested", rights::requested(e).encode_to_vec()),
        Event::RightExtended(e) => ("RightExtended", rights::extended(e).encode_to_vec()),
        Event::RightDecided(e) => ("RightDecided", rights::decided(e).encode_to_vec()),
        Event::ConsentRecorded(e) => ("ConsentRecorded", wishes::consent(e).encode_to_vec()),
        Event::ContactRestricted(e) => ("ContactRestricted", wishes::restricted(e).encode_to_vec()),
        Event::RestrictionEnded(e) => ("RestrictionEnded", wishes::ended(e).encode_to_vec()),
        Event::RefusalRecorded(e) => ("RefusalRecorded", wishes::refused(e).encode_to_vec()),
    };
    Encoded { name, version: 1, bytes }
}

/// A stored event. What a newer binary wrote is [`Unreadable::UnknownType`]: also a code this one never heard of.
///
/// # Errors
/// [`Unreadable`].
pub fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Event, Unreadable> {
    match (name, version) {
        ("CaseOpened", 1) => {
            let e: pb::CaseOpened = message(bytes)?;
            Ok(Event::CaseOpened(CaseOpened {
                case: case(&e.case_id)?,
                entry_step: u8::try_from(e.entry_step).map_err(|_| Unreadable::Undecodable)?,
                origin: known(Origin::from_code(&e.origin))?,
                file: key(&e.file_key)?,
                happened_at: at(e.happened_at_ms)?,
                previous: optional(&e.previous_case_id, case)?,
                vault_id: optional(&e.vault_id, uuid)?,
                again: e.again,
                vacated: if e.vacated.is_empty() { None } else { Some(known(Vacated::from_code(&e.vacated))?) },
                collective: e.collective,
            }))
        }
        ("LandlordStageRecorded", 1) => {
            let e: pb::LandlordStageRecorded = message(bytes)?;
            Ok(Event::LandlordStageRecorded(LandlordStageRecorded {
                case: case(&e.case_id)?,
                step: u8::try_from(e.step).map_err(|_| Unreadable::Undecodable)?,
                happened_at: at(e.happened_at_ms)?,
                amount: Arrears::of(Cents(e.amount_cents)),
                reference: keyed(&e.reference_hash)?,
                receipt_id: uuid(&e.receipt_id)?,
                received_at: at(e.received_at_ms)?,
            }))
        }
        ("SignalAccepted", 1) => signal_accepted_v1(&message(bytes)?),
        ("SignalCorrected", 1) => signal_corrected_v1(&message(bytes)?),
        ("SignalSupplemented", 1) => life::supplemented_v1(&message(bytes)?),
        ("SignalReturned", 1) => signal_returned_v1(&message(bytes)?),
        ("ReturnForgotten", 1) => {
            let e: pb::ReturnForgotten = message(bytes)?;
            Ok(Event::ReturnForgotten(ReturnForgotten { signal: SignalId::from_uuid(uuid(&e.signal_id)?) }))
        }
        ("HelpRequested", 1) => help_requested_v1(&message(bytes)?),
        ("EvictionNoticed", 1) => bailiff::noticed_v1(&message(bytes)?),
        ("TenantDied", 1) => life::died_v1(&message(bytes)?),
        ("HandOverOffered", 1) => life::offered_v1(&message(bytes)?),
        ("HandOverAnswered", 1) => life::answered_v1(&message(bytes)?),
        ("CaseTakenOver", 1) => life::taken_over_v1(&message(bytes)?),
        ("ConcernChanged", 1) => concern::changed_v1(&message(bytes)?),
        ("RightRequested", 1) => rights::requested_v1(&message(bytes)?),
        ("RightExtended", 1) => rights::extended_v1(&message(bytes)?),
        ("RightDecided", 1) => rights::decided_v1(&message(bytes)?),
        ("ConsentRecorded", 1) => wishes::consent_v1(&message(bytes)?),
        ("ContactRestricted", 1) => wishes::restricted_v1(&message(bytes)?),
        ("RestrictionEnded", 1) => wishes::ended_v1(&message(bytes)?),
        ("RefusalRecorded", 1) => wishes::refused_v1(&message(bytes)?),
        ("SignalWithdrawn", 1) => {
            let e: pb::SignalWithdrawn = message(bytes)?;
            Ok(Event::SignalWithdrawn(SignalWithdrawn {
                signal: SignalId::from_uuid(uuid(&e.signal_id)?),
                case: case(&e.case_id)?,
                reason: known(WithdrawalReason::from_code(&e.reason))?,
            }))
        }
        ("PaymentRecorded", 1) => {
            let e: pb::PaymentRecorded = message(bytes)?;
            Ok(Event::PaymentRecorded(PaymentRecorded {
                case: case(&e.case_id)?,
                kind: known(payment_kind_in(e.kind()))?,
                happened_at: at(e.happened_at_ms)?,
            }))
        }
        ("RegionReported", 1) => {
            let e: pb::RegionReported = message(bytes)?;
            let outcome = if e.outcome.is_empty() { None } else { Some(known(Outcome::from_code(&e.outcome))?) };
            Ok(Event::RegionReported(RegionReported {
                case: case(&e.case_id)?,
                region: known(RegionName::from_code(&e.region))?,
                finished: e.finished,
                outcome,
                failed: e.failed,
            }))
        }
        ("CaseClosed", 1) => {
            let e: pb::CaseClosed = message(bytes)?;
            Ok(Event::CaseClosed(CaseClosed {
                case: case(&e.case_id)?,
                outcome: known(Outcome::from_code(&e.outcome))?,
                failed: e.failed,
                happened_at: at(e.happened_at_ms)?,
            }))
        }
        ("PersonsJudged", 1) => people::judged_v1(&message(bytes)?),
        ("CasesMerged", 1) => people::merged_v1(&message(bytes)?),
        ("CasesUnmerged", 1) => people::unmerged_v1(&message(bytes)?),
        ("LetterRectified", 1) => people::rectified_v1(&message(bytes)?),
        _ => Err(Unreadable::UnknownType),
    }
}

fn case_opened(e: &CaseOpened) -> pb::CaseOpened {
    pb::CaseOpened {
        case_id: id(e.case.uuid()),
        entry_step: e.entry_step.into(),
        origin: e.origin.code().to_owned(),
        file_key: e.file.to_string(),
        happened_at_ms: e.happened_at.as_millisecond(),
        previous_case_id: e.previous.map(|case| id(case.uuid())).unwrap_or_default(),
        vault_id: e.vault_id.map(id).unwrap_or_default(),
        again: e.again,
        vacated: e.vacated.map(|vacated| vacated.code().to_owned()).unwrap_or_default(),
        collective: e.collective,
    }
}

fn landlord_stage(e: &LandlordStageRecorded) -> pb::LandlordStageRecorded {
    pb::LandlordStageRecorded {
        case_id: id(e.case.uuid()),
        step: e.step.into(),
        happened_at_ms: e.happened_at.as_millisecond(),
        amount_cents: e.amount.at_least().0,
        reference_hash: e.reference.0.to_vec(),
        receipt_id: id(e.receipt_id),
        received_at_ms: e.received_at.as_millisecond(),
    }
}

fn help_requested(e: &HelpRequested) -> pb::HelpRequested {
    pb::HelpRequested {
        request_id: id(e.request),
        case_id: id(e.case.uuid()),
        asked_at_ms: e.asked_at.as_millisecond(),
        threat: e.threat.map(|threat| threat.code().to_owned()).unwrap_or_default(),
        eviction_on: e.eviction_on.map(date),
        vault_id: id(e.vault_id),
        file_key: e.file.to_string(),
        by: e.by.as_ref().map(bailiff::by),
        district: e.district.clone().unwrap_or_default(),
    }
}

fn help_requested_v1(e: &pb::HelpRequested) -> Result<Event, Unreadable> {
    Ok(Event::HelpRequested(HelpRequested {
        request: uuid(&e.request_id)?,
        case: case(&e.case_id)?,
        asked_at: at(e.asked_at_ms)?,
        threat: if e.threat.is_empty() { None } else { Some(known(Threat::from_code(&e.threat))?) },
        eviction_on: e.eviction_on.as_ref().map(date_in).transpose()?,
        vault_id: uuid(&e.vault_id)?,
        file: key(&e.file_key)?,
        by: e.by.as_ref().map(bailiff::by_in).transpose()?,
        district: Some(e.district.clone()).filter(|code| !code.is_empty()),
    }))
}

/// The duties as the events hold them: what was shown, and the dates of a, b, c and d.
fn duties(duties: &Duties) -> (Vec<i32>, [Option<common::Date>; 4], i32) {
    let shown = duties.each.iter().map(|duty| shown(duty.shown).into()).collect();
    (shown, duties.each.map(|duty| duty.on.map(date)), tenant_answer(duties.answer).into())
}

fn duties_in(each: &[i32], on: [&Option<common::Date>; 4], answer: i32) -> Result<Duties, Unreadable> {
    let each: &[i32; 4] = each.try_into().map_err(|_| Unreadable::Undecodable)?;
    let mut read = Duties::UNSAID;
    for ((duty, told), on) in read.each.iter_mut().zip(each).zip(on) {
        let shown = pb::Shown::try_from(*told).map_err(|_| Unreadable::UnknownType)?;
        *duty = Duty { shown: shown_in(shown), on: on.as_ref().map(date_in).transpose()? };
    }
    let answer = pb::TenantAnswer::try_from(answer).ok().and_then(tenant_answer_in);
    Ok(Duties { answer: known(answer)?, ..read })
}

/// Whom a signal is about, as the events hold it.
fn person(matched: Option<&Matched>) -> (Vec<u8>, Vec<Vec<u8>>, Vec<String>, bool) {
    let Some(matched) = matched else { return Default::default() };
    let doubts = matched.doubts.iter().map(|doubt| id(doubt.uuid())).collect();
    let reasons = matched.reasons.iter().map(|reason| reason.code().to_owned()).collect();
    (id(matched.person.uuid()), doubts, reasons, matched.new_name)
}

fn person_in(id: &[u8], doubts: &[Vec<u8>], reasons: &[String], new_name: bool) -> Result<Option<Matched>, Unreadable> {
    let Some(person) = optional(id, uuid)? else { return Ok(None) };
    Ok(Some(Matched {
        person: PersonId::from_uuid(person),
        new_name,
        doubts: doubts.iter().map(|doubt| uuid(doubt).map(PersonId::from_uuid)).collect::<Result<_, _>>()?,
        reasons: reasons.iter().map(|code| known(MatchReason::from_code(code))).collect::<Result<_, _>>()?,
    }))
}

/// The circumstances as the events hold them: both days of a final supply, or none.
fn particulars_in(
    crisis: Option<bool>,
    warm_handover: Option<bool>,
    [ends, report_by]: [&Option<common::Date>; 2],
    below: &str,
    contract: &str,
) -> Result<Particulars, Unreadable> {
    let supply = match (ends, report_by) {
        (None, None) => None,
        (Some(ends), Some(report_by)) => Some(FinalSupply { ends: date_in(ends)?, report_by: date_in(report_by)? }),
        _ => return Err(Unreadable::Undecodable),
    };
    let below = if below.is_empty() { None } else { Some(known(Below::from_code(below))?) };
    let contract = if contract.is_empty() { None } else { Some(known(Contract::from_code(contract))?) };
    Ok(Particulars { crisis, warm_handover, supply, below, contract })
}

fn signal_corrected(e: &SignalCorrected) -> pb::SignalCorrected {
    let (duties, [contact_on, pointed_on, reminded_on, offered_on], tenant_answer) = duties(&e.duties);
    let (person_id, doubted_person_ids, person_reasons, person_new_name) = person(e.person.as_ref());
    pb::SignalCorrected {
        signal_id: id(e.signal.uuid()),
        case_id: id(e.case.uuid()),
        kind: partner_kind(e.kind).into(),
        organisation: e.organisation.clone(),
        amount_cents: e.amount.at_least().0,
        arrears_since: e.arrears_since.map(date),
        signal_date: Some(date(e.signal_date)),
        received_at_ms: e.received_at.as_millisecond(),
        first_received_at_ms: e.first_received_at.as_millisecond(),
        vault_id: id(e.vault_id),
        replaced_vault_id: id(e.replaced_vault_id),
        content_hash: e.content.0.to_vec(),
        crisis: e.particulars.crisis,
        warm_handover: e.particulars.warm_handover,
        supply_ends: e.particulars.supply.map(|supply| date(supply.ends)),
        supply_report_by: e.particulars.supply.map(|supply| date(supply.report_by)),
        below_threshold: e.particulars.below.map(|below| below.code().to_owned()).unwrap_or_default(),
        contract: e.particulars.contract.map(|contract| contract.code().to_owned()).unwrap_or_default(),
        duties,
        contact_on,
        pointed_on,
        reminded_on,
        offered_on,
        tenant_answer,
        receipt_id: id(e.receipt_id),
        replaced_receipt_id: id(e.replaced_receipt_id),
        person_id,
        doubted_person_ids,
        person_reasons,
        person_new_name,
    }
}

fn signal_corrected_v1(e: &pb::SignalCorrected) -> Result<Event, Unreadable> {
    Ok(Event::SignalCorrected(SignalCorrected {
        signal: SignalId::from_uuid(uuid(&e.signal_id)?),
        case: case(&e.case_id)?,
        kind: known(partner_kind_in(e.kind()))?,
        organisation: e.organisation.clone(),
        amount: Arrears::of(Cents(e.amount_cents)),
        arrears_since: e.arrears_since.as_ref().map(date_in).transpose()?,
        signal_date: e.signal_date.as_ref().ok_or(Unreadable::Undecodable).and_then(date_in)?,
        received_at: at(e.received_at_ms)?,
        first_received_at: at(e.first_received_at_ms)?,
        vault_id: uuid(&e.vault_id)?,
        replaced_vault_id: uuid(&e.replaced_vault_id)?,
        content: keyed(&e.content_hash)?,
        particulars: particulars_in(e.crisis, e.warm_handover, [&e.supply_ends, &e.supply_report_by], &e.below_threshold, &e.contract)?,
        duties: duties_in(&e.duties, [&e.contact_on, &e.pointed_on, &e.reminded_on, &e.offered_on], e.tenant_answer)?,
        receipt_id: uuid(&e.receipt_id)?,
        replaced_receipt_id: uuid(&e.replaced_receipt_id)?,
        person: person_in(&e.person_id, &e.doubted_person_ids, &e.person_reasons, e.person_new_name)?,
    }))
}

fn signal_returned(e: &SignalReturned) -> pb::SignalReturned {
    let (duties, [contact_on, pointed_on, reminded_on, offered_on], tenant_answer) = duties(&e.duties);
    pb::SignalReturned {
        signal_id: id(e.signal.uuid()),
        organisation: e.organisation.clone(),
        received_at_ms: e.received_at.as_millisecond(),
        vault_id: id(e.vault_id),
        identity_hash: e.identity.0.to_vec(),
        content_hash: e.content.0.to_vec(),
        duties,
        contact_on,
        pointed_on,
        reminded_on,
        offered_on,
        tenant_answer,
        forget_at_ms: e.forget_at.as_millisecond(),
    }
}

fn signal_returned_v1(e: &pb::SignalReturned) -> Result<Event, Unreadable> {
    Ok(Event::SignalReturned(SignalReturned {
        signal: SignalId::from_uuid(uuid(&e.signal_id)?),
        organisation: e.organisation.clone(),
        received_at: at(e.received_at_ms)?,
        vault_id: uuid(&e.vault_id)?,
        identity: keyed(&e.identity_hash)?,
        content: keyed(&e.content_hash)?,
        duties: duties_in(&e.duties, [&e.contact_on, &e.pointed_on, &e.reminded_on, &e.offered_on], e.tenant_answer)?,
        forget_at: at(e.forget_at_ms)?,
    }))
}

fn signal_accepted(e: &SignalAccepted) -> pb::SignalAccepted {
    let (duties, [contact_on, pointed_on, reminded_on, offered_on], tenant_answer) = duties(&e.duties);
    let (person_id, doubted_person_ids, person_reasons, person_new_name) = person(e.person.as_ref());
    pb::SignalAccepted {
        signal_id: id(e.signal.uuid()),
        case_id: id(e.case.uuid()),
        kind: partner_kind(e.kind).into(),
        organisation: e.organisation.clone(),
        amount_cents: e.amount.at_least().0,
        arrears_since: e.arrears_since.map(date),
        signal_date: Some(date(e.signal_date)),
        received_at_ms: e.received_at.as_millisecond(),
        vault_id: id(e.vault_id),
        identity_hash: e.identity.0.to_vec(),
        content_hash: e.content.0.to_vec(),
        crisis: e.particulars.crisis,
        warm_handover: e.particulars.warm_handover,
        supply_ends: e.particulars.supply.map(|supply| date(supply.ends)),
        supply_report_by: e.particulars.supply.map(|supply| date(supply.report_by)),
        below_threshold: e.particulars.below.map(|below| below.code().to_owned()).unwrap_or_default(),
        contract: e.particulars.contract.map(|contract| contract.code().to_owned()).unwrap_or_default(),
        duties,
        receipt_id: id(e.receipt_id),
        file_key: e.file.to_string(),
        contact_on,
        reference_hash: e.reference.0.to_vec(),
        pointed_on,
        reminded_on,
        offered_on,
        tenant_answer,
        repeats_signal_id: e.repeats.map(|earlier| id(earlier.signal.uuid())).unwrap_or_default(),
        repeats_higher: e.repeats.is_some_and(|earlier| earlier.higher),
        person_id,
        doubted_person_ids,
        person_reasons,
        person_new_name,
        skipped: e.skipped,
        district: e.district.clone().unwrap_or_default(),
    }
}

/// The amount in the bytes of an accepted or corrected report, which have it in one place: of before there were classes it is exact, and
/// the receipt of then goes on saying so.
pub fn amount_as_written(bytes: &[u8]) -> Cents {
    #[derive(Clone, PartialEq, Message)]
    struct Written {
        #[prost(int64, tag = "5")]
        amount_cents: i64,
    }
    Written::decode(bytes).map(|written| Cents(written.amount_cents)).unwrap_or_default()
}

fn signal_accepted_v1(e: &pb::SignalAccepted) -> Result<Event, Unreadable> {
    let repeats = optional(&e.repeats_signal_id, uuid)?;
    Ok(Event::SignalAccepted(SignalAccepted {
        signal: SignalId::from_uuid(uuid(&e.signal_id)?),
        case: case(&e.case_id)?,
        kind: known(partner_kind_in(e.kind()))?,
        organisation: e.organisation.clone(),
        amount: Arrears::of(Cents(e.amount_cents)),
        arrears_since: e.arrears_since.as_ref().map(date_in).transpose()?,
        signal_date: e.signal_date.as_ref().ok_or(Unreadable::Undecodable).and_then(date_in)?,
        received_at: at(e.received_at_ms)?,
        vault_id: uuid(&e.vault_id)?,
        identity: keyed(&e.identity_hash)?,
        content: keyed(&e.content_hash)?,
        particulars: particulars_in(e.crisis, e.warm_handover, [&e.supply_ends, &e.supply_report_by], &e.below_threshold, &e.contract)?,
        duties: duties_in(&e.duties, [&e.contact_on, &e.pointed_on, &e.reminded_on, &e.offered_on], e.tenant_answer)?,
        receipt_id: uuid(&e.receipt_id)?,
        file: key(&e.file_key)?,
        reference: keyed(&e.reference_hash)?,
        repeats: repeats.map(|signal| Repeats { signal: SignalId::from_uuid(signal), higher: e.repeats_higher }),
        person: person_in(&e.person_id, &e.doubted_person_ids, &e.person_reasons, e.person_new_name)?,
        skipped: e.skipped,
        district: Some(e.district.clone()).filter(|code| !code.is_empty()),
    }))
}

/// A protobuf message of somebody's event.
pub(crate) fn message<M: Message + Default>(bytes: &[u8]) -> Result<M, Unreadable> {
    M::decode(bytes).map_err(|_| Unreadable::Undecodable)
}
/// A case id as stored.
pub(crate) fn case(bytes: &[u8]) -> Result<CaseId, Unreadable> {
    uuid(bytes).map(CaseId::from_uuid)
}
/// A UUID as stored.
pub(crate) fn uuid(bytes: &[u8]) -> Result<Uuid, Unreadable> {
    Uuid::from_slice(bytes).map_err(|_| Unreadable::Undecodable)
}
/// An absent value is lawful, a damaged one is not.
pub(crate) fn optional<T>(bytes: &[u8], read: fn(&[u8]) -> Result<T, Unreadable>) -> Result<Option<T>, Unreadable> {
    if bytes.is_empty() { Ok(None) } else { read(bytes).map(Some) }
}
/// An address file's name as stored.
pub(crate) fn key(text: &str) -> Result<Key, Unreadable> {
    text.parse().map_err(|_| Unreadable::Undecodable)
}
fn known<T>(code: Option<T>) -> Result<T, Unreadable> {
    code.ok_or(Unreadable::UnknownType)
}
fn keyed(bytes: &[u8]) -> Result<Keyed, Unreadable> {
    Keyed::from_bytes(bytes).ok_or(Unreadable::Undecodable)
}
fn at(ms: i64) -> Result<Timestamp, Unreadable> {
    Timestamp::from_millisecond(ms).map_err(|_| Unreadable::Undecodable)
}
fn id(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}
fn date(date: Date) -> common::Date {
    common::Date { iso: date.to_string() }
}
fn date_in(date: &common::Date) -> Result<Date, Unreadable> {
    date.iso.parse().map_err(|_| Unreadable::Undecodable)
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
