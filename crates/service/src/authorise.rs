//! Owns what an actor may do: Cedar policies, checked against a schema at start, asked on every request.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request, RestrictedExpression, Schema,
    ValidationMode, Validator,
};
use kernel::Gemeentecode;
use lru::LruCache;
use tonic::{Code, Status};

use crate::{Actor, status};

const POLICIES: &str = include_str!("../../../policies/authorisation.cedar");
const SCHEMA: &str = include_str!("authorisation.cedarschema");

/// The file in the policies directory that replaces the built-in policies.
pub const FILE: &str = "authorisation.cedar";

/// What can be done. The names are those of the policies; a name of an RPC is not one of them, so that rules outlive RPCs.
pub mod action {
    /// Report arrears, or anything else about a report of one's own organisation (SubmitSignal(s), RecordLandlordStage,
    /// WithdrawSignal, RecordPayment by reference). The resource names the organisation.
    pub const SIGNAL_SUBMIT: &str = "signal.submit";
    /// Hear what became of a report of one's own organisation (ListFeedback). The resource names the organisation.
    pub const SIGNAL_FEEDBACK: &str = "signal.feedback";
    /// Keep and confirm forms of landlords without an account (KeepFile, KeepForm, LookAtForm, ConfirmForm), and look a receipt up by
    /// the code on its paper (LookUpReceipt).
    pub const FORM_HANDLE: &str = "form.handle";
    /// Record a payment by case (RecordPayment).
    pub const PAYMENT_RECORD: &str = "payment.record";
    /// See cases, their timeline, route and trace (FindCase, ListSignals, ListPairs, ListMergedWork, ListWishes, ExplainRoute, ListCases, GetCase, TraceCase,
    /// ListLateSupplies, GetSieve).
    pub const CASE_READ: &str = "case.read";
    /// Decisions of ours about a case (CloseCase, JudgePair, MergeCases, UnmergeCases, RectifyLetter, OverrideRoute).
    pub const CASE_DECIDE: &str = "case.decide";
    /// Read a delivery to CBS (DDAS).
    pub const DDAS_READ: &str = "ddas.read";
    /// See the versions of a municipality's routing policy and the load of its teams (ListPolicies, ListTeamLoad).
    pub const POLICY_READ: &str = "policy.read";
    /// Propose a version of it (ProposePolicy).
    pub const POLICY_PROPOSE: &str = "policy.propose";
    /// Bring a version of somebody else's into force (ApprovePolicy).
    pub const POLICY_APPROVE: &str = "policy.approve";
    /// Record that a household asks for help itself (RequestHelp).
    pub const HELP_REQUEST: &str = "help.request";
    /// Record what happened to a household, what a report did not tell, and what its persons allow and do not want (RecordDeath,
    /// SupplementSignal, RecordConsent, RestrictContact, EndRestriction, RecordRefusal).
    pub const CASE_RECORD: &str = "case.record";
    /// Tell of an eviction, and hand a household over (AnnounceEviction, HandOverHousehold): bailiffs only.
    pub const BAILIFF_TELL: &str = "bailiff.tell";
    /// Take in, read and decide about concerns (*zorgmeldingen*): every RPC of ConcernsService.
    pub const CONCERN_HANDLE: &str = "concern.handle";
    /// Take a case along to where its household moved: offer it to another municipality, answer such an offer, or within
    /// (OfferHandOver, AnswerHandOver, ListHandOvers, MoveWithin).
    pub const HAND_OVER: &str = "case.hand-over";
    /// See the worklist of contact attempts (ListWork).
    pub const OUTREACH_READ: &str = "outreach.read";
    /// Record attempts, offers, answers and talks.
    pub const OUTREACH_RECORD: &str = "outreach.record";
    /// See hearings and violations (ListHearings, ListViolations).
    pub const COURT_READ: &str = "court.read";
    /// Record a fact of a landlord, bailiff, court or resident (RecordFact).
    pub const COURT_RECORD: &str = "court.record";
    /// Decisions of ours in the legal track (AskAdministration, ResumeTrack).
    pub const COURT_DECIDE: &str = "court.decide";
    /// See duties to rehouse (ListDuties).
    pub const AFTERCARE_READ: &str = "aftercare.read";
    /// Assign and record about a duty to rehouse.
    pub const AFTERCARE_RECORD: &str = "aftercare.record";
    /// See anything about an entry on a signalling list (*signaleringslijst*); never for early-signal staff.
    pub const SIGNALLING_LIST_READ: &str = "signalling-list.read";
    /// Open and record the review of an entry on a signalling list.
    pub const SIGNALLING_LIST_RECORD: &str = "signalling-list.record";
    /// Ask the vault for a person or address, for a purpose (OpenHousehold, OpenPerson, OpenPair,
    /// OpenEvidence).
    pub const PERSON_READ: &str = "person.read";
    /// Put a person or address in the vault ahead of a fact (KeepAddress).
    pub const PERSON_WRITE: &str = "person.write";
    /// Erase a person from the vault.
    pub const PERSON_ERASE: &str = "person.erase";
    /// Record, extend and decide what people ask by their rights, and put a person right (RequestRight, ExtendRight, DecideRight, Rectify,
    /// ListRights).
    pub const RIGHTS_HANDLE: &str = "rights.handle";
    /// Verify the journal.
    pub const JOURNAL_VERIFY: &str = "journal.verify";
    /// Retry what was parked, reconcile what was lost.
    pub const JOURNAL_REPAIR: &str = "journal.repair";
    /// See the clock.
    pub const CLOCK_READ: &str = "clock.read";
    /// Move a settable clock on.
    pub const CLOCK_ADVANCE: &str = "clock.advance";
}

