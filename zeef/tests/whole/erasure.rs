//! Erasure: a person goes through all services and a backup, is erased, and then somebody with every key that is left and every
//! raw file looks for them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use intake::{address::Door, keys::Digested};
use journal::{Keyed, embedded::Embedded, jetstream::JetStream, testing::nats::options};
use memchr::memmem;
use prost::Message;
use proto::{
    court_liaison::v1::{EvictionAnnounced, RecordFactRequest, fact::What},
    intake::v1::{
        Address, ConcernContent, KeepAddressRequest, LandlordStage, LinkConcernRequest, ListSignalsRequest, MergeCasesRequest,
        OpenEvidenceRequest, OpenHouseholdRequest, OpenHouseholdResponse, PartnerKind, Person, RecordConcernRequest,
        RecordLandlordStageRequest, Signal, concerns_service_client::ConcernsServiceClient, open_evidence_response::Part,
    },
    outreach::v1::{RecordAttemptRequest, RecordOfferRequest},
};
use service::Role;
use sha2::Sha256;
use tempfile::TempDir;
use tonic::Code;
use uuid::Uuid;

use crate::support::{
    collector::Collector,
    form,
    house::{House, Plan},
    mailbox::Mailbox,
    nats::NatsServer,
    process::free_port,
    region::{self, date},
    until,
};

const LANDLORD: &str = "woonstichting";
const REFERENCE: &str = "KANARIE-7391-X";
/// The canary's records.
const RECORDS: usize = 7;
const CLOCK: &str = "2026-03-02T09:00:00+01:00";
const BUCKETS: [&str; 7] =
    ["intake-vault", "intake-index", "intake-marks", "intake-erased", "intake-looks", "intake-evidence", "intake-orphans"];
/// What a landlord sent along by web form, and what it is called.
const EVIDENCE: &str = "Geachte Kanariestein, dit is een herinnering. Kanariepietpad 7391";
const EVIDENCE_NAME: &str = "herinnering Kanariestein-Vogelaar.txt";

/// Somebody who would be noticed anywhere.
fn canary() -> Signal {
    let mut signal = region::signal("9001", REFERENCE, 1);
    signal.address = Some(Address {
        street: "Kanariepietpad".into(),
        house_number: "7391".into(),
        addition: String::new(),
        postcode: "3509 ZQ".into(),
        place: "Waterveen".into(),
    });
    signal.person = Some(Person {
        initials: "K.".into(),
        infix: String::new(),
        surname: "Kanariestein-Vogelaar".into(),
        phone: "0612347391".into(),
        email: "piet.kanarie@voorbeeld.example".into(),
    });
    signal.amount_cents = AMOUNT;
    signal
}

const AMOUNT: i64 = 9_876_543;

/// How its amount may be written, in text; digits that go on are another number.
const AMOUNT_IN_TEXT: [&str; 5] = ["98765.43", "98765,43", "98.765,43", "98,765.43", "9876543"];

/// How its amount may be stored: a field of a message, under the numbers that amounts have or may well have, or a number of eight bytes.
fn amount_stored() -> Vec<Vec<u8>> {
    use prost::encoding::{int64, sint64};
    let fields = (1..=15).chain([120]).flat_map(|tag| {
        let (mut plain, mut zigzag) = (Vec::new(), Vec::new());
        int64::encode(tag, &AMOUNT, &mut plain);
        sint64::encode(tag, &AMOUNT, &mut zigzag);
        [plain, zigzag]
    });
    let euros = 98_765.43_f64;
    let numbers = [AMOUNT.to_le_bytes(), AMOUNT.to_be_bytes(), euros.to_le_bytes(), euros.to_be_bytes()];
    fields.chain(numbers.map(|number| number.to_vec())).collect()
}

/// How the canary may be written.
fn written() -> Vec<Vec<u8>> {
    let words = ["Kanariestein", "Vogelaar", "Kanariepiet", "3509ZQ", "3509 ZQ", "612347391", "piet.kanarie", "KANARIE-7391"];
    let forms = |word: &str| [word.to_owned(), word.to_lowercase(), word.to_uppercase()].map(String::into_bytes);
    words.iter().flat_map(|word| forms(word)).flat_map(both).collect()
}

