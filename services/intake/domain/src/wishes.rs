//! What a person allows and does not want: consents (*toestemming*), contact restrictions (*contactbeperking*) and a refusal of help. Each
//! is one person's: what one says or wants is not said or wanted by whoever lives there too. Ids, codes and dates only.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kernel::{CaseId, PersonId, ddas::Channel};
use uuid::Uuid;

use crate::{command::Rejection, decide::Draft, event::Event, state::AddressFile, words::coded};

coded! {
    /// What a consent is for (AVG art. 6(1)(a) and 7): one thing each, never all at once.
    ConsentPurpose {
        /// The current rent is withheld from social assistance and paid to the landlord (*Geregelde Betaling*).
        WithholdRent = "withhold-rent";
        /// Sharing with debt help (*schuldhulpverlening*).
        ShareDebtHelp = "share-debt-help";
        /// Sharing with the neighbourhood team (*wijkteam*).
        ShareSocialTeam = "share-social-team";
        /// Sharing with who gives care (*zorgaanbieder*).
        ShareCare = "share-care";
        /// Sharing with the landlord (*verhuurder*).
        ShareLandlord = "share-landlord";
        /// Contact through a third person, whom the person named.
        ThirdPerson = "contact-third-person";
    }
}
coded! {
    /// What was said of it.
    ConsentWord {
        /// It was asked; nothing was said yet.
        Asked = "asked";
        /// Yes.
        Given = "given";
        /// No.
        Refused = "refused";
        /// Not any more (AVG art. 7(3)): what rests on it stops at once.
        Withdrawn = "withdrawn";
    }
}
coded! {
    /// How it was said, for whoever has to show it later (AVG art. 7(1)).
    ConsentMeans {
        /// On paper, signed (*schriftelijk*).
        Written = "written";
        /// In a talk, noted by who heard it (*mondeling*).
        Spoken = "spoken";
        /// In a form or message (*digitaal*).
        Digital = "digital";
    }
}
coded! {
    /// Why somebody is not contacted as others are.
    RestrictionKind {
        /// Some channels are not used.
        Channels = "channels";
        /// Only through who represents the person (*bewindvoerder*, *gemachtigde*).
        Representative = "representative";
        /// Not at the home, for safety: no visit, no card, and no letter that somebody else may open.
        NotAtHome = "not-at-home";
        /// The person wants no contact.
        NoContact = "no-contact";
    }
}

impl RestrictionKind {
    /// The channels that it forbids; for [`Self::Channels`] those that were named. What is no contact is never forbidden.
    fn forbids(self, named: &BTreeSet<Channel>) -> BTreeSet<Channel> {
        let direct = || Channel::ALL.iter().copied().filter(|channel| *channel != Channel::Administrative);
        match self {
            Self::Channels => direct().filter(|channel| named.contains(channel)).collect(),
            Self::NotAtHome => [Channel::Visit, Channel::Card, Channel::Letter].into(),
            Self::Representative | Self::NoContact => direct().collect(),
        }
    }
}

/// Somebody said something of a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentRecorded {
    /// The case in which it was said.
    pub case: CaseId,
    /// Who said it, of oneself only.
    pub person: PersonId,
    /// What it is for.
    pub purpose: ConsentPurpose,
    /// What was said.
    pub word: ConsentWord,
    /// How.
    pub means: ConsentMeans,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// Somebody is not to be contacted as others are, in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRestricted {
    /// Its own id; the same in each case it holds in.
    pub restriction: Uuid,
    /// The case.
    pub case: CaseId,
    /// Whom it is about.
    pub person: PersonId,
    /// Why.
    pub kind: RestrictionKind,
    /// What is not used.
    pub channels: BTreeSet<Channel>,
    /// Vault record of who represents the person.
    pub vault_id: Option<Uuid>,
    /// Since when (UTC).
    pub since: Timestamp,
}

/// It holds no longer, in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestrictionEnded {
    /// The restriction.
    pub restriction: Uuid,
    /// The case.
    pub case: CaseId,
    /// Whom it was about.
    pub person: PersonId,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// One person refused help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalRecorded {
    /// The case.
    pub case: CaseId,
    /// Who.
    pub person: PersonId,
    /// With it everybody in the case has: the household is not approached further.
    pub whole: bool,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// A restriction as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRestriction {
    /// New.
    pub restriction: Uuid,
    /// The case.
    pub case: CaseId,
    /// Whom it is about.
    pub person: PersonId,
    /// Why.
    pub kind: RestrictionKind,
    /// The channels that are named, with [`RestrictionKind::Channels`].
    pub channels: BTreeSet<Channel>,
    /// Vault record of who represents the person, already written.
    pub vault_id: Option<Uuid>,
}

