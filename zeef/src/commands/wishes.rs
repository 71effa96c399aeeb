//! `zeef persons consent|restrict|lift|refuse|wishes`: what one person of a case allows and does not want.

use desk::words as desk_words;
use kernel::{CaseId, PersonId, ddas::Channel};
use proto::intake::v1::{
    EndRestrictionRequest, ListWishesRequest, Person, PersonWishes, RecordConsentRequest, RecordRefusalRequest, RestrictContactRequest,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Failure,
    out::Out,
    reach::{Head, Reach, print_position},
    words,
};

/// One person of a case.
#[derive(clap::Args)]
pub struct Of {
    /// The case.
    case: CaseId,
    /// The person, as `zeef signals list` names it.
    person: PersonId,
}

#[derive(clap::Args)]
pub struct Consent {
    #[command(flatten)]
    of: Of,
    /// What for; one thing each.
    #[arg(long, value_parser =
        ["withhold-rent", "share-debt-help", "share-social-team", "share-care", "share-landlord", "contact-third-person"])]
    purpose: String,
    /// What was said. "withdrawn": what rests on it stops at once.
    #[arg(long, value_parser = ["asked", "given", "refused", "withdrawn"])]
    word: String,
    /// How it was said.
    #[arg(long, value_parser = ["written", "spoken", "digital"])]
    means: String,
    #[command(flatten)]
    head: Head,
}

#[derive(clap::Args)]
pub struct Restrict {
    #[command(flatten)]
    of: Of,
    /// Why: some channels, only through who represents the person, not at home for safety, or no contact at all.
    #[arg(long, value_parser = ["channels", "representative", "not-at-home", "no-contact"])]
    kind: String,
    /// With "channels": what is not used; may be given more than once.
    #[arg(long = "channel", value_parser = Channel::CODES.to_vec())]
    channels: Vec<String>,
    /// With "representative": who that is (bewindvoerder, gemachtigde); kept in the vault.
    #[arg(long, default_value = "")]
    surname: String,
    #[arg(long, default_value = "")]
    initials: String,
    #[arg(long, default_value = "")]
    infix: String,
    #[arg(long, default_value = "")]
    phone: String,
    #[arg(long, default_value = "")]
    email: String,
    #[command(flatten)]
    head: Head,
}

#[derive(clap::Args)]
pub struct Lift {
    /// The case.
    case: CaseId,
    /// The restriction, as `zeef persons wishes` names it.
    restriction: Uuid,
    #[command(flatten)]
    head: Head,
}

#[derive(clap::Args)]
pub struct Refuse {
    #[command(flatten)]
    of: Of,
    /// The person wants no contact either.
    #[arg(long)]
    no_contact: bool,
    #[command(flatten)]
    head: Head,
}

#[derive(clap::Args)]
pub struct Wishes {
    /// The case.
    case: CaseId,
    /// One person of it.
    #[arg(long, value_name = "ID")]
    person: Option<PersonId>,
}

/// `zeef persons wishes --json`.
#[derive(Serialize, JsonSchema)]
pub struct WishesAnswer {
    persons: Vec<WishesOf>,
}