/// Bytes, as they are and in hex.
fn both(bytes: Vec<u8>) -> [Vec<u8>; 2] {
    let hex = hex::encode(&bytes).into_bytes();
    [bytes, hex]
}

/// Every file below these folders.
fn files(roots: &[&Path]) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = roots.iter().map(|root| root.to_path_buf()).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found
}

fn holding(files: &[(PathBuf, Vec<u8>)], needle: &[u8]) -> Vec<PathBuf> {
    files.iter().filter(|(_, bytes)| memmem::find(bytes, needle).is_some()).map(|(path, _)| path.clone()).collect()
}

/// The same of digits that stand alone: ids in hex have every short row of digits somewhere.
fn holding_alone(files: &[(PathBuf, Vec<u8>)], digits: &str) -> Vec<PathBuf> {
    let goes_on = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let alone = |bytes: &[u8]| {
        let mut found = memmem::find_iter(bytes, digits);
        found.any(|at| !goes_on(at.checked_sub(1).and_then(|before| bytes.get(before))) && !goes_on(bytes.get(at + digits.len())))
    };
    files.iter().filter(|(_, bytes)| alone(bytes)).map(|(path, _)| path.clone()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A stored value of the vault's buckets.
struct Stored {
    bucket: &'static str,
    name: String,
    value: Vec<u8>,
}

async fn everything(keyed: &dyn Keyed) -> Vec<Stored> {
    let mut all = Vec::new();
    for bucket in BUCKETS {
        for name in keyed.keys(bucket, "").await.unwrap() {
            let value = keyed.get(bucket, &name).await.unwrap().unwrap().value.to_vec();
            all.push(Stored { bucket, name, value });
        }
    }
    all
}

/// A record of the vault, read by somebody who knows how it is stored.
#[derive(Clone, PartialEq, Message)]
struct Sealed {
    #[prost(bytes = "vec", tag = "2")]
    wrapped_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    wrap_nonce: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    sealed: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    nonce: Vec<u8>,
}
#[derive(Clone, PartialEq, Message)]
struct UnderEpoch {
    #[prost(bytes = "vec", tag = "2")]
    nonce: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    sealed: Vec<u8>,
}

type Secret = [u8; 32];

fn decrypt(key: &[u8], about: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (key, nonce): (Secret, [u8; 24]) = (key.try_into().ok()?, nonce.try_into().ok()?);
    XChaCha20Poly1305::new(&key.into()).decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: about }).ok()
}

fn hash(key: &Secret, digested: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).unwrap();
    mac.update(digested);
    mac.finalize().into_bytes().to_vec()
}

/// Whoever has these keys.
struct Attacker {
    keys: Vec<Secret>,
}

