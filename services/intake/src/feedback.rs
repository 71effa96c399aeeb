//! What partners are told of their own reports, built from intake's own stream. What was recorded today is told from tomorrow on: the
//! hour at which something changed would say more than may be told.

use intake_domain::{Event, Feedback, Keyed, Outcome, RegionName};
use jiff::{Timestamp, ToSpan, civil::Date};
use journal::{Commit, Rows, Views};
use kernel::{CaseId, Gemeentecode, Key, SignalId, days::amsterdam_date, terms::statutory};
use prost::Message;
use uuid::Uuid;

use crate::views::Whereabouts;

/// Reports by organisation and first receipt.
const REPORTS: u8 = 20;
/// The reports of a case.
const OF_CASE: u8 = 21;
/// The newest report of a reference: its row.
const OF_REFERENCE: u8 = 22;

/// A report, with what may be told of it and since when.
#[derive(Clone, PartialEq, Message)]
struct Report {
    /// The receipt that holds.
    #[prost(bytes = "vec", tag = "1")]
    receipt_id: Vec<u8>,
    #[prost(string, tag = "2")]
    gemeente: String,
    /// Oldest first.
    #[prost(message, repeated, tag = "3")]
    moments: Vec<Moment>,
}
#[derive(Clone, PartialEq, Message)]
struct Moment {
    /// The day it was recorded, ISO 8601, Europe/Amsterdam.
    #[prost(string, tag = "1")]
    recorded_on: String,
    #[prost(string, tag = "2")]
    feedback: String,
    /// The last day of a pause, ISO 8601.
    #[prost(string, tag = "3")]
    until: String,
}
#[derive(Clone, PartialEq, Message)]
struct OfCase {
    #[prost(message, repeated, tag = "1")]
    reports: Vec<Named>,
}
#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(bytes = "vec", tag = "1")]
    signal: Vec<u8>,
    /// Its row in [`REPORTS`].
    #[prost(bytes = "vec", tag = "2")]
    row: Vec<u8>,
}

/// What is told of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The receipt that holds.
    pub receipt_id: Uuid,
    /// Where it belongs.
    pub gemeente: Gemeentecode,
    /// What.
    pub feedback: Feedback,
    /// The first day on which it is told; none while nothing but the receipt is.
    pub since: Option<Date>,
    /// The last day of a pause.
    pub pause_until: Option<Date>,
}

/// Takes an event in.
pub fn apply(rows: &mut Rows<'_>, key: Key, commit: &Commit, event: &Event) {
    let on = amsterdam_date(commit.envelope.recorded_at);
    match event {
        Event::SignalAccepted(e) => {
            let same = |row: &Vec<u8>| rows.get(REPORTS, row).and_then(|row| Report::decode(row.as_slice()).ok());
            let known = rows.get(OF_REFERENCE, &e.reference.0);
            let known = known.filter(|row| same(row).is_some_and(|report| report.receipt_id == e.receipt_id.as_bytes()));
            let row = known.unwrap_or_else(|| row_of(&e.organisation, e.receipt_id));
            // A report that another municipality took over is the same report: what was told of it stays told.
            let known = rows.get(REPORTS, &row).and_then(|row| Report::decode(row.as_slice()).ok());
            let mut report = known.unwrap_or_else(|| {
                let mut new = Report { receipt_id: e.receipt_id.as_bytes().to_vec(), ..Report::default() };
                new.add(on, if e.skipped { Feedback::NotTakenUp } else { Feedback::TakenUp }, None);
                new
            });
            report.gemeente = key.gemeente.to_string();
            rows.put(REPORTS, &row, report.encode_to_vec());
            rows.put(OF_REFERENCE, &e.reference.0, row.clone());
            let mut case = of_case(rows, e.case);
            case.reports.push(Named { signal: e.signal.uuid().as_bytes().to_vec(), row });
            rows.put(OF_CASE, e.case.uuid().as_bytes(), case.encode_to_vec());
        }
        Event::SignalCorrected(e) => change(rows, e.case, Some(e.signal), |report| report.receipt_id = e.receipt_id.as_bytes().to_vec()),
        Event::SignalWithdrawn(e) => change(rows, e.case, Some(e.signal), |report| report.add(on, Feedback::of_withdrawal(e.reason), None)),
        // The household accepted help: whoever reported it waits.
        Event::RegionReported(e) if e.region == RegionName::Help && !e.finished => {
            let until = statutory::pause(amsterdam_date(commit.envelope.happened_at)).due;
            change(rows, e.case, None, |report| report.add(on, Feedback::Pause, Some(until)));
        }
        // Somebody else helps already: not taken up, also while a court has the case open.
        Event::RegionReported(e) if e.region == RegionName::Help && e.outcome.map(Feedback::of_outcome) == Some(Feedback::NotTakenUp) => {
            change(rows, e.case, None, |report| report.add(on, Feedback::NotTakenUp, None));
        }
        // The report goes on elsewhere: the partner hears nothing of a move.
        Event::CaseClosed(e) if e.outcome != Outcome::HandedOver => change(rows, e.case, None, |report| report.add(on, Feedback::of_outcome(e.outcome), None)),
        Event::CaseOpened(_)
        | Event::LandlordStageRecorded(_)
        | Event::SignalReturned(_)
        | Event::ReturnForgotten(_)
        | Event::ConcernChanged(_)
        // What a household asks for itself is none of a creditor's business.
        | Event::HelpRequested(_)
        | Event::EvictionNoticed(_)
        | Event::PersonsJudged(_)
        | Event::SignalSupplemented(_)
        | Event::CasesMerged(_)
        | Event::CasesUnmerged(_)
        | Event::TenantDied(_)
        | Event::LetterRectified(_)
        | Event::RightRequested(_)
        | Event::RightExtended(_)
        | Event::RightDecided(_)
        | Event::ConsentRecorded(_)
        | Event::ContactRestricted(_)
        | Event::RestrictionEnded(_)
        | Event::RefusalRecorded(_)
        | Event::HandOverOffered(_)
        | Event::HandOverAnswered(_)
        | Event::CaseTakenOver(_)
        | Event::CaseClosed(_)
        | Event::PaymentRecorded(_)
        | Event::RegionReported(_) => {}
    }
}

