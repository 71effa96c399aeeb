//! What somebody asks by a right of theirs (AVG art. 15 to 18 and 21): a request with a last day and a named officer, until it is
//! decided. Ids and codes only.

use jiff::{Timestamp, civil::Date};
use kernel::{
    CaseId, PersonId,
    days::{Length, amsterdam_date, statutory_end},
};
use uuid::Uuid;

use crate::{command::Rejection, decide::Draft, event::Event, state::AddressFile, words::coded};

coded! {
    /// A right of whom the data are about (*betrokkene*).
    Right {
        /// To see what is kept (*inzage*; AVG art. 15).
        Access = "access";
        /// To have it put right (*rectificatie*; art. 16).
        Rectification = "rectification";
        /// To have it erased (*wissing*; art. 17).
        Erasure = "erasure";
        /// To have it kept and not used (*beperking*; art. 18).
        Restriction = "restriction";
        /// To object to its use (*bezwaar*; art. 21).
        Objection = "objection";
    }
}
coded! {
    /// Why a request is refused (AVG art. 12(4): the person is told).
    Refusal {
        /// Manifestly unfounded or excessive (art. 12(5)).
        Unfounded = "unfounded";
        /// It is not known who asks (art. 12(6)).
        Unidentified = "unidentified";
        /// Others would be harmed (art. 15(4)).
        OthersRights = "others-rights";
        /// It is not wrong (art. 16).
        NotWrong = "not-wrong";
        /// A law or a public task demands it (art. 17(3)(b)).
        LegalDuty = "legal-duty";
        /// A legal claim needs it (art. 17(3)(e) and 21(1)).
        LegalClaim = "legal-claim";
        /// Grounds that weigh more (art. 21(1)).
        Compelling = "compelling-grounds";
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is done as asked.
    Granted,
    /// It is not.
    Refused(Refusal),
    /// Whoever asked took it back.
    Withdrawn,
    /// A restriction or objection that was granted holds no longer (art. 18(3): the person is told before).
    Lifted,
}

impl Verdict {
    /// Stable, lower-case; the ground of a refusal stands beside it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused(_) => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Lifted => "lifted",
        }
    }

    /// Code of the ground of a refusal; empty otherwise.
    pub const fn ground(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Granted | Self::Withdrawn | Self::Lifted => "",
        }
    }

    /// From its code and ground.
    pub fn from_codes(code: &str, ground: &str) -> Option<Self> {
        match (code, ground) {
            ("granted", "") => Some(Self::Granted),
            ("refused", ground) => Refusal::from_code(ground).map(Self::Refused),
            ("withdrawn", "") => Some(Self::Withdrawn),
            ("lifted", "") => Some(Self::Lifted),
            _ => None,
        }
    }
}

/// The last day to answer: one month after the day of receipt (AVG art. 12(3)). A weekend or holiday moves it (art. 3(4) of
/// Regulation 1182/71; the Atw says the same).
pub fn answer_by(asked_on: Date) -> Date {
    statutory_end(asked_on, Length::Months(1)).0
}

/// The last day when it was extended by two months, of which the person is told within the first (AVG art. 12(3)).
pub fn extended_to(asked_on: Date) -> Date {
    statutory_end(asked_on, Length::Months(3)).0
}

/// A request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRightRequest {
    /// New.
    pub request: Uuid,
    /// The case.
    pub case: CaseId,
    /// Of one person; otherwise of all people in the case.
    pub person: Option<PersonId>,
    /// What.
    pub right: Right,
    /// Who answers it.
    pub officer: String,
}

/// Somebody used a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightRequested {
    /// Its own id.
    pub request: Uuid,
    /// The case.
    pub case: CaseId,
    /// Of one person; otherwise of all people in the case.
    pub person: Option<PersonId>,
    /// What.
    pub right: Right,
    /// Day of receipt, Europe/Amsterdam.
    pub asked_on: Date,
    /// The last day to answer.
    pub due: Date,
    /// Who answers it: id of an actor.
    pub officer: String,
    /// When it was asked (UTC).
    pub happened_at: Timestamp,
}

/// The term was extended, and the person was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RightExtended {
    /// The request.
    pub request: Uuid,
    /// Its case.
    pub case: CaseId,
    /// The new last day.
    pub due: Date,
    /// When the person was told (UTC).
    pub happened_at: Timestamp,
}