impl Attacker {
    /// With every key that stands in these files.
    fn with(key_files: &[PathBuf]) -> Self {
        let texts: Vec<String> = key_files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let words = texts.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_hexdigit()));
        Self { keys: words.filter(|word| word.len() == 64).map(|word| hex::decode(word).unwrap().try_into().unwrap()).collect() }
    }

    /// What a piece of a file says, to whoever read the records: under one of the keys that stand in them.
    fn opens_piece(stored: &Stored, records: &[Vec<u8>]) -> Option<Vec<u8>> {
        let id = stored.name.strip_suffix(".0")?.parse::<Uuid>().ok()?;
        // The only piece, and so the last one.
        let about = [id.as_bytes().as_slice(), &[0, 0, 0, 0, 1]].concat();
        let (nonce, sealed) = stored.value.split_at_checked(24)?;
        records.iter().flat_map(|text| digests(text)).find_map(|key| decrypt(&key, &about, nonce, sealed))
    }

    /// What a stored value says under one of the keys, and the data key of a record.
    fn opens(&self, stored: &Stored) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let id = stored.name.strip_prefix("person.").and_then(|id| id.parse::<Uuid>().ok());
        self.keys.iter().find_map(|key| match id {
            Some(id) => {
                let sealed = Sealed::decode(stored.value.as_slice()).ok()?;
                let data_key = decrypt(key, id.as_bytes(), &sealed.wrap_nonce, &sealed.wrapped_key)?;
                Some((decrypt(&data_key, id.as_bytes(), &sealed.nonce, &sealed.sealed)?, Some(data_key)))
            }
            None => {
                let under = UnderEpoch::decode(stored.value.as_slice()).ok()?;
                Some((decrypt(key, stored.name.as_bytes(), &under.nonce, &under.sealed)?, None))
            }
        })
    }

    /// The keyed hashes that lead from what is known of the canary to the index and to the journal, under every key.
    fn hashes(&self) -> Vec<Vec<u8>> {
        let door = Door::read(canary().address.as_ref().unwrap()).unwrap();
        let address = Digested::of("address", [door.line().as_bytes()]);
        let reference = Digested::of("reference", [LANDLORD.as_bytes(), REFERENCE.as_bytes()]);
        self.keys.iter().flat_map(|key| [hash(key, &address.0), hash(key, &reference.0)]).collect()
    }

    /// The same of 32 bytes.
    fn hashes_of(&self, digested: &[u8]) -> Vec<Vec<u8>> {
        self.keys.iter().map(|key| hash(key, digested)).collect()
    }
}

/// Where everything of a house stands.
struct Place {
    house: House,
    nats: Option<NatsServer>,
    collector: Collector,
    /// Exports and backups.
    taken: TempDir,
    /// What went out to others, and is theirs.
    theirs: TempDir,
    mailbox: Mailbox,
    /// Port of the public pages.
    public: u16,
}

