//! The national reading of a case (DDAS Vroegsignalering v0.9): its signals, its contact attempts and its result as the exchange
//! model has them, and what is missing. A pure fold of the public events; what nobody said is missing, never made up.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use journal::terms::date_in;
use kernel::{
    Arrears, Cents,
    days::amsterdam_date,
    ddas::{Channel, Daypart, EndResult, Partner, SignalStatus},
};
use proto::{
    desk::v1 as pb,
    intake::v1::{self as intake, PartnerKind},
};
use uuid::Uuid;

use crate::event::Event;

/// A signal (*vroegsignaal*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its id.
    pub id: Uuid,
    /// The vault record of the client.
    pub client: Uuid,
    /// When it was first received (UTC): the delivery it belongs to.
    pub received_at: Timestamp,
    /// Who reported; nothing when a newer kind than this binary knows.
    pub partner: Option<Partner>,
    /// Arrears.
    pub amount: Arrears,
    /// Since when, when told.
    pub arrears_since: Option<Date>,
    /// Date on the report.
    pub signal_date: Option<Date>,
    /// Crisis, when told.
    pub crisis: Option<bool>,
    /// Warm hand-over, when told.
    pub warm_handover: Option<bool>,
    /// Nothing once it was taken up: the national list has no word for that.
    pub status: Option<SignalStatus>,
}

/// An attempt to make contact (*contactpoging*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How.
    pub channel: Option<Channel>,
    /// Somebody was reached.
    pub reached: bool,
    /// When.
    pub on: Date,
    /// Part of the day, when told.
    pub daypart: Option<Daypart>,
    /// The moment that was recorded (UTC).
    pub at: Timestamp,
}

/// Something the exchange model wants and nobody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The signal it is about; nothing when it is the case.
    pub signal: Option<Uuid>,
    /// The field, by its national name.
    pub field: &'static str,
    /// Who can say it, in Dutch.
    pub text: String,
    /// The attempt it is about, when that can be supplemented.
    pub attempted_at: Option<Timestamp>,
}

/// A case as the exchange model has it (*vroegsignaalzaak*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// In the order of receipt.
    pub signals: Vec<Signal>,
    /// The day on which the first signal was matched: that of its receipt.
    pub matched_on: Date,
    /// The calendar month of that day, the matching period of Divosa's monitor.
    pub period: (Date, Date),
    /// The first thing done for it.
    pub taken_up_on: Option<Date>,
    /// Contact attempts, in their order.
    pub attempts: Vec<Attempt>,
    /// What it came to.
    pub result: Option<EndResult>,
    /// What is missing now.
    pub gaps: Vec<Gap>,
}

/// What [`state`] says.
pub const STATES: [&str; 3] = ["complete", "missing", "none"];

/// What the list and the pages say of a case: `complete`, `missing`, or `none` when no signal is in it.
pub fn state(reading: Option<&Reading>) -> &'static str {
    match reading {
        None => "none",
        Some(reading) if reading.gaps.is_empty() => "complete",
        Some(_) => "missing",
    }
}

/// A final supply that was reported after the partner's last day.
pub fn is_late(signal: &intake::SignalAccepted) -> bool {
    let received = Timestamp::from_millisecond(signal.received_at_ms).map(amsterdam_date);
    date_in(signal.supply_report_by.as_ref()).is_ok_and(|by| received.is_ok_and(|received| received > by))
}

const fn partner(kind: PartnerKind) -> Option<Partner> {
    match kind {
        PartnerKind::Unspecified => None,
        PartnerKind::Rent => Some(Partner::Rent),
        PartnerKind::Energy => Some(Partner::Energy),
        PartnerKind::Water => Some(Partner::Water),
        PartnerKind::Health => Some(Partner::Health),
        PartnerKind::Mortgage => Some(Partner::Mortgage),
        // The national list has no word of its own for it.
        PartnerKind::MunicipalTax => Some(Partner::Other),
    }
}

struct Known {
    signal: Signal,
    withdrawn: Option<String>,
    /// A repeat that was not taken up.
    skipped: bool,
    /// What was said when staff asked, of what the partner did not tell.
    asked: Vec<intake::SignalSupplemented>,
}

