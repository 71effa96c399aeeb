//! A house of real processes: everything in one, or five services and the desk on a nats-server.

use std::{
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process::{Command, Output},
    sync::Mutex,
    time::{Duration, Instant},
};

use intake::receipt::keys::ReceiptKeys;
use jiff::{SignedDuration, Timestamp};
use kernel::{Gemeentecode, days::amsterdam_date};
use proto::{
    aftercare::v1::aftercare_service_client::AftercareServiceClient,
    court_liaison::v1::court_liaison_service_client::CourtLiaisonServiceClient,
    desk::v1::{Case, GetCaseRequest, cases_service_client::CasesServiceClient},
    intake::v1::{
        FindCaseRequest, FindCaseResponse, Receipt, Signal, SubmitSignalRequest, intake_service_client::IntakeServiceClient,
        verdict::Outcome,
    },
    outreach::v1::outreach_service_client::OutreachServiceClient,
    routing::v1::routing_service_client::RoutingServiceClient,
    service::v1::{AdvanceClockRequest, clock_service_client::ClockServiceClient},
};
use service::{Actor, Client, Issuer, Role, connect};
use tempfile::TempDir;

use super::{
    process::{self, Process, free_port},
    region, until,
};

/// The six that are served, in the order they are started.
pub const SERVICES: [&str; 6] = ["intake", "routing", "outreach", "court-liaison", "aftercare", "desk"];

/// How long a stop may take: draining, and the last words to journal and collector.
pub const GRACE: Duration = Duration::from_secs(30);

/// The municipalities of the fictional region.
pub const REGION: [&str; 3] = ["9001", "9002", "9003"];

/// How a house is built.
#[derive(Default)]
pub struct Plan {
    clock: Option<Timestamp>,
    nats: Option<String>,
    nats_replicas: Option<usize>,
    twice: Vec<&'static str>,
    env: Vec<(String, String)>,
    args: Vec<String>,
}

impl Plan {
    /// Starts the clock at an instant, for every process; it can be moved on.
    pub fn clock(mut self, start: &str) -> Self {
        self.clock = Some(start.parse().unwrap());
        self
    }

    /// Five services and the desk, each in a process of its own, on this nats-server; without it everything in one.
    pub fn nats(mut self, url: impl Into<String>) -> Self {
        self.nats = Some(url.into());
        self
    }

    /// Copies of each stream, on a cluster.
    pub fn nats_replicas(mut self, replicas: usize) -> Self {
        self.nats_replicas = Some(replicas);
        self
    }

    /// A second replica of this service, called for example `outreach-2`.
    pub fn twice(mut self, service: &'static str) -> Self {
        self.twice.push(service);
        self
    }

    /// A variable in the environment of every process.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// An option of every process.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Starts every process, and waits until all are ready.
    pub async fn start(self) -> House {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("identity.pem");
        let issuer = Issuer::create_or_load(&key).unwrap();
        vault_key(&dir.path().join("vault.key"));
        let gemeenten = ["9001", "9002", "9003"].map(|code| code.parse().unwrap());
        ReceiptKeys::open(&dir.path().join("receipt.keys"), true, gemeenten).unwrap();

        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
        let named = |path: &Path| path.to_str().unwrap().to_owned();
        let mut common = vec!["--identity-key".to_owned(), named(&key), "--policies".to_owned(), named(&policies)];
        common.extend(self.args);
        let (vault, receipts) = (named(&dir.path().join("vault.key")), named(&dir.path().join("receipt.keys")));
        let vault = ["--vault-key".to_owned(), vault, "--receipt-keys".to_owned(), receipts];
        let page = free_port();
        let page_args = ["--page".to_owned(), format!("127.0.0.1:{page}")];

        let mut processes: Vec<Process> = Vec::new();
        if let Some(nats) = &self.nats {
            let replicas = self.nats_replicas.unwrap_or(1).to_string();
            let names = SERVICES.into_iter().flat_map(|service| {
                let second = self.twice.contains(&service).then(|| format!("{service}-2"));
                std::iter::once((service, service.to_owned())).chain(second.map(|name| (service, name)))
            });
            for (service, name) in names {
                let mut args = vec!["serve".to_owned(), service.to_owned(), "--nats".to_owned(), nats.clone()];
                args.extend(["--nats-replicas".to_owned(), replicas.clone()]);
                args.extend(common.clone());
                match name.as_str() {
                    "intake" | "intake-2" => args.extend(vault.clone()),
                    "desk" => {
                        args.extend(page_args.clone());
                        args.extend(processes.first().map(Process::url).into_iter().flat_map(|intake| ["--intake-url".to_owned(), intake]));
                    }
                    _ => {}
                }
                processes.push(Process::new(dir.path(), &name, args, &self.env));
            }
        } else {
            let mut args = vec!["up".to_owned()];
            args.extend(common);
            args.extend(vault);
            args.extend(page_args);
            processes.push(Process::new(dir.path(), "zeef", args, &self.env));
        }

        let clock = self.clock.map(|start| Mutex::new((start, Instant::now())));
        // Fields go in this order: processes end before their files go.
        let house = House { processes, issuer, clock, page, dir };
        for process in &house.processes {
            process.spawn(&house.at_start());
        }
        for process in &house.processes {
            process.ready().await;
        }
        // As in any region, two officers have brought its policies into force before the first report.
        let region = zeef::player::Region::sample().unwrap();
        let endpoints = zeef::player::Endpoints::all_at(&house.process("routing").url());
        zeef::player::officers::bring_into_force(&endpoints, &house.issuer, &region, amsterdam_date(house.now())).await.unwrap();
        house
    }
}

