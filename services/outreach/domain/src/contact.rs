//! Whom contact is for, and who is not to be contacted so (*contactbeperking*). A restriction is one person's; of the plan, of another
//! person and of the clocks nothing changes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kernel::PersonId;

/// Through who represents a person one goes where this code stands.
const REPRESENTATIVE: &str = "representative";

/// Contact, as somebody made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// How: DDAS code.
    pub channel: String,
    /// For whom; without, a restriction of anybody in the case counts.
    pub person: Option<PersonId>,
    /// With who represents the person.
    pub representative: bool,
    /// Who records it knows that it went against a restriction.
    pub despite: bool,
}

impl Contact {
    /// By a channel, for nobody in particular.
    pub fn by(channel: impl Into<String>) -> Self {
        Self { channel: channel.into(), ..Self::default() }
    }
}

/// A restriction, as intake told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// Whom it is about.
    pub person: PersonId,
    /// Intake's code of why.
    pub kind: String,
    /// What is not used: DDAS codes.
    pub channels: BTreeSet<String>,
    /// Since when.
    pub since: Timestamp,
    /// Until when, when it ended.
    pub until: Option<Timestamp>,
}

impl Restriction {
    /// Whether this contact went against it.
    pub fn is_broken_by(&self, contact: &Contact, at: Timestamp) -> bool {
        let holds = self.since <= at && self.until.is_none_or(|until| at < until);
        let theirs = contact.person.is_none_or(|person| person == self.person);
        let through = contact.representative && self.kind == REPRESENTATIVE;
        holds && theirs && !through && self.channels.contains(&contact.channel)
    }
}