/// What is told of an organisation's reports, in the order of their receipts; `after` is a row of the page before.
pub fn of_organisation(
    views: &Views<Whereabouts>,
    organisation: &str,
    now: Timestamp,
    after: Option<&[u8]>,
    size: usize,
) -> (Vec<Told>, Option<Vec<u8>>) {
    let mut prefix = organisation.as_bytes().to_vec();
    prefix.push(0);
    let rows = views.scan(REPORTS, &prefix, after, size);
    let last = rows.last().filter(|_| rows.len() == size).map(|(row, _)| row.clone());
    (rows.iter().filter_map(|(_, report)| told(report, now)).collect(), last)
}

/// What is told of the newest report under a reference.
pub fn of_reference(views: &Views<Whereabouts>, reference: Keyed, now: Timestamp) -> Option<Told> {
    let row = views.get(OF_REFERENCE, &reference.0)?;
    told(&views.get(REPORTS, &row)?, now)
}

impl Report {
    fn add(&mut self, recorded_on: Date, feedback: Feedback, until: Option<Date>) {
        if self.moments.last().and_then(|moment| Feedback::from_code(&moment.feedback)).is_some_and(Feedback::is_last) {
            return;
        }
        let (recorded_on, until) = (recorded_on.to_string(), until.map(|day| day.to_string()).unwrap_or_default());
        self.moments.push(Moment { recorded_on, feedback: feedback.code().to_owned(), until });
    }
}

fn told(report: &[u8], now: Timestamp) -> Option<Told> {
    let report = Report::decode(report).ok()?;
    let today = amsterdam_date(now);
    let day = |iso: &str| iso.parse::<Date>().ok();
    let passed = |moment: &&Moment| {
        let over = moment.feedback == Feedback::Pause.code() && day(&moment.until).is_none_or(|until| until < today);
        !over && day(&moment.recorded_on).is_some_and(|on| on < today)
    };
    let newest = report.moments.iter().rev().find(passed);
    Some(Told {
        receipt_id: Uuid::from_slice(&report.receipt_id).ok()?,
        gemeente: report.gemeente.parse().ok()?,
        feedback: newest.and_then(|moment| Feedback::from_code(&moment.feedback)).unwrap_or(Feedback::Received),
        since: newest.and_then(|moment| day(&moment.recorded_on)).map(|on| on.saturating_add(1.day())),
        pause_until: newest.and_then(|moment| day(&moment.until)),
    })
}

fn change(rows: &mut Rows<'_>, case: CaseId, signal: Option<SignalId>, change: impl Fn(&mut Report)) {
    for named in of_case(rows, case).reports {
        if signal.is_some_and(|signal| named.signal != signal.uuid().as_bytes()) {
            continue;
        }
        let Some(mut report) = rows.get(REPORTS, &named.row).and_then(|row| Report::decode(row.as_slice()).ok()) else { continue };
        change(&mut report);
        rows.put(REPORTS, &named.row, report.encode_to_vec());
    }
}

fn of_case(rows: &Rows<'_>, case: CaseId) -> OfCase {
    rows.get(OF_CASE, case.uuid().as_bytes()).and_then(|row| OfCase::decode(row.as_slice()).ok()).unwrap_or_default()
}

fn row_of(organisation: &str, first_receipt: Uuid) -> Vec<u8> {
    [organisation.as_bytes(), &[0], first_receipt.as_bytes()].concat()
}
