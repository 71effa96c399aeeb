//! What staff asked about a report that did not tell it, for the national exchange model (DDAS). It stands beside what the partner told,
//! never in its place: what a partner told, it corrects itself.

use jiff::{Timestamp, civil::Date};
use kernel::{Arrears, CaseId, SignalId};

use crate::{
    command::Rejection,
    decide::Draft,
    event::Event,
    words::{PartnerKind, coded},
};

coded! {
    /// Who said it, when staff asked.
    Informant {
        /// The partner who reported.
        Partner = "partner";
        /// The household itself.
        Household = "household";
    }
}

/// What a report may leave unsaid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Supplement {
    /// Since when the arrears run (DDAS *ontstaansdatum*).
    pub arrears_since: Option<Date>,
    /// A crisis (DDAS *crisissignaal*).
    pub crisis: Option<bool>,
    /// The partner spoke with the household and hands it over (DDAS *warmeOverdracht*).
    pub warm_handover: Option<bool>,
}

/// A report was supplemented (*aangevuld*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalSupplemented {
    /// The signal.
    pub signal: SignalId,
    /// Its case.
    pub case: CaseId,
    /// Who reports.
    pub kind: PartnerKind,
    /// Code of the partner.
    pub organisation: String,
    /// Arrears, as the report holds.
    pub amount: Arrears,
    /// What was said, of what was not known.
    pub said: Supplement,
    /// Who said it.
    pub source: Informant,
    /// When (UTC).
    pub happened_at: Timestamp,
}

impl Supplement {
    /// This, and where it says nothing the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            arrears_since: self.arrears_since.or(other.arrears_since),
            crisis: self.crisis.or(other.crisis),
            warm_handover: self.warm_handover.or(other.warm_handover),
        }
    }

    /// Of what is said, what was not known; a word against what is known is refused.
    fn news(self, known: Self) -> Result<Self, Rejection> {
        fn new<T: PartialEq>(said: Option<T>, known: Option<T>) -> Result<Option<T>, Rejection> {
            match (said, known) {
                (Some(said), Some(known)) if said != known => Err(Rejection::ToldOtherwise),
                (_, Some(_)) => Ok(None),
                (said, None) => Ok(said),
            }
        }
        Ok(Self {
            arrears_since: new(self.arrears_since, known.arrears_since)?,
            crisis: new(self.crisis, known.crisis)?,
            warm_handover: new(self.warm_handover, known.warm_handover)?,
        })
    }
}

impl Draft {
    pub(crate) fn supplement(&mut self, case: CaseId, id: SignalId, said: Supplement, source: Informant) -> Result<(), Rejection> {
        let signal = self.state.standing(case).find(|signal| signal.id == id).ok_or(Rejection::SignalUnknown)?;
        if self.state.case(case).is_some_and(|case| case.handed_to.is_some()) {
            return Err(Rejection::HandedOver);
        }
        let said = said.news(signal.told.or(signal.supplemented))?;
        if said == Supplement::default() {
            return Ok(());
        }
        let supplemented = SignalSupplemented {
            signal: id,
            case,
            kind: signal.kind,
            organisation: signal.organisation.to_string(),
            amount: signal.amount,
            said,
            source,
            happened_at: self.moment.happened_at,
        };
        self.push(Event::SignalSupplemented(supplemented));
        Ok(())
    }
}