/// A running house. Its processes are killed when it goes out of scope.
pub struct House {
    pub processes: Vec<Process>,
    pub issuer: Issuer,
    clock: Option<Mutex<(Timestamp, Instant)>>,
    /// Port of the desk's page.
    pub page: u16,
    pub dir: TempDir,
}

impl House {
    /// `zeef up`: one process, embedded journal.
    pub async fn embedded(clock: &str) -> Self {
        Plan::default().clock(clock).start().await
    }

    /// Six processes of `zeef serve`.
    pub async fn five(nats: &super::nats::NatsServer, clock: &str) -> Self {
        Plan::default().clock(clock).nats(nats.url()).start().await
    }

    /// Options that differ from start to start: a process that comes back gets the time of the others.
    fn at_start(&self) -> Vec<String> {
        if self.clock.is_some() { vec!["--clock".to_owned(), self.now().to_string()] } else { Vec::new() }
    }

    /// What the house's clock shows.
    pub fn now(&self) -> Timestamp {
        self.clock.as_ref().map_or_else(Timestamp::now, |clock| {
            let (start, since) = *clock.lock().unwrap();
            start + SignedDuration::try_from(since.elapsed()).unwrap()
        })
    }

    /// Moves the clock of every running process on.
    pub async fn advance(&self, by: SignedDuration) {
        self.clock.as_ref().unwrap().lock().unwrap().0 += by;
        let to = self.now().to_string();
        for process in self.processes.iter().filter(|process| process.is_running()) {
            let client = self.client_of(process, &self.actor(&[Role::Operator])).await;
            ClockServiceClient::new(client).advance_clock(AdvanceClockRequest { to: to.clone() }).await.unwrap();
        }
    }

    /// The process that serves a service, also when it serves all. `outreach-2` is the second replica.
    pub fn process(&self, name: &str) -> &Process {
        let found = self.processes.iter().find(|process| process.name == name);
        found.or_else(|| self.processes.iter().find(|process| process.name == "zeef")).unwrap_or_else(|| panic!("no process {name}"))
    }

    /// SIGKILL.
    pub fn kill9(&self, name: &str) {
        self.process(name).kill9();
    }

    /// Starts a process again that was killed or stopped, and waits until it is ready.
    pub async fn restart(&self, name: &str) {
        self.restart_with(name, &[]).await;
    }

    /// As [`Self::restart`], with options that it did not have before.
    pub async fn restart_with(&self, name: &str, more: &[String]) {
        let process = self.process(name);
        process.spawn(&[self.at_start(), more.to_vec()].concat());
        process.ready().await;
    }

    /// SIGTERM to all; every one must end well, within its grace.
    pub async fn stop(&self) {
        let running: Vec<_> = self.processes.iter().filter(|process| process.is_running()).collect();
        running.iter().for_each(|process| process.terminate());
        for process in running {
            let (status, took) = process.end().await;
            assert!(status.success(), "{} ended with {status}; it said:\n{}", process.name, process.said());
            assert!(took < GRACE, "{} took {took:?} to end", process.name);
        }
    }

    /// Everything every process said.
    pub fn said(&self) -> String {
        self.processes.iter().map(Process::said).collect()
    }

    /// Nobody panicked.
    pub fn nobody_panicked(&self) {
        for process in &self.processes {
            let said = process.said();
            assert!(!said.contains("panicked at"), "{} panicked:\n{said}", process.name);
        }
    }

    /// Somebody at work in the whole region.
    pub fn actor(&self, roles: &[Role]) -> Actor {
        let gemeenten: Vec<Gemeentecode> = REGION.iter().map(|code| code.parse().unwrap()).collect();
        Actor::person("p-1", "gemeente", roles, &gemeenten)
    }

    /// A reporting partner.
    pub fn partner(organisation: &str) -> Actor {
        let gemeenten: Vec<Gemeentecode> = REGION.iter().map(|code| code.parse().unwrap()).collect();
        Actor::person("partner-1", organisation, &[Role::Landlord], &gemeenten)
    }

    /// A token for an actor.
    pub fn token(&self, actor: &Actor) -> String {
        self.issuer.token(actor, SignedDuration::from_hours(1)).unwrap()
    }

    async fn client_of(&self, process: &Process, actor: &Actor) -> Client {
        connect(&process.url(), Some(&self.token(actor))).await.unwrap_or_else(|error| panic!("{error}; it said:\n{}", process.said()))
    }