/// A restriction, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// Its id.
    pub id: Uuid,
    /// Whom it is about.
    pub person: PersonId,
    /// Why.
    pub kind: RestrictionKind,
    /// What is not used.
    pub channels: BTreeSet<Channel>,
    /// Vault record of who represents the person.
    pub vault_id: Option<Uuid>,
    /// The cases it holds in.
    pub cases: BTreeSet<CaseId>,
    /// Since when (UTC).
    pub since: Timestamp,
    /// Until when, when it ended (UTC).
    pub until: Option<Timestamp>,
}

impl Restriction {
    /// As it is told in another case, or of the id that a person goes by there or now.
    pub fn told_in(&self, case: CaseId, person: PersonId) -> ContactRestricted {
        let Self { id, kind, channels, vault_id, since, .. } = self.clone();
        ContactRestricted { restriction: id, case, person, kind, channels, vault_id, since }
    }
}

/// What the persons of an address allow and do not want, in the order of recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Every word on a consent.
    pub consents: Vec<ConsentRecorded>,
    /// Every restriction, also those that ended.
    pub restrictions: Vec<Restriction>,
    /// Every refusal.
    pub refusals: Vec<RefusalRecorded>,
}

impl Wishes {
    pub(crate) fn restrict(&mut self, e: &ContactRestricted) {
        if let Some(known) = self.restrictions.iter_mut().find(|known| known.id == e.restriction) {
            known.cases.insert(e.case);
            return;
        }
        self.restrictions.push(Restriction {
            id: e.restriction,
            person: e.person,
            kind: e.kind,
            channels: e.channels.clone(),
            vault_id: e.vault_id,
            cases: [e.case].into(),
            since: e.since,
            until: None,
        });
    }

    pub(crate) fn end(&mut self, e: &RestrictionEnded) {
        if let Some(known) = self.restrictions.iter_mut().find(|known| known.id == e.restriction) {
            known.until = Some(e.happened_at);
        }
    }
}

impl AddressFile {
    /// What somebody said last of a consent, until then.
    pub fn consent(&self, person: PersonId, purpose: ConsentPurpose, until: Timestamp) -> Option<&ConsentRecorded> {
        let theirs = |one: &&ConsentRecorded| one.purpose == purpose && self.persons.of(one.person) == self.persons.of(person);
        self.wishes.consents.iter().filter(theirs).filter(|one| one.happened_at <= until).max_by_key(|one| one.happened_at)
    }

    /// Restrictions of somebody that hold.
    fn restrictions_of(&self, person: PersonId) -> impl Iterator<Item = &Restriction> {
        let is_theirs = move |one: &&Restriction| self.persons.of(one.person) == self.persons.of(person);
        self.wishes.restrictions.iter().filter(is_theirs).filter(|one| one.until.is_none())
    }

    /// Open cases in which a report is about somebody.
    fn open_cases_of(&self, person: PersonId) -> impl Iterator<Item = CaseId> {
        let theirs = self.signals.iter().filter(move |signal| self.person(signal) == Some(person)).map(|signal| signal.case);
        theirs.filter(|case| self.case(*case).is_some_and(crate::state::Case::is_open))
    }

    /// Everybody of whom a report in this case stands has refused help since; nobody of them is unknown, and the household has no matter
    /// of its own here.
    fn everybody_refused(&self, case: CaseId) -> bool {
        let refused = |person: PersonId, since: Timestamp| {
            let theirs = |one: &&RefusalRecorded| self.persons.of(one.person) == person && one.happened_at >= since;
            self.wishes.refusals.iter().any(|one| one.case == case && theirs(&one))
        };
        let own = self.case(case).and_then(crate::state::Case::matter).is_some();
        let mut standing = self.standing(case).peekable();
        !own && standing.peek().is_some()
            && standing.all(|signal| self.person(signal).is_some_and(|person| refused(person, signal.first_received_at)))
    }
}

impl Draft {
    /// A person of this case, under the id that was known first.
    fn person_of(&self, case: CaseId, person: PersonId) -> Result<PersonId, Rejection> {
        self.state.case(case).ok_or(Rejection::CaseUnknown)?;
        let person = self.state.persons.of(person);
        let is_theirs = self.state.signals.iter().any(|signal| signal.case == case && self.state.person(signal) == Some(person));
        if is_theirs { Ok(person) } else { Err(Rejection::NotInCase) }
    }