/// A request was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightDecided {
    /// The request.
    pub request: Uuid,
    /// Its case.
    pub case: CaseId,
    /// What was asked.
    pub right: Right,
    /// What became of it.
    pub verdict: Verdict,
    /// Who decided: id of an actor.
    pub officer: String,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// A request, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightRequest {
    /// Its own id.
    pub id: Uuid,
    /// Its case.
    pub case: CaseId,
    /// Of one person; otherwise of all people in the case.
    pub person: Option<PersonId>,
    /// What.
    pub right: Right,
    /// Day of receipt.
    pub asked_on: Date,
    /// The last day to answer was moved.
    pub extended: bool,
    /// What became of it; open without.
    pub verdict: Option<Verdict>,
}

impl AddressFile {
    /// A request of this file.
    pub fn right(&self, request: Uuid) -> Option<&RightRequest> {
        self.rights.iter().find(|known| known.id == request)
    }

    /// What is kept about a person of a case is not used (AVG art. 18). Of whom nothing tells who it is, a restriction of anybody in
    /// the case holds.
    pub fn is_restricted(&self, case: CaseId, person: Option<PersonId>) -> bool {
        self.rights.iter().any(|known| {
            let whose = known.person.is_none() || person.is_none() || known.person == person;
            known.right == Right::Restriction && known.verdict == Some(Verdict::Granted) && known.case == case && whose
        })
    }

    pub(crate) fn take_right_in(&mut self, asked: &RightRequested) {
        let RightRequested { request, case, person, right, asked_on, .. } = *asked;
        self.rights.push(RightRequest { id: request, case, person, right, asked_on, extended: false, verdict: None });
    }

    pub(crate) fn change_right(&mut self, request: Uuid, change: impl FnOnce(&mut RightRequest)) {
        if let Some(known) = self.rights.iter_mut().find(|known| known.id == request) {
            change(known);
        }
    }
}

impl Draft {
    /// Always recorded: what somebody asked is a fact.
    pub(crate) fn request_right(&mut self, new: &NewRightRequest) -> Result<(), Rejection> {
        self.state.case(new.case).ok_or(Rejection::CaseUnknown)?;
        if new.person.is_some_and(|person| !self.state.persons.known().iter().any(|known| known.id == person)) {
            return Err(Rejection::PersonUnknown);
        }
        let happened_at = self.moment.happened_at;
        let asked_on = amsterdam_date(happened_at);
        self.push(Event::RightRequested(RightRequested {
            request: new.request,
            case: new.case,
            person: new.person,
            right: new.right,
            asked_on,
            due: answer_by(asked_on),
            officer: new.officer.clone(),
            happened_at,
        }));
        Ok(())
    }

    /// Once, and the person is told before the first term is over.
    pub(crate) fn extend_right(&mut self, request: Uuid) -> Result<(), Rejection> {
        let known = self.state.right(request).ok_or(Rejection::RequestUnknown)?;
        let (case, asked_on, happened_at) = (known.case, known.asked_on, self.moment.happened_at);
        if known.verdict.is_some() {
            return Err(Rejection::RequestDecided);
        }
        if known.extended || amsterdam_date(happened_at) > answer_by(asked_on) {
            return Err(Rejection::NotExtendable);
        }
        self.push(Event::RightExtended(RightExtended { request, case, due: extended_to(asked_on), happened_at }));
        Ok(())
    }

    /// The same verdict again changes nothing; what was granted can be lifted where it goes on.
    pub(crate) fn decide_right(&mut self, request: Uuid, verdict: Verdict, officer: &str) -> Result<(), Rejection> {
        let known = self.state.right(request).ok_or(Rejection::RequestUnknown)?;
        let (case, right) = (known.case, known.right);
        let goes_on = matches!(right, Right::Restriction | Right::Objection);
        match (known.verdict, verdict) {
            (Some(now), new) if now == new => return Ok(()),
            (Some(Verdict::Granted), Verdict::Lifted) if goes_on => {}
            (Some(_), _) => return Err(Rejection::RequestDecided),
            (None, Verdict::Lifted) => return Err(Rejection::NotInForce),
            (None, _) => {}
        }
        let (officer, happened_at) = (officer.to_owned(), self.moment.happened_at);
        self.push(Event::RightDecided(RightDecided { request, case, right, verdict, officer, happened_at }));
        Ok(())
    }
}