impl Known {
    /// The signal, with what was asked where the partner told nothing.
    fn complete(&self) -> Signal {
        self.asked.iter().fold(self.signal.clone(), |signal, asked| Signal {
            arrears_since: signal.arrears_since.or_else(|| date_in(asked.arrears_since.as_ref()).ok()),
            crisis: signal.crisis.or(asked.crisis),
            warm_handover: signal.warm_handover.or(asked.warm_handover),
            ..signal
        })
    }
}

/// A reading in the making.
#[derive(Default)]
pub struct Draft {
    signals: BTreeMap<Vec<u8>, Known>,
    attempts: Vec<(Timestamp, Attempt)>,
    taken_up: Option<Date>,
    said: Option<(Timestamp, EndResult)>,
    closed: Option<String>,
}

impl Draft {
    /// Takes an event in.
    pub fn event(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::CaseOpened(_) => self.closed = None,
            Event::CaseClosed(e) => self.closed = Some(e.outcome.clone()),
            Event::SignalAccepted(e) => {
                let (Ok(id), Ok(client)) = (Uuid::from_slice(&e.signal_id), Uuid::from_slice(&e.vault_id)) else { return };
                let signal = Signal {
                    id,
                    client,
                    received_at: at,
                    partner: partner(e.kind()),
                    amount: Arrears::of(Cents(e.amount_cents)),
                    arrears_since: date_in(e.arrears_since.as_ref()).ok(),
                    signal_date: date_in(e.signal_date.as_ref()).ok(),
                    crisis: e.crisis,
                    warm_handover: e.warm_handover,
                    status: None,
                };
                self.signals.insert(e.signal_id.clone(), Known { signal, withdrawn: None, skipped: e.skipped, asked: Vec::new() });
            }
            Event::SignalCorrected(e) => {
                let (Some(known), Ok(client)) = (self.signals.get_mut(&e.signal_id), Uuid::from_slice(&e.vault_id)) else { return };
                known.signal = Signal {
                    client,
                    partner: partner(e.kind()),
                    amount: Arrears::of(Cents(e.amount_cents)),
                    arrears_since: date_in(e.arrears_since.as_ref()).ok(),
                    signal_date: date_in(e.signal_date.as_ref()).ok(),
                    crisis: e.crisis,
                    warm_handover: e.warm_handover,
                    ..known.signal.clone()
                };
            }
            Event::SignalSupplemented(e) => {
                if let Some(known) = self.signals.get_mut(&e.signal_id) {
                    known.asked.push(e.clone());
                }
            }
            Event::SignalWithdrawn(e) => {
                if let Some(known) = self.signals.get_mut(&e.signal_id) {
                    known.withdrawn = Some(e.reason.clone());
                }
            }
            Event::AttemptRecorded(e) => {
                let (channel, daypart) = (Channel::from_code(&e.channel), Daypart::from_code(&e.daypart));
                self.attempts.push((at, Attempt { channel, reached: e.reached, on: amsterdam_date(at), daypart, at }));
                self.take_up(at);
            }
            Event::AttemptSupplemented(e) => {
                let made = self.attempts.iter_mut().filter(|(at, _)| at.as_millisecond() == e.attempted_at_ms);
                made.for_each(|(_, attempt)| attempt.daypart = attempt.daypart.or(Daypart::from_code(&e.daypart)));
            }
            Event::OfferMade(_) | Event::HelpAccepted(_) | Event::FirstTalkHeld(_) => self.take_up(at),
            Event::HelpRefused(_) => self.say(at, EndResult::NoHelpWanted),
            Event::HelpResolved(e) => {
                if let Some(result) = EndResult::from_code(&e.result) {
                    self.say(at, result);
                }
            }
            _ => {}
        }
    }

    fn take_up(&mut self, at: Timestamp) {
        let day = amsterdam_date(at);
        self.taken_up = Some(self.taken_up.map_or(day, |first| first.min(day)));
    }

    fn say(&mut self, at: Timestamp, result: EndResult) {
        self.take_up(at);
        if self.said.is_none_or(|(before, _)| before <= at) {
            self.said = Some((at, result));
        }
    }

    /// What contact came to, or else why there is none any more.
    fn result(&self) -> Option<EndResult> {
        let withdrawn = || {
            let mut reasons = self.signals.values().map(|known| known.withdrawn.as_deref());
            let first = reasons.next().flatten()?;
            reasons.all(|reason| reason.is_some()).then(|| EndResult::of_outcome(first)).flatten()
        };
        let outcome = || self.closed.as_deref().and_then(EndResult::of_outcome);
        self.said.map(|(_, result)| result).or_else(outcome).or_else(withdrawn)
    }

    /// The case as it is known now; nothing when no signal is in it.
    pub fn read(mut self) -> Option<Reading> {
        let first = self.signals.values().map(|known| known.signal.received_at).min()?;
        let matched_on = amsterdam_date(first);
        self.attempts.sort_by_key(|(at, _)| *at);
        let result = self.result();
        let ended = self.closed.is_some() || self.signals.values().all(|known| known.withdrawn.is_some());
        let taken_up = self.taken_up;
        let mut signals: Vec<_> = self
            .signals
            .into_values()
            .map(|known| {
                let signal = known.complete();
                let Known { withdrawn, skipped, .. } = known;
                let repeated = (skipped && withdrawn.is_none()).then_some(SignalStatus::RepeatedSame);
                Signal { status: repeated.or_else(|| status(withdrawn.as_deref(), taken_up.is_some(), ended, result)), ..signal }
            })
            .collect();
        signals.sort_by_key(|signal| (signal.received_at, signal.id));
        let mut reading = Reading {
            signals,
            matched_on,
            period: (matched_on.first_of_month(), matched_on.last_of_month()),
            taken_up_on: taken_up,
            attempts: self.attempts.into_iter().map(|(_, attempt)| attempt).collect(),
            result,
            gaps: Vec::new(),
        };
        reading.gaps = gaps(&reading, ended);
        Some(reading)
    }
}