/// What is acted upon.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    context: &'static str,
    gemeente: Option<Gemeentecode>,
    organisation: Option<String>,
}

impl Resource {
    /// Something of this context, of no municipality: a list that is filtered afterwards by [`Actor::sees`], or the process.
    pub const fn of(context: &'static str) -> Self {
        Self { context, gemeente: None, organisation: None }
    }

    /// Something of this municipality: the one in charge, not the one in the key.
    #[must_use]
    pub const fn gemeente(mut self, gemeente: Gemeentecode) -> Self {
        self.gemeente = Some(gemeente);
        self
    }

    /// Something reported by this organisation.
    #[must_use]
    pub fn organisation(mut self, organisation: impl Into<String>) -> Self {
        self.organisation = Some(organisation.into());
        self
    }
}

/// Policies that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file is there and cannot be read.
    #[error("cannot read the policies {file}")]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not Cedar, or a role, action or attribute that does not exist.
    #[error("policies {file}, {fault}")]
    Wrong {
        /// Which file; `built-in` for ours.
        file: PathBuf,
        /// Line and what is wrong.
        fault: String,
    },
}

/// The policies, ready to be asked.
pub struct Authoriser {
    authorizer: Authorizer,
    policies: PolicySet,
    schema: Schema,
    types: Types,
    /// What was allowed: the policies do not change while a process runs, and they look at nothing but these three.
    allowed: Mutex<LruCache<(Actor, &'static str, Resource), ()>>,
}

/// Answers that are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4_095);

struct Types {
    actor: EntityTypeName,
    role: EntityTypeName,
    action: EntityTypeName,
    resource: EntityTypeName,
}

impl Authoriser {
    /// The policies that come with this binary.
    ///
    /// # Errors
    /// [`PolicyError`]; a test holds that there is none.
    pub fn built_in() -> Result<Self, PolicyError> {
        Self::parse(Path::new("built-in"), POLICIES)
    }

