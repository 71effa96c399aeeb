//! A small intake service and the people who call it.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::SignedDuration;
use journal::{Journal, Keyed, Silent, embedded::Embedded, testing::lagging::Lagging};
use kernel::{Gemeentecode, Key};
use proto::{
    common::v1 as common,
    intake::v1::{
        self as pb, concerns_service_client::ConcernsServiceClient, doors_service_client::DoorsServiceClient,
        form_service_client::FormServiceClient, intake_service_client::IntakeServiceClient, rights_service_client::RightsServiceClient,
    },
};
use service::{Actor, Authoriser, Client, Gate, Issuer, Lifecycle, ProcessClock, Role, Room, Server, connect};

use intake::views::Whereabouts;

pub type Intake = IntakeServiceClient<Client>;

/// A running service.
pub struct House {
    pub journal: Arc<Embedded>,
    pub room: Room<Whereabouts>,
    pub life: Lifecycle,
    pub clock: ProcessClock,
    address: String,
    issuer: Issuer,
}

impl House {
    pub async fn open(dir: &Path) -> Self {
        Self::behind(dir, Lagging::behind).await
    }

    /// With a view that is behind in another way than usual.
    pub async fn behind(dir: &Path, lagging: impl FnOnce(Arc<Embedded>) -> Arc<Lagging<Embedded>>) -> Self {
        let journal = Embedded::open(dir.join("journal")).unwrap();
        Self::over(dir, journal, lagging).await
    }

    /// Another replica over the same journal, with a view that is behind by so much.
    pub async fn replica(&self, dir: &Path, lag: Duration) -> Self {
        Self::over(dir, self.journal.clone(), |journal| Lagging::by(lag, journal)).await
    }

    async fn over(dir: &Path, journal: Arc<Embedded>, lagging: impl FnOnce(Arc<Embedded>) -> Arc<Lagging<Embedded>>) -> Self {
        let issuer = Issuer::create_or_load(&dir.join("identity.pem")).unwrap();
        let gate = Gate::new(issuer.identity(), Authoriser::built_in().unwrap());
        let clock = ProcessClock::new(Some("2026-03-02T09:15:00Z".parse().unwrap()));
        let life = Lifecycle::new();
        let mut server = Server::new(&gate, &clock).unwrap();
        let common = service::Parts {
            journal: lagging(journal.clone()),
            clock: clock.shared(),
            observer: Arc::new(Silent),
            gate: gate.clone(),
            data: dir.join("data"),
            policies: dir.join("policies"),
            life: life.clone(),
            readiness: server.readiness(),
            parking: service::Parking::default(),
        };
        let keyed: Arc<dyn Keyed> = journal.clone();
        let parts = intake::Parts {
            common,
            keyed,
            vault_key: dir.join("vault.key"),
            create_vault_key: true,
            receipt_keys: dir.join("receipt.keys"),
            create_receipt_keys: true,
        };
        let started = intake::start(parts).await.unwrap();
        server.add(started.service);
        server.add(started.bailiff);
        server.add(started.concerns);
        server.add(started.doors);
        server.add(started.rights);
        server.add(started.forms);
        let bound = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = bound.address().to_string();
        let serving = life.clone();
        tokio::spawn(async move { bound.serve(&serving, Duration::from_secs(5)).await });
        Self { journal, room: started.room, life, clock, address, issuer }
    }

    /// Ends the service and lets go of its store.
    pub async fn close(self) {
        self.life.stop();
        self.life.tasks().close();
        self.life.pulls().cancel();
        self.life.tasks().wait().await;
        let Self { journal, room, .. } = self;
        drop(room);
        let mut journal = Some(journal);
        until("everybody lets go of the store", || {
            if Arc::strong_count(journal.as_ref().unwrap()) == 1 {
                journal = None;
            }
            std::future::ready(journal.is_none().then_some(()))
        })
        .await;
    }

