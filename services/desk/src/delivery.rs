//! A municipality's delivery to CBS: the cases with signals of a time, as the exchange model has them. Without the clients:
//! those are in the vault.

use jiff::civil::Date;
use journal::terms::date_out;
use kernel::{Gemeentecode, days::amsterdam_date};
use proto::desk::v1 as pb;

use crate::{
    chain::fold,
    ddas::{Attempt, Reading, Signal},
    sieve::Standing,
    store::{Store, Wanted},
};

/// The cases with a signal that was first received on one of these days, oldest first. What was done for them is told in full,
/// also what came later.
pub fn cases(store: &Store, gemeente: Gemeentecode, from: Date, to: Date) -> Vec<pb::DdasCase> {
    let wanted = Wanted { gemeenten: &[gemeente], standings: &Standing::ALL, ddas: None };
    let (lines, _) = store.list(&wanted, None, usize::MAX);
    let within = |signal: &Signal| (from..=to).contains(&amsterdam_date(signal.received_at));
    lines
        .into_iter()
        .rev()
        .filter_map(|line| {
            let reading = fold(&store.entries(line.case_id.parse().ok()?))?.ddas?;
            let signals: Vec<_> = reading.signals.iter().filter(|signal| within(signal)).map(signal).collect();
            (!signals.is_empty()).then(|| case(line.case_id, &reading, signals))
        })
        .collect()
}

fn case(case_id: String, reading: &Reading, signals: Vec<pb::DdasSignal>) -> pb::DdasCase {
    // What is missing of a signal of another delivery is that one's matter.
    let gaps = reading.gaps.iter().map(crate::ddas::Gap::out);
    let gaps = gaps.filter(|gap| gap.signal_id.is_empty() || signals.iter().any(|signal| signal.signal_id == gap.signal_id)).collect();
    pb::DdasCase {
        case_id,
        signals,
        matched_on: Some(date_out(reading.matched_on)),
        period_from: Some(date_out(reading.period.0)),
        period_to: Some(date_out(reading.period.1)),
        taken_up_on: reading.taken_up_on.map(date_out),
        result: reading.result.map(|result| result.national().to_owned()).unwrap_or_default(),
        attempts: reading.attempts.iter().map(attempt).collect(),
        gaps,
    }
}

fn signal(signal: &Signal) -> pb::DdasSignal {
    pb::DdasSignal {
        signal_id: signal.id.to_string(),
        vault_id: signal.client.to_string(),
        partner: signal.partner.map(|partner| partner.national().to_owned()).unwrap_or_default(),
        amount_cents: signal.amount.at_least().0,
        arrears_since: signal.arrears_since.map(date_out),
        signal_date: signal.signal_date.map(date_out),
        crisis: signal.crisis,
        warm_handover: signal.warm_handover,
        status: signal.status.map(|status| status.national().to_owned()).unwrap_or_default(),
    }
}

fn attempt(attempt: &Attempt) -> pb::DdasAttempt {
    pb::DdasAttempt {
        channel: attempt.channel.map(|channel| channel.national().to_owned()).unwrap_or_default(),
        reached: attempt.reached,
        on: Some(date_out(attempt.on)),
        daypart: attempt.daypart.map(|daypart| daypart.national().to_owned()).unwrap_or_default(),
    }
}