/// A withdrawal says why; before anything was done it is not taken up yet, and when the case ended without that, not at all.
fn status(withdrawn: Option<&str>, taken_up: bool, ended: bool, result: Option<EndResult>) -> Option<SignalStatus> {
    let of = |code: &str| SignalStatus::from_code(code).unwrap_or(SignalStatus::OtherReason);
    match withdrawn {
        Some("paid") if taken_up => None,
        Some(reason) => Some(of(reason)),
        None if taken_up => None,
        None if ended => Some(result.map_or(SignalStatus::OtherReason, |result| of(result.code()))),
        None => Some(SignalStatus::NotYet),
    }
}

fn gaps(reading: &Reading, ended: bool) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for signal in &reading.signals {
        let mut miss = |absent: bool, field: &'static str, text: &str| {
            if absent {
                gaps.push(Gap { signal: Some(signal.id), field, text: text.to_owned(), attempted_at: None });
            }
        };
        miss(signal.partner.is_none(), "signaalpartner.type", "soort partner niet bekend");
        miss(signal.arrears_since.is_none(), "ontstaansdatum", "begin van de achterstand niet gemeld; vraag de partner");
        miss(signal.signal_date.is_none(), "signaaldatum", "datum van de melding niet bekend");
        miss(signal.crisis.is_none(), "crisissignaal", "niet gemeld of het een crisis is; vraag de partner");
        miss(signal.warm_handover.is_none(), "warmeOverdracht", "niet gemeld of het een warme overdracht is; vraag de partner");
    }
    for attempt in &reading.attempts {
        let mut miss = |field: &'static str, text: String, attempted_at| gaps.push(Gap { signal: None, field, text, attempted_at });
        let on = crate::words::date(attempt.on);
        match attempt.channel {
            None => miss("contactpogingen.soort", format!("contactpoging van {on}: hoe niet bekend"), None),
            Some(channel) if channel.has_daypart() && attempt.daypart.is_none() => {
                let text = format!("contactpoging van {on} ({}): dagdeel niet vastgelegd", channel.national());
                miss("contactpogingen.dagdeel", text, Some(attempt.at));
            }
            Some(_) => {}
        }
    }
    if ended && reading.result.is_none() {
        let text = "de zaak is afgelopen en niemand zei wat het contact opleverde; leg het vast bij de hulp";
        gaps.push(Gap { signal: None, field: "resultaat", text: text.to_owned(), attempted_at: None });
    }
    gaps
}

impl Gap {
    /// As the contract has it.
    pub fn out(&self) -> pb::DdasGap {
        pb::DdasGap {
            signal_id: self.signal.map(|id| id.to_string()).unwrap_or_default(),
            field: self.field.to_owned(),
            text: self.text.clone(),
            attempted_at: self.attempted_at.map(|at| at.to_string()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
#[path = "ddas_tests.rs"]
mod tests;