    /// The policies of `dir`, or the built-in ones when it has no [`FILE`].
    ///
    /// # Errors
    /// [`PolicyError`] with file and line.
    pub fn from_dir(dir: &Path) -> Result<Self, PolicyError> {
        let file = dir.join(FILE);
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&file, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::built_in(),
            Err(source) => Err(PolicyError::Unreadable { file, source }),
        }
    }

    fn parse(file: &Path, text: &str) -> Result<Self, PolicyError> {
        let wrong = |fault: String| PolicyError::Wrong { file: file.to_owned(), fault };
        let policies: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| {
            wrong(errors.iter().map(|error| located(text, error)).collect::<Vec<_>>().join("; "))
        })?;
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| wrong(error.to_string()))?;
        let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if !result.validation_passed() {
            return Err(wrong(result.validation_errors().map(|error| located(text, error)).collect::<Vec<_>>().join("; ")));
        }
        let name = |text: &str| text.parse::<EntityTypeName>().map_err(|error| wrong(error.to_string()));
        let types = Types { actor: name("Actor")?, role: name("Role")?, action: name("Action")?, resource: name("Resource")? };
        let allowed = Mutex::new(LruCache::new(REMEMBERED));
        Ok(Self { authorizer: Authorizer::new(), policies, schema, types, allowed })
    }

    /// May the actor do this?
    ///
    /// # Errors
    /// PERMISSION_DENIED with the rule's own words, or with the roles the actor has.
    pub fn check(&self, actor: &Actor, action: &'static str, resource: &Resource) -> Result<(), Status> {
        let question = (actor.clone(), action, resource.clone());
        if self.allowed.lock().unwrap_or_else(PoisonError::into_inner).get(&question).is_some() {
            return Ok(());
        }
        let response = self.ask(actor, action, resource)?;
        if response.decision() == Decision::Allow {
            self.allowed.lock().unwrap_or_else(PoisonError::into_inner).put(question, ());
            return Ok(());
        }
        for error in response.diagnostics().errors() {
            tracing::error!(cause = %status::Chain(error), action, "a policy could not be evaluated");
        }
        let said = response.diagnostics().reason().find_map(|id| self.policies.annotation(id, "says"));
        let text = said.map_or_else(
            || {
                let roles = actor.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
                let roles = if roles.is_empty() { "no role" } else { &roles };
                format!("not allowed: {action} with {roles}")
            },
            |said| format!("not allowed: {said}"),
        );
        Err(status::coded(Code::PermissionDenied, "not-authorised", text))
    }

    fn ask(&self, actor: &Actor, action: &str, resource: &Resource) -> Result<cedar_policy::Response, Status> {
        let uid = |kind: &EntityTypeName, id: &str| EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id));
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());

        let principal = uid(&self.types.actor, &actor.id);
        let gemeenten = RestrictedExpression::new_set(actor.gemeenten.iter().map(|code| text(code.as_str())));
        let attributes = HashMap::from([("organisation".to_owned(), text(&actor.organisation)), ("gemeenten".to_owned(), gemeenten)]);
        let roles: HashSet<_> = actor.roles.iter().map(|role| uid(&self.types.role, role.name())).collect();
        let who = Entity::new(principal.clone(), attributes, roles).map_err(|error| status::internal(&error))?;

        let target = uid(&self.types.resource, resource.context);
        let mut attributes = HashMap::from([("context".to_owned(), text(resource.context))]);
        attributes.extend(resource.gemeente.map(|code| ("gemeente".to_owned(), text(code.as_str()))));
        attributes.extend(resource.organisation.as_deref().map(|code| ("organisation".to_owned(), text(code))));
        let what = Entity::new(target.clone(), attributes, HashSet::new()).map_err(|error| status::internal(&error))?;

        let entities = Entities::from_entities([who, what], None).map_err(|error| status::internal(&error))?;
        let request = Request::new(principal, uid(&self.types.action, action), target, Context::empty(), Some(&self.schema))
            .map_err(|error| status::internal(&error))?;
        Ok(self.authorizer.is_authorized(&request, &self.policies, &entities))
    }
}