    /// A connection to the process that serves this, as this actor.
    pub async fn client(&self, name: &str, actor: &Actor) -> Client {
        self.client_of(self.process(name), actor).await
    }

    /// Intake, as a reporting partner.
    pub async fn intake_of(&self, organisation: &str) -> IntakeServiceClient<Client> {
        IntakeServiceClient::new(self.client("intake", &Self::partner(organisation)).await)
    }
    /// Intake, as the early-signal desk.
    pub async fn intake(&self) -> IntakeServiceClient<Client> {
        IntakeServiceClient::new(self.client("intake", &self.actor(&[Role::Desk])).await)
    }
    pub async fn routing(&self) -> RoutingServiceClient<Client> {
        RoutingServiceClient::new(self.client("routing", &self.actor(&[Role::Desk])).await)
    }
    pub async fn outreach(&self) -> OutreachServiceClient<Client> {
        OutreachServiceClient::new(self.client("outreach", &self.actor(&[Role::Desk])).await)
    }
    pub async fn court(&self) -> CourtLiaisonServiceClient<Client> {
        CourtLiaisonServiceClient::new(self.client("court-liaison", &self.actor(&[Role::CourtLiaison])).await)
    }
    pub async fn aftercare(&self) -> AftercareServiceClient<Client> {
        AftercareServiceClient::new(self.client("aftercare", &self.actor(&[Role::Aftercare])).await)
    }
    pub async fn desk(&self) -> CasesServiceClient<Client> {
        CasesServiceClient::new(self.client("desk", &self.actor(&[Role::Desk])).await)
    }

    /// Reports one signal, which must be accepted; the receipt.
    pub async fn report(&self, organisation: &str, signal: Signal) -> Receipt {
        let request = SubmitSignalRequest { command: region::now(), signal: Some(signal), ..Default::default() };
        let answer = self.intake_of(organisation).await.submit_signal(request).await.unwrap().into_inner();
        match answer.verdict.and_then(|verdict| verdict.outcome) {
            Some(Outcome::Accepted(receipt)) => receipt,
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// The case of a partner's reference, as soon as intake shows it.
    pub async fn case_of(&self, organisation: &str, reference: &str) -> FindCaseResponse {
        let intake = self.intake().await;
        until(&format!("a case of {organisation} {reference}"), || {
            let request =
                FindCaseRequest { organisation: organisation.to_owned(), reference: reference.to_owned(), ..FindCaseRequest::default() };
            let mut intake = intake.clone();
            async move { intake.find_case(request).await.map(tonic::Response::into_inner).map_err(|status| status.to_string()) }
        })
        .await
    }

    /// A case at the desk, as soon as it looks as it should.
    pub async fn case(&self, id: &str, what: &str, as_it_should: impl Fn(&Case) -> bool) -> Case {
        let desk = self.desk().await;
        until(&format!("case {id}: {what}"), || {
            let request = GetCaseRequest { case_id: id.to_owned(), at_least: Vec::new() };
            let (mut desk, as_it_should) = (desk.clone(), &as_it_should);
            async move {
                let case = desk.get_case(request).await.map_err(|status| status.to_string())?.into_inner();
                if as_it_should(&case) { Ok(case) } else { Err(format!("{case:#?}")) }
            }
        })
        .await
    }

    /// Reports a household and waits until it has a contact plan; the id of the case.
    pub async fn planned_case(&self, organisation: &str, signal: Signal) -> String {
        let reference = signal.reference.clone();
        self.report(organisation, signal).await;
        let case = self.case_of(organisation, &reference).await.case_id;
        self.case(&case, "a contact plan", |case| case.line.as_ref().is_some_and(|line| line.help == "outreach")).await;
        case
    }

    /// The command line against this house, with the key of this house.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = process::command();
        command.args(args).current_dir(self.dir.path());
        command.env("ZEEF_IDENTITY_KEY", self.dir.path().join("identity.pem"));
        command.env("ZEEF_DATA", &self.processes[0].data);
        command.env("ZEEF_SERVER", self.processes[0].url());
        if self.processes.len() > 1 {
            for name in SERVICES {
                let variable = format!("ZEEF_{}_URL", name.to_uppercase().replace('-', "_"));
                command.env(variable, self.process(name).url());
            }
        }
        command
    }

    /// Runs the command line to its end.
    pub async fn zeef(&self, args: &[&str]) -> Output {
        let mut command = self.command(args);
        tokio::time::timeout(super::BOUND, tokio::task::spawn_blocking(move || command.output().unwrap())).await.unwrap().unwrap()
    }
}

/// Keys for a vault, in the file that all replicas of intake share.
fn vault_key(file: &Path) {
    let hex = || hex::encode(rand::random::<[u8; 32]>());
    let text = format!("current = 1\nindex = \"{}\"\n[epochs]\n1 = \"{}\"\n", hex(), hex());
    let mut options = std::fs::File::options();
    let mut file = options.write(true).create_new(true).mode(0o600).open(file).unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
}