    async fn client(&self, actor: &Actor) -> Intake {
        let token = self.issuer.token(actor, SignedDuration::from_hours(1)).unwrap();
        IntakeServiceClient::new(connect(&self.address, Some(&token)).await.unwrap())
    }

    /// A landlord or other partner that reports for all three municipalities.
    pub async fn partner(&self, organisation: &str) -> Intake {
        let gemeenten = ["9001", "9002", "9003"].map(|code| code.parse().unwrap());
        self.client(&Actor::person("klant-1", organisation, &[Role::Landlord], &gemeenten)).await
    }

    /// Early-signal staff of a municipality.
    pub async fn staff(&self, gemeente: &str) -> Intake {
        self.client(&Actor::person("medewerker-7", "gemeente", &[Role::Desk], &[gemeente.parse().unwrap()])).await
    }

    /// Concerns, as early-signal staff of a municipality.
    pub async fn concerns(&self, gemeente: &str) -> ConcernsServiceClient<Client> {
        let actor = Actor::person("medewerker-7", "gemeente", &[Role::Desk], &[gemeente.parse().unwrap()]);
        let token = self.issuer.token(&actor, SignedDuration::from_hours(1)).unwrap();
        ConcernsServiceClient::new(connect(&self.address, Some(&token)).await.unwrap())
    }

    /// The doors other than a creditor's, as early-signal staff of a municipality.
    pub async fn doors(&self, gemeente: &str) -> DoorsServiceClient<Client> {
        let actor = Actor::person("medewerker-7", "gemeente", &[Role::Desk], &[gemeente.parse().unwrap()]);
        let token = self.issuer.token(&actor, SignedDuration::from_hours(1)).unwrap();
        DoorsServiceClient::new(connect(&self.address, Some(&token)).await.unwrap())
    }

    /// The form's door, as the public pages.
    pub async fn forms(&self) -> FormServiceClient<Client> {
        let token = self.issuer.token(&Actor::person("web-form", "zeef", &[Role::WebForm], &[]), SignedDuration::from_hours(1)).unwrap();
        FormServiceClient::new(connect(&self.address, Some(&token)).await.unwrap())
    }

    /// Rights, as the privacy officer of a municipality.
    pub async fn officer(&self, gemeente: &str) -> RightsServiceClient<Client> {
        self.rights(&Actor::person("fg-1", "gemeente", &[Role::PrivacyOfficer], &[gemeente.parse().unwrap()])).await
    }

    /// Rights, as whoever keeps it running.
    pub async fn operator(&self) -> RightsServiceClient<Client> {
        self.rights(&Actor::person("beheer-1", "regio", &[Role::Operator], &[])).await
    }

    async fn rights(&self, actor: &Actor) -> RightsServiceClient<Client> {
        let token = self.issuer.token(actor, SignedDuration::from_hours(1)).unwrap();
        RightsServiceClient::new(connect(&self.address, Some(&token)).await.unwrap())
    }

    /// The case of a partner's reference, as staff of 9001 finds it.
    pub async fn case_of(&self, organisation: &str, reference: &str) -> pb::FindCaseResponse {
        let request = pb::FindCaseRequest { organisation: organisation.into(), reference: reference.into(), ..Default::default() };
        self.staff("9001").await.find_case(request).await.unwrap().into_inner()
    }

    /// The state of an address file.
    pub async fn state(&self, file_key: &str) -> intake_domain::AddressFile {
        self.room.runtime.state(file_key.parse().unwrap()).await.unwrap().unwrap()
    }