/// The line a Cedar error is about, and its own words.
fn located(text: &str, error: &(impl miette::Diagnostic + std::fmt::Display)) -> String {
    let at = error.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
    match at.and_then(|at| text.get(..at)) {
        Some(before) => format!("line {}: {error}", before.matches('\n').count() + 1),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role::{self, *};

    fn gemeente(code: &str) -> Gemeentecode {
        code.parse().unwrap()
    }

    const ACTIONS: [&str; 32] = [
        action::SIGNAL_SUBMIT,
        action::FORM_HANDLE,
        action::SIGNAL_FEEDBACK,
        action::PAYMENT_RECORD,
        action::CASE_READ,
        action::CASE_DECIDE,
        action::DDAS_READ,
        action::POLICY_READ,
        action::POLICY_PROPOSE,
        action::POLICY_APPROVE,
        action::HELP_REQUEST,
        action::CASE_RECORD,
        action::BAILIFF_TELL,
        action::CONCERN_HANDLE,
        action::HAND_OVER,
        action::OUTREACH_READ,
        action::OUTREACH_RECORD,
        action::COURT_READ,
        action::COURT_RECORD,
        action::COURT_DECIDE,
        action::AFTERCARE_READ,
        action::AFTERCARE_RECORD,
        action::SIGNALLING_LIST_READ,
        action::SIGNALLING_LIST_RECORD,
        action::PERSON_READ,
        action::PERSON_WRITE,
        action::PERSON_ERASE,
        action::RIGHTS_HANDLE,
        action::JOURNAL_VERIFY,
        action::JOURNAL_REPAIR,
        action::CLOCK_READ,
        action::CLOCK_ADVANCE,
    ];

    /// Which roles may do which action, on something of their own organisation and municipality: one letter per role; roles at the
    /// end that may not are left out.
    const TABLE: [(&str, &str); 32] = [
        ("signal.submit", "LD......S"),
        ("form.handle", "........SW"),
        ("signal.feedback", "L.......S"),
        ("payment.record", ".D.C....S"),
        ("case.read", ".DVCAPBOS"),
        ("case.decide", ".D......S"),
        ("ddas.read", ".D......S"),
        ("policy.read", ".DVCAPBOS"),
        ("policy.propose", "......B.S"),
        ("policy.approve", "......B.S"),
        ("help.request", ".DVC....S"),
        ("case.record", ".DVC....S"),
        ("bailiff.tell", "........S.G"),
        ("concern.handle", ".D......S"),
        ("case.hand-over", ".D......S"),
        ("outreach.read", ".DVC....S"),
        ("outreach.record", ".DV.....S"),
        ("court.read", ".D.CA...S"),
        ("court.record", "...C....S"),
        ("court.decide", "...C....S"),
        ("aftercare.read", "....AP..S"),
        ("aftercare.record", "....A...S"),
        ("signalling-list.read", "....AP..S"),
        ("signalling-list.record", "....A...S"),
        ("person.read", ".DVCAP..S"),
        ("person.write", ".D.C....S"),
        ("person.erase", ".....P..S"),
        ("rights.handle", ".....P..S"),
        ("journal.verify", ".....P.OS"),
        ("journal.repair", ".......OS"),
        ("clock.read", "LDVCAPBOSWG"),
        ("clock.advance", ".......OS"),
    ];

    #[test]
    fn every_role_may_do_what_the_table_says_and_nothing_else() {
        let rules = Authoriser::built_in().unwrap();
        assert_eq!(TABLE.map(|(name, _)| name), ACTIONS);
        let home = gemeente("0363");
        let resource = Resource::of("intake").gemeente(home).organisation("woonveste");
        for (action, may) in ACTIONS.into_iter().zip(TABLE.map(|(_, may)| may)) {
            for (role, letter) in Role::ALL.into_iter().zip(may.chars().chain(std::iter::repeat('.'))) {
                let actor = Actor::person("p-1", "woonveste", &[role], &[home]);
                let answer = rules.check(&actor, action, &resource);
                assert_eq!(answer.is_ok(), letter != '.', "{role} {action}: {answer:?}");
                if let Err(status) = answer {
                    assert_eq!(status.code(), Code::PermissionDenied);
                }
            }
        }
    }

    #[test]
    fn municipalities_never_see_each_other() {
        let rules = Authoriser::built_in().unwrap();
        let theirs = Resource::of("desk").gemeente(gemeente("0599"));
        for role in [Desk, Visitor, CourtLiaison, Aftercare, PrivacyOfficer] {
            for of in [&[][..], &[gemeente("0363")]] {
                let status = rules.check(&Actor::person("p-1", "0363", &[role], of), action::CASE_READ, &theirs).unwrap_err();
                assert!(status.message().contains("municipality"), "{status:?}");
            }
        }
        rules.check(&Actor::person("p-1", "zeef", &[Operator], &[]), action::CASE_READ, &theirs).unwrap();
        rules.check(&Actor::service("routing"), action::CASE_READ, &theirs).unwrap();
    }

    #[test]
    fn a_landlord_reports_for_itself_only() {
        let rules = Authoriser::built_in().unwrap();
        let home = gemeente("0363");
        let landlord = Actor::person("l-1", "woonveste", &[Landlord], &[home]);
        let of = |organisation: &str| Resource::of("intake").gemeente(home).organisation(organisation);
        rules.check(&landlord, action::SIGNAL_SUBMIT, &of("woonveste")).unwrap();
        rules.check(&landlord, action::SIGNAL_SUBMIT, &of("another")).unwrap_err();
        rules.check(&landlord, action::SIGNAL_FEEDBACK, &of("another")).unwrap_err();
        rules.check(&landlord, action::SIGNAL_SUBMIT, &Resource::of("intake").gemeente(home)).unwrap_err();
    }

    #[test]
    fn a_second_role_does_not_open_the_signalling_list() {
        let rules = Authoriser::built_in().unwrap();
        let home = gemeente("0363");
        let both = Actor::person("p-1", "0363", &[Aftercare, Desk], &[home]);
        let entry = Resource::of("aftercare").gemeente(home);
        for list in [action::SIGNALLING_LIST_READ, action::SIGNALLING_LIST_RECORD] {
            let status = rules.check(&both, list, &entry).unwrap_err();
            assert!(status.message().contains("early-signal staff"), "{status:?}");
        }
        rules.check(&both, action::AFTERCARE_RECORD, &entry).unwrap();
    }

    #[test]
    fn somebody_without_a_role_is_told_so() {
        let rules = Authoriser::built_in().unwrap();
        let status = rules.check(&Actor::person("p-1", "x", &[], &[]), action::CASE_READ, &Resource::of("desk")).unwrap_err();
        assert_eq!(status.message(), "not allowed: case.read with no role");
    }

    #[test]
    fn wrong_policies_are_refused_with_their_line() {
        let dir = tempfile::tempdir().unwrap();
        Authoriser::from_dir(dir.path()).unwrap();
        for (text, line, wrong) in [
            ("\n\npermit (principal, action", "line 3", ""),
            ("permit (principal,\n action == Action::\"case.raed\", resource);", "line 2", "case.raed"),
            ("permit (principal in Role::\"dessk\",\n action, resource);", "line 1", "dessk"),
        ] {
            fs::write(dir.path().join(FILE), text).unwrap();
            let Err(error) = Authoriser::from_dir(dir.path()) else { panic!("accepted: {text}") };
            let said = error.to_string();
            assert!(said.contains(line) && said.contains(wrong) && said.contains(FILE), "{said}");
        }
    }
}