/// What one person allows and does not want.
#[derive(Serialize, JsonSchema)]
pub struct WishesOf {
    person_id: String,
    /// Every word on a consent, oldest first.
    consents: Vec<Said>,
    restrictions: Vec<Restriction>,
    /// When help was refused: RFC 3339.
    refused_at: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Said {
    /// What it is for: a code.
    purpose: String,
    /// "asked", "given", "refused" or "withdrawn".
    word: String,
    /// "written", "spoken" or "digital".
    means: String,
    /// RFC 3339.
    happened_at: String,
    /// It is the last word on this purpose.
    holds: bool,
}

#[derive(Serialize, JsonSchema)]
struct Restriction {
    restriction_id: String,
    /// "channels", "representative", "not-at-home" or "no-contact".
    kind: String,
    /// What is not used.
    channels: Vec<String>,
    /// RFC 3339.
    since: String,
    /// RFC 3339; empty while it holds.
    until: String,
    /// Somebody represents the person: the vault has who.
    represented: bool,
}

impl From<PersonWishes> for WishesOf {
    fn from(told: PersonWishes) -> Self {
        let consents = told.consents.into_iter().map(|one| Said {
            purpose: one.purpose,
            word: one.word,
            means: one.means,
            happened_at: one.happened_at,
            holds: one.holds,
        });
        let restrictions = told.restrictions.into_iter().map(|one| Restriction {
            restriction_id: one.restriction_id,
            kind: one.kind,
            channels: one.channels,
            since: one.since,
            until: one.until,
            represented: one.represented,
        });
        Self { person_id: told.person_id, consents: consents.collect(), restrictions: restrictions.collect(), refused_at: told.refused_at }
    }
}

/// What persons allow and do not want, as a table; nothing when nobody said anything.
pub fn table(out: &mut Out, persons: &[WishesOf], none: &str) -> Result<(), Failure> {
    let rows = persons.iter().flat_map(|one| {
        let person = || desk_words::person(&one.person_id).to_owned();
        let consents = one.consents.iter().map(move |said| {
            let what = format!("toestemming voor {}", desk_words::consent_purpose(&said.purpose));
            let word = format!("{} ({})", desk_words::consent_word(&said.word), desk_words::consent_means(&said.means));
            vec![person(), what, word, words::moment(&said.happened_at), if said.holds { "ja" } else { "nee" }.to_owned(), String::new()]
        });
        let restrictions = one.restrictions.iter().map(move |held| {
            let what = format!("contactbeperking: {}", desk_words::restriction(&held.kind, &held.channels));
            let until = if held.until.is_empty() { "ja".to_owned() } else { format!("tot {}", words::moment(&held.until)) };
            vec![person(), what, String::new(), words::moment(&held.since), until, held.restriction_id.clone()]
        });
        let refused = one
            .refused_at
            .iter()
            .map(move |at| vec![person(), "wil geen hulp".to_owned(), String::new(), words::moment(at), String::new(), String::new()]);
        consents.chain(restrictions).chain(refused).collect::<Vec<_>>()
    });
    out.table(&["Persoon", "Wat", "Gezegd", "Sinds", "Geldt", "Beperking"], rows, none)
}

impl Consent {
    pub async fn run(self, reach: &Reach, out: &mut Out) -> Result<(), Failure> {
        let command = self.head.command();
        let id = command.request_id.clone();
        let asked = RecordConsentRequest {
            command: Some(command),
            case_id: self.of.case.to_string(),
            person_id: self.of.person.to_string(),
            purpose: self.purpose,
            word: self.word,
            means: self.means,
        };
        let done = reach.doors().await?.record_consent(asked).await.map_err(|status| Failure::said_of(&status, &id))?;
        print_position(out, done.into_inner().position.as_ref())
    }
}

impl Restrict {
    pub async fn run(self, reach: &Reach, out: &mut Out) -> Result<(), Failure> {
        let command = self.head.command();
        let id = command.request_id.clone();
        let representative =
            Person { initials: self.initials, infix: self.infix, surname: self.surname, phone: self.phone, email: self.email };
        let asked = RestrictContactRequest {
            command: Some(command),
            case_id: self.of.case.to_string(),
            person_id: self.of.person.to_string(),
            kind: self.kind,
            channels: self.channels,
            representative: Some(representative).filter(|one| *one != Person::default()),
        };
        let done = reach.doors().await?.restrict_contact(asked).await.map_err(|status| Failure::said_of(&status, &id))?.into_inner();
        if out.json() {
            return out.document(&serde_json::json!({ "restriction_id": done.restriction_id }));
        }
        if done.restriction_id.is_empty() {
            return out.line("deze beperking geldt al");
        }
        out.line(format!("beperking: {}", done.restriction_id))?;
        print_position(out, done.position.as_ref())
    }
}

impl Lift {
    pub async fn run(self, reach: &Reach, out: &mut Out) -> Result<(), Failure> {
        let command = self.head.command();
        let id = command.request_id.clone();
        let (case_id, restriction_id) = (self.case.to_string(), self.restriction.to_string());
        let asked = EndRestrictionRequest { command: Some(command), case_id, restriction_id };
        let done = reach.doors().await?.end_restriction(asked).await.map_err(|status| Failure::said_of(&status, &id))?;
        print_position(out, done.into_inner().position.as_ref())
    }
}

impl Refuse {
    pub async fn run(self, reach: &Reach, out: &mut Out) -> Result<(), Failure> {
        let command = self.head.command();
        let id = command.request_id.clone();
        let (case_id, person_id) = (self.of.case.to_string(), self.of.person.to_string());
        let asked = RecordRefusalRequest { command: Some(command), case_id, person_id, no_contact: self.no_contact };
        let done = reach.doors().await?.record_refusal(asked).await.map_err(|status| Failure::said_of(&status, &id))?;
        print_position(out, done.into_inner().position.as_ref())
    }
}

impl Wishes {
    pub async fn run(self, reach: &Reach, out: &mut Out) -> Result<(), Failure> {
        let person_id = self.person.map(|id| id.to_string()).unwrap_or_default();
        let asked = ListWishesRequest { case_id: self.case.to_string(), person_id, at_least: reach.at_least("intake")? };
        let told = reach.doors().await?.list_wishes(asked).await?.into_inner().persons;
        let persons: Vec<WishesOf> = told.into_iter().map(Into::into).collect();
        if out.json() {
            return out.document(&WishesAnswer { persons });
        }
        table(out, &persons, "Niemand in deze zaak gaf toestemming, een contactbeperking of een weigering door.")
    }
}