    /// Appends a commit of another context that concerns an address file, as its service would.
    pub async fn told(
        &self,
        context: &str,
        case: &str,
        file_key: &str,
        previous_for: Option<journal::Link>,
        events: &[journal::Encoded],
    ) -> journal::Link {
        use journal::commit::{Concern, Envelope};
        let file: Key = file_key.parse().unwrap();
        let subject = journal::Subject::new(context, Key::new(file.gemeente, case.parse().unwrap()));
        let now = self.room.runtime.now();
        let last = self.journal.last(&subject).await.unwrap();
        let expected = last.as_ref().map_or(0, |record| record.sequence);
        let envelope = Envelope {
            commit_id: kernel::ids::new_uuid(now),
            request_id: kernel::ids::new_uuid(now),
            actor: "medewerker-8".into(),
            cause: None,
            hops: 0,
            happened_at: now,
            recorded_at: now,
            types: Vec::new(),
            previous: last.map(|record| journal::Commit::read(&record).unwrap().link()),
            concerns: vec![Concern { subject: journal::Subject::new("intake", file), previous_for }],
            taken_in: Vec::new(),
            trace: None,
        };
        let (payload, hash) = envelope.encode(&subject, events);
        let journal::Appended::At(sequence) = self.journal.append(&subject, expected, payload).await else { panic!("not appended") };
        journal::Link { sequence, hash }
    }
}

/// Waits until a question has an answer, ten seconds at most.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asked).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

pub fn command() -> Option<common::Command> {
    let request_id = kernel::ids::new_uuid(jiff::Timestamp::now()).to_string();
    Some(common::Command { request_id, happened_at: String::new() })
}

/// An address in the sample region; nobody lives there.
pub fn door(number: u32) -> Option<pb::Address> {
    Some(pb::Address {
        street: "Lisdoddestraat".into(),
        house_number: number.to_string(),
        postcode: "3509 XA".into(),
        place: "Waterveen".into(),
        ..Default::default()
    })
}

/// A right report about the household at a number.
pub fn signal(reference: &str, number: u32) -> pb::Signal {
    let met = Some(pb::Duty { shown: pb::Shown::Met.into(), on: None });
    pb::Signal {
        reference: reference.into(),
        kind: pb::PartnerKind::Rent.into(),
        gemeentecode: "9001".into(),
        amount_cents: 84_000,
        signal_date: Some(common::Date { iso: "2026-03-02".into() }),
        address: door(number),
        person: Some(pb::Person { initials: "V.".into(), surname: format!("Verzonnen-{number}"), ..Default::default() }),
        personal_contact: met.clone(),
        pointed_to_help: met.clone(),
        written_reminder: met.clone(),
        offered_to_report: met,
        ..Default::default()
    }
}

/// Sends rows, numbered from 1.
pub async fn submit(client: &mut Intake, signals: Vec<pb::Signal>) -> Vec<pb::Verdict> {
    let rows: Vec<_> = signals
        .into_iter()
        .zip(1..)
        .map(|(signal, row)| pb::SubmitSignalsRequest { row, signal: Some(signal), happened_at: String::new(), ..Default::default() })
        .collect();
    client.submit_signals(tokio_stream::iter(rows)).await.unwrap().into_inner().verdicts
}

fn faults(faults: &[pb::Fault]) -> String {
    faults.iter().map(|fault| format!("{}:{}", fault.field, fault.code)).collect::<Vec<_>>().join(" ")
}

/// A verdict in a word: "accepted", "repeated" or the codes of its faults.
pub fn word(verdict: &pb::Verdict) -> String {
    match verdict.outcome.as_ref().unwrap() {
        pb::verdict::Outcome::Accepted(_) => "accepted".into(),
        pb::verdict::Outcome::Repeated(_) => "repeated".into(),
        pb::verdict::Outcome::Returned(returned) => faults(&returned.faults),
        pb::verdict::Outcome::Blocked(_) => "blocked".into(),
        pb::verdict::Outcome::Refused(refused) => faults(&refused.faults),
    }
}

/// The receipt in a verdict.
pub fn receipt(verdict: &pb::Verdict) -> pb::Receipt {
    match verdict.outcome.clone().unwrap() {
        pb::verdict::Outcome::Accepted(receipt) | pb::verdict::Outcome::Repeated(receipt) => receipt,
        other => panic!("no receipt: {other:?}"),
    }
}

pub fn gemeente(code: &str) -> Gemeentecode {
    code.parse().unwrap()
}