impl Place {
    async fn open(nats: Option<NatsServer>) -> Self {
        let collector = Collector::start().await;
        let plan = Plan::default().clock(CLOCK).env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()).env("RUST_LOG", "debug");
        let plan = match &nats {
            Some(nats) => plan.nats(nats.url()),
            None => plan,
        };
        let (taken, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mailbox, public) = (Mailbox::open(), free_port());
        let house = form::public_pages(plan, public, &mailbox).start().await;
        Self { house, nats, collector, taken, theirs, mailbox, public }
    }

    fn key_files(&self) -> Vec<PathBuf> {
        ["vault.key", "receipt.keys"].map(|name| self.house.dir.path().join(name)).to_vec()
    }

    /// The raw store.
    fn store(&self) -> PathBuf {
        self.nats.as_ref().map_or_else(|| self.house.process("zeef").data.join("journal"), |nats| nats.dir().to_owned())
    }

    fn raw(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut roots = vec![self.house.dir.path(), self.taken.path()];
        roots.extend(self.nats.as_ref().map(NatsServer::dir));
        let mut all = files(&roots);
        all.push(("spans".into(), self.collector.raw()));
        all
    }

    /// The command line; what it answered is kept as an export.
    async fn zeef(&self, name: &str, args: &[&str]) -> PathBuf {
        let output = self.house.zeef(args).await;
        assert!(output.status.success(), "{args:?}: {output:?}");
        let file = self.taken.path().join(name);
        fs::write(&file, output.stdout).unwrap();
        file
    }

    async fn household(&self, case_id: &str) -> Result<OpenHouseholdResponse, Code> {
        let request = OpenHouseholdRequest { case_id: case_id.to_owned(), purpose: "home-visit".to_owned() };
        self.house.intake().await.open_household(request).await.map(tonic::Response::into_inner).map_err(|status| status.code())
    }

    /// A second home of the canary, of which the case goes with the first.
    async fn moves_on(&self, leading: &str) -> String {
        let mut second = canary();
        second.reference = format!("{REFERENCE}-2");
        second.address.as_mut().unwrap().house_number = "7393".into();
        let case_id = self.house.planned_case(LANDLORD, second).await;
        let merge = MergeCasesRequest { command: region::now(), leading_case_id: leading.to_owned(), case_id: case_id.clone() };
        self.house.intake().await.merge_cases(merge).await.unwrap();
        case_id
    }

    /// A landlord without an account reports the canary too, and sends a letter along.
    async fn sends_evidence(&self, case_id: &str) {
        let (address, person) = (canary().address.unwrap(), canary().person.unwrap());
        let amount = "98765,43";
        let form = [
            ("naam", "V. Verhuurder"),
            ("email", "verhuurder@voorbeeld.nl"),
            ("woningen", "1-2"),
            ("voorletters", &person.initials),
            ("achternaam", &person.surname),
            ("straat", &address.street),
            ("huisnummer", &address.house_number),
            ("postcode", &address.postcode),
            ("plaats", &address.place),
            ("bedrag", amount),
            ("a", "ja"),
            ("b", "ja"),
            ("c", "ja"),
            ("d", "ja"),
            ("antwoord", "geen"),
        ];
        let sent = form::send(self.public, &form, &[("c_bestand", EVIDENCE_NAME, EVIDENCE.as_bytes())]);
        assert!(sent.status == 200, "{}", sent.text);
        let done = form::post(self.public, &form::link(&self.mailbox), &[]);
        assert!(done.text.contains("Uw melding is ontvangen"), "{}", done.text);
        let mut intake = self.house.intake().await;
        let signal = until("the report by web form", || {
            let (mut intake, request) = (intake.clone(), ListSignalsRequest { case_id: case_id.to_owned(), ..Default::default() });
            async move {
                let signals = intake.list_signals(request).await.unwrap().into_inner().signals;
                signals.into_iter().find(|signal| signal.evidence == 1).ok_or_else(|| "none".to_owned())
            }
        })
        .await;
        let request = OpenEvidenceRequest { signal_id: signal.signal_id, purpose: "evidence".to_owned(), content: true };
        let mut parts = intake.open_evidence(request).await.unwrap().into_inner();
        let mut bytes = Vec::new();
        while let Some(part) = parts.message().await.unwrap() {
            if let Some(Part::Data(data)) = part.part {
                bytes.extend(data);
            }
        }
        assert_eq!(bytes, EVIDENCE.as_bytes());
    }

    /// The canary, through all services; the case, and the receipt that the landlord keeps.
    async fn lives(&self) -> (String, PathBuf) {
        let house = &self.house;
        let stage = RecordLandlordStageRequest {
            command: region::now(),
            reference: REFERENCE.to_owned(),
            gemeentecode: "9001".to_owned(),
            stage: LandlordStage::Arrears.into(),
            amount_cents: AMOUNT,
        };
        house.intake_of(LANDLORD).await.record_landlord_stage(stage).await.unwrap();
        let case_id = house.planned_case(LANDLORD, canary()).await;
        let mut corrected = canary();
        corrected.person.as_mut().unwrap().surname = "Kanariestein".into();
        let receipt = house.report(LANDLORD, corrected).await;
        let mut water = Signal { kind: PartnerKind::Water.into(), ..canary() };
        water.reference = format!("{REFERENCE}-W");
        house.report("waterbedrijf-veenstreek", water).await;
        let (command, gemeentecode) = (region::now(), "9001".to_owned());
        let channel = "brief".to_owned();
        let attempt = RecordAttemptRequest {
            command,
            case_id: case_id.clone(),
            gemeentecode: gemeentecode.clone(),
            channel: "huisbezoek".to_owned(),
            daypart: "avond".to_owned(),
            reached: true,
            toward: None,
        };
        house.outreach().await.record_attempt(attempt).await.unwrap();
        let offer = RecordOfferRequest {
            command: region::now(),
            case_id: case_id.clone(),
            gemeentecode: gemeentecode.clone(),
            channel,
            toward: None,
        };
        house.outreach().await.record_offer(offer).await.unwrap();
        let (address, person) = (canary().address, canary().person);
        let keep = KeepAddressRequest { command: region::now(), gemeentecode: gemeentecode.clone(), address, person };
        let kept = house.intake().await.keep_address(keep).await.unwrap().into_inner();
        assert_eq!(kept.case_id, case_id);
        let announced = EvictionAnnounced { on: date("2026-05-20"), time: "09:00".into(), ground: "arrears".into(), served_on: None };
        let fact = RecordFactRequest {
            command: region::now(),
            case_id: case_id.clone(),
            gemeentecode,
            file_key: kept.file_key,
            vault_id: kept.vault_id,
            fact: region::fact(What::EvictionAnnounced(announced)),
        };
        house.court().await.record_fact(fact).await.unwrap();
        house.case(&case_id, "a duty to rehouse", |case| case.aftercare == "open").await;
        self.worries(&case_id).await;
        let file = self.theirs.path().join("receipt.json");
        let fetch = ["signals", "receipt", &receipt.receipt_id, "--organisation", LANDLORD, "--to", file.to_str().unwrap()];
        assert!(house.zeef(&fetch).await.status.success());
        let letter = self.theirs.path().join("receipt.pdf");
        let page = ["--pdf", letter.to_str().unwrap(), "--public-url", "https://melden.voorbeeld.example"];
        assert!(house.zeef(&[&fetch[..5], &page].concat()).await.status.success());
        assert!(fs::read(letter).unwrap().starts_with(b"%PDF"));
        self.household(&case_id).await.unwrap();
        (case_id, file)
    }

    /// Somebody tells of worry about the canary, and it is linked to the case.
    async fn worries(&self, case_id: &str) {
        let told = "Bij Kanariestein is het al weken donker.".to_owned();
        let content = ConcernContent { address: canary().address, person: canary().person, told, ..Default::default() };
        let record = RecordConcernRequest { command: region::now(), teller: "club".to_owned(), content: Some(content) };
        let mut concerns = ConcernsServiceClient::new(self.house.client("intake", &self.house.actor(&[Role::Desk])).await);
        let concern_id = concerns.record_concern(record).await.unwrap().into_inner().concern_id;
        let link = LinkConcernRequest { command: region::now(), concern_id, case_id: case_id.to_owned() };
        concerns.link_concern(link).await.unwrap();
    }

    async fn erases(mut self) {
        let neighbour = self.house.planned_case(LANDLORD, region::signal("9001", "BUUR-1", 2)).await;
        let (case_id, receipt) = self.lives().await;
        self.sends_evidence(&case_id).await;
        let merged = self.moves_on(&case_id).await;
        // Exports of the time in which the canary was known.
        self.zeef("case.json", &["case", "show", &case_id, "--json"]).await;
        self.zeef("trace.json", &["case", "trace", &case_id, "--json"]).await;
        self.zeef("cases.json", &["case", "list", "--json"]).await;
        self.zeef("sieve.json", &["sieve", "--json"]).await;
        self.zeef("looks.json", &["vault", "looks", &case_id, "--json"]).await;

        // A backup, and all keys as they are: so whoever has them finds everything. Otherwise what follows shows nothing.
        let backup = self.taken.path().join("backup");
        let before = self.back_up(&backup).await;
        let old = Attacker::with(&self.key_files());
        let opened: Vec<_> = before.iter().filter_map(|stored| Some((stored, old.opens(stored)?))).collect();
        let ours: Vec<_> = opened.iter().filter(|(_, (text, _))| memmem::find(text, b"Kanariestein").is_some()).collect();
        assert_eq!(
            ours.len(),
            RECORDS,
            "two versions of a report, two other ones, a clerk's record, a concern, and a report of the merged case"
        );
        assert!(opened.len() > RECORDS + 2, "records, and the index");
        let exact = |text: &[u8]| amount_stored().iter().any(|needle| memmem::find(text, needle).is_some());
        assert_eq!(ours.iter().filter(|(_, (text, _))| exact(text)).count(), RECORDS - 2, "the exact amount is in the vault");
        let raw = self.raw();
        let [address, reference] =
            old.hashes().chunks(2).map(<[_]>::to_vec).find(|pair| !holding(&raw, &pair[1]).is_empty()).unwrap().try_into().unwrap();
        let named = format!("address.{}", hex::encode(&address));
        assert!(before.iter().any(|stored| stored.name == named), "the index entry is found from the address");
        assert!(!holding(&raw, &reference).is_empty(), "the journal's hash is found from the reference");
        let records: Vec<Vec<u8>> = ours.iter().map(|(_, (text, _))| text.clone()).collect();
        let pieces: Vec<_> = before.iter().filter(|stored| stored.bucket == "intake-evidence").collect();
        let letters: Vec<_> = pieces.iter().filter_map(|piece| Attacker::opens_piece(piece, &records)).collect();
        assert_eq!(letters, [EVIDENCE.as_bytes()], "with the record, its file is found");
        let data_keys: Vec<Vec<u8>> = ours.iter().filter_map(|(_, (_, key))| key.clone()).collect();
        let fields: Vec<Vec<u8>> = ours.iter().flat_map(|(_, (text, _))| digests(text)).collect();
        // The journal's own hashes stay for ever; what they are made of may not.
        let in_journal: Vec<Vec<u8>> = fields.iter().flat_map(|field| old.hashes_of(field)).collect();
        let digests: Vec<Vec<u8>> = fields.into_iter().filter(|field| !in_journal.contains(field)).collect();
        assert!(data_keys.len() == RECORDS && digests.len() > 8);

        // One decision for both homes, said before; and the ledger, which every backup ends with.
        let covers = self.zeef("covers.json", &["rights", "erase", &case_id, "--ground", "unlawful", "--covers", "--json"]).await;
        let covers = fs::read_to_string(covers).unwrap();
        assert!([&merged, &case_id].iter().all(|case| covers.contains(case.as_str())) && covers.contains("\"erased\": false"), "{covers}");
        self.household(&case_id).await.expect("nothing went by saying so");
        let erased = self.house.zeef(&["rights", "erase", &case_id, "--ground", "unlawful", "--json"]).await;
        assert!(erased.status.success(), "{erased:?}");
        let ledger = self.zeef("ledger.json", &["vault", "removed", "--json"]).await;
        for case in [&merged, &case_id] {
            assert_eq!(self.household(case).await, Err(Code::NotFound));
        }
        self.restore(&backup, &before).await;
        self.household(&case_id).await.expect("the restore brought the canary back, for otherwise the ledger shows nothing");
        let again = self.zeef("replayed.json", &["vault", "replay-erasures", ledger.to_str().unwrap(), "--json"]).await;
        assert!(fs::read_to_string(again).unwrap().contains(&format!("\"erased_again\": {RECORDS}")));
        assert_eq!(self.household(&case_id).await, Err(Code::NotFound));
        self.zeef("rewrap.json", &["vault", "rewrap", "--json"]).await;

        // A class of arrears stays with the case, in events of intake and routing (docs/adr/0013): no amount, and nobody.
        let shown = self.house.zeef(&["case", "show", &case_id, "--json"]).await.stdout;
        assert!(memmem::find(&shown, "vanaf € 98.760".as_bytes()).is_some());

        // Who lives is known as before, and the landlord's receipt holds.
        assert_eq!(self.household(&neighbour).await.unwrap().persons[0].surname, "Voorbeeld-2");
        assert_eq!(self.house.case_of(LANDLORD, "BUUR-1").await.case_id, neighbour);
        let published = self.zeef("keys.json", &["signals", "keys", "show", "--json"]).await;
        let verify = ["signals", "verify", receipt.to_str().unwrap(), "--keys", published.to_str().unwrap()];
        assert!(self.house.zeef(&verify).await.status.success());
        let verified = self.house.zeef(&["journal", "verify"]).await;
        assert!(verified.status.success(), "{verified:?}");
        self.house.stop().await;
        self.house.nobody_panicked();

        // All keys that are left, all raw files, and what was stored in the backup.
        let left = Attacker::with(&self.key_files());
        assert!(left.keys.len() >= 2);
        let raw = self.raw();
        assert!(!holding(&raw, LANDLORD.as_bytes()).is_empty(), "what is in the files is found in them");
        let readable: Vec<_> = before.iter().filter(|stored| left.opens(stored).is_some()).map(|stored| &stored.name).collect();
        assert_eq!(readable, [""; 0], "of what was stored then, a key that is left opens");
        let left_of_files = self.files_left().await;
        assert_eq!(left_of_files, [""; 0], "pieces are removed with their record");
        let mut needles = written();
        needles.extend(data_keys.into_iter().chain(digests).flat_map(both));
        needles.extend(left.hashes().into_iter().flat_map(both));
        let vault_keys = old.keys.iter().filter(|key| !left.keys.contains(key));
        let vault_keys: Vec<_> = vault_keys.map(|key| key.to_vec()).collect();
        assert_eq!(vault_keys.len(), 2, "the epoch's key and that of its hashes are destroyed");
        needles.extend(vault_keys.into_iter().flat_map(both));
        for needle in needles {
            let found = holding(&raw, &needle);
            assert!(found.is_empty(), "{:?} is in {found:?}", String::from_utf8_lossy(&needle));
        }
        for amount in AMOUNT_IN_TEXT {
            let found = holding_alone(&raw, amount);
            assert!(found.is_empty(), "{amount} is in {found:?}");
        }
        for amount in amount_stored() {
            let found = holding(&raw, &amount);
            assert!(found.is_empty(), "the amount, as {amount:02x?}, is in {found:?}");
        }
    }

    /// What is stored of files, once all processes have ended.
    async fn files_left(&self) -> Vec<String> {
        if let Some(nats) = &self.nats {
            return JetStream::connect(options(nats.url(), 1)).await.unwrap().keys("intake-evidence", "").await.unwrap();
        }
        let opened = self.theirs.path().join("left");
        copy(&self.store(), &opened);
        Embedded::open(&opened).unwrap().keys("intake-evidence", "").await.unwrap()
    }

    /// A copy of the raw store, and what stands in the vault's buckets.
    async fn back_up(&self, to: &Path) -> Vec<Stored> {
        if let Some(nats) = &self.nats {
            copy(&self.store(), to);
            return everything(&JetStream::connect(options(nats.url(), 1)).await.unwrap()).await;
        }
        self.house.stop().await;
        copy(&self.store(), to);
        // To open a store writes in it.
        let opened = self.theirs.path().join("opened");
        copy(to, &opened);
        let stored = everything(Embedded::open(&opened).unwrap().as_ref()).await;
        self.house.restart("zeef").await;
        stored
    }

    /// Puts back what stood in the store: the files of the embedded one, the buckets on NATS.
    async fn restore(&mut self, backup: &Path, before: &[Stored]) {
        match &self.nats {
            Some(nats) => {
                let keyed = JetStream::connect(options(nats.url(), 1)).await.unwrap();
                for stored in before {
                    // What is there still, stays.
                    drop(keyed.create(stored.bucket, &stored.name, stored.value.clone().into()).await);
                }
                for name in keyed.keys("intake-erased", "").await.unwrap() {
                    keyed.purge("intake-erased", &name).await.unwrap();
                }
            }
            None => {
                self.house.stop().await;
                fs::remove_dir_all(self.store()).unwrap();
                copy(backup, &self.store());
                self.house.restart("zeef").await;
            }
        }
    }
}

/// Everything in a record that may be a field of 32 bytes: what follows its length.
fn digests(text: &[u8]) -> Vec<Vec<u8>> {
    let at = |from: usize| text.get(from + 1..from + 33).map(<[u8]>::to_vec);
    text.iter().enumerate().filter(|(_, byte)| **byte == 32).filter_map(|(from, _)| at(from)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_erased_is_nowhere_on_one_machine() {
    Place::open(None).await.erases().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_erased_is_nowhere_on_nats() {
    Place::open(Some(NatsServer::start().await)).await.erases().await;
}