    /// What somebody said is a fact; the same word again changes nothing.
    pub(crate) fn record_consent(
        &mut self,
        (case, person): (CaseId, PersonId),
        (purpose, word, means): (ConsentPurpose, ConsentWord, ConsentMeans),
    ) -> Result<(), Rejection> {
        let (person, happened_at) = (self.person_of(case, person)?, self.moment.happened_at);
        let before = self.state.consent(person, purpose, happened_at).map(|one| one.word);
        if before == Some(word) {
            return Ok(());
        }
        if word == ConsentWord::Withdrawn && before != Some(ConsentWord::Given) {
            return Err(Rejection::ConsentNotGiven);
        }
        self.push(Event::ConsentRecorded(ConsentRecorded { case, person, purpose, word, means, happened_at }));
        Ok(())
    }

    /// In this case, and in every other one with a report about the same person that is open.
    pub(crate) fn restrict_contact(&mut self, new: &NewRestriction) -> Result<(), Rejection> {
        let person = self.person_of(new.case, new.person)?;
        let channels = new.kind.forbids(&new.channels);
        if channels.is_empty() {
            return Err(Rejection::NoChannel);
        }
        let same = |one: &Restriction| one.kind == new.kind && one.channels == channels && one.vault_id == new.vault_id;
        if self.state.restrictions_of(person).any(same) {
            return Ok(());
        }
        let cases: BTreeSet<CaseId> = self.state.open_cases_of(person).chain([new.case]).collect();
        for case in cases {
            self.push(Event::ContactRestricted(ContactRestricted {
                restriction: new.restriction,
                case,
                person,
                kind: new.kind,
                channels: channels.clone(),
                vault_id: new.vault_id,
                since: self.moment.happened_at,
            }));
        }
        Ok(())
    }

    /// What holds for a person goes along into a case of a further report about that person.
    pub(crate) fn carry_restrictions(&mut self, case: CaseId, person: PersonId) {
        let person = self.state.persons.of(person);
        let running = self.state.restrictions_of(person).filter(|one| !one.cases.contains(&case));
        let carried: Vec<_> = running.map(|one| one.told_in(case, person)).collect();
        carried.into_iter().for_each(|one| self.push(Event::ContactRestricted(one)));
    }

    /// Two were judged to be one person: what held for either holds for that person under the id that was known first, wherever a report
    /// about it stands.
    pub(crate) fn join_restrictions(&mut self, person: PersonId) {
        let person = self.state.persons.of(person);
        let elsewhere = self.state.restrictions_of(person).filter(|one| one.person != person);
        let told: Vec<_> = elsewhere.flat_map(|one| one.cases.iter().map(move |case| one.told_in(*case, person))).collect();
        told.into_iter().for_each(|one| self.push(Event::ContactRestricted(one)));
        let open: BTreeSet<CaseId> = self.state.open_cases_of(person).collect();
        open.into_iter().for_each(|case| self.carry_restrictions(case, person));
    }

    /// In every case it holds in; once more changes nothing.
    pub(crate) fn end_restriction(&mut self, restriction: Uuid) -> Result<(), Rejection> {
        let known = self.state.wishes.restrictions.iter().find(|known| known.id == restriction).ok_or(Rejection::RestrictionUnknown)?;
        if known.until.is_some() {
            return Ok(());
        }
        let (person, cases, happened_at) = (known.person, known.cases.clone(), self.moment.happened_at);
        for case in cases {
            self.push(Event::RestrictionEnded(RestrictionEnded { restriction, case, person, happened_at }));
        }
        Ok(())
    }

    /// One person's no: another's help goes on. With `no_contact` the person is not contacted any more either.
    pub(crate) fn record_refusal(&mut self, case: CaseId, person: PersonId, no_contact: Option<Uuid>) -> Result<(), Rejection> {
        let (person, happened_at) = (self.person_of(case, person)?, self.moment.happened_at);
        let refusal = RefusalRecorded { case, person, whole: false, happened_at };
        let mut after = self.state.clone();
        after.wishes.refusals.push(refusal);
        let whole = after.everybody_refused(case);
        self.push(Event::RefusalRecorded(RefusalRecorded { whole, ..refusal }));
        let Some(restriction) = no_contact else { return Ok(()) };
        let (kind, channels) = (RestrictionKind::NoContact, BTreeSet::new());
        self.restrict_contact(&NewRestriction { restriction, case, person, kind, channels, vault_id: None })
    }
}
