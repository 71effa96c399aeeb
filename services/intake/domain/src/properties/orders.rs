//! A year of partners' files about a street, delivered in a thousand orders and partly twice: the end is the same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::date};
use kernel::{Arrears, CaseId, Cents, Decider, Key, Moment, PersonId, SignalId, matching::Period};
use proptest::{
    strategy::{Just, Strategy},
    test_runner::{Config, TestRunner},
};
use uuid::Uuid;

use crate::{
    person::{KnownPerson, Name, find},
    *,
};

/// Who lives behind a door, and how partners write it.
struct Resident {
    door: u8,
    /// A landlord reports its tenant, not who else lives there.
    tenant: bool,
    spellings: &'static [(&'static str, &'static str, &'static str)],
}
const STREET: &[Resident] = &[
    Resident {
        door: 1,
        tenant: true,
        spellings: &[("Hanna", "van der", "Linden"), ("H.", "v.d.", "LINDEN"), ("Hanna", "", "van der Linden"), ("h", "", "Linden")],
    },
    Resident { door: 1, tenant: false, spellings: &[("Pieter", "van der", "Linden"), ("P.", "v.d.", "Linden")] },
    Resident { door: 1, tenant: false, spellings: &[("Noor", "", "Bakker"), ("N.", "", "Backer")] },
    Resident { door: 2, tenant: true, spellings: &[("J.P.", "", "Meijer"), ("JP", "", "Meyer"), ("J.P.", "", "Meier")] },
    Resident { door: 2, tenant: false, spellings: &[("Élodie", "", "Besançon"), ("E.", "", "Besancon")] },
    Resident { door: 3, tenant: true, spellings: &[("S.", "", "Yıldız"), ("Ş.", "", "Yildiz")] },
    Resident { door: 4, tenant: true, spellings: &[("K.", "", "Janssen"), ("K", "", "Jansen")] },
    // Door 5 has another tenant from July on; only the landlord knows them.
    Resident { door: 5, tenant: true, spellings: &[("B.", "de", "Graaf"), ("B.", "", "de Graaf")] },
    Resident { door: 5, tenant: true, spellings: &[("W.", "ter", "Horst"), ("W", "", "Ter Horst")] },
];
/// Partners and what they report for; each names a resident by a reference of its own.
const PARTNERS: &[(&str, PartnerKind)] = &[
    ("woonwaard", PartnerKind::Rent),
    ("waterbedrijf", PartnerKind::Water),
    ("energiebedrijf", PartnerKind::Energy),
    ("zorgverzekeraar", PartnerKind::Health),
];

/// A row of a file: who, in how it is written, how much.
#[derive(Clone, Debug)]
struct Row {
    resident: usize,
    spelling: usize,
    cents: i64,
}
/// What a partner sends in a month.
#[derive(Clone, Debug)]
struct File {
    partner: usize,
    month: i8,
    day: i8,
    rows: Vec<Row>,
}

fn id(parts: [usize; 3]) -> Uuid {
    let [a, b, c] = parts.map(|part| part as u128);
    Uuid::from_u128((a << 64) | (b << 32) | c)
}
fn keyed(parts: [usize; 3]) -> Keyed {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(id(parts).as_bytes());
    Keyed(hash)
}

/// Intake as its shell runs it: address files by door, and a vault of names.
#[derive(Default)]
struct House {
    files: BTreeMap<u8, AddressFile>,
    vault: BTreeMap<Uuid, Name>,
    deliveries: usize,
}

impl House {
    fn deliver(&mut self, file: &File) {
        let (organisation, kind) = PARTNERS[file.partner];
        for row in &file.rows {
            self.deliveries += 1;
            let resident = &STREET[row.resident];
            let (given, infix, surname) = resident.spellings[row.spelling % resident.spellings.len()];
            let name = Name { given: given.into(), infix: infix.into(), surname: surname.into() };
            let state = self.files.entry(resident.door).or_default();
            let known: Vec<_> = (state.persons.known().iter())
                .map(|one| KnownPerson {
                    person: one.id,
                    names: one.names.iter().map(|at| self.vault[at].clone()).collect(),
                    by_reference: false,
                })
                .collect();
            let identity = [file.partner, row.resident, usize::try_from(file.month).unwrap()];
            let vault_id = id(identity);
            let fresh = Uuid::from_u128(0xf5e5_0000_0000 + self.deliveries as u128);
            let signal = NewSignal {
                signal: SignalId::from_uuid(fresh),
                new_case: CaseId::from_uuid(fresh),
                receipt_id: fresh,
                kind,
                organisation: organisation.into(),
                amount: Arrears::of(Cents(row.cents)),
                arrears_since: None,
                signal_date: date(2026, file.month, file.day),
                received_at: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::try_from(self.deliveries).unwrap()),
                vault_id,
                identity: keyed(identity),
                content: keyed([usize::try_from(row.cents).unwrap(), row.spelling, 0]),
                reference: keyed([file.partner, row.resident, 0]),
                duties: Duties::UNSAID,
                particulars: Particulars::default(),
                person: find(&name, &known, PersonId::from_uuid(fresh)),
                compared: None,
                names_seen: state.persons.names(),
                tenancy_since: None,
                collective: false,
                skip_months: None,
                district: None,
            };
            let key = Key::new("9001".parse().unwrap(), Uuid::from_u128(resident.door.into()));
            let command = Command::AcceptSignal { file: key, signal: Box::new(signal) };
            let events = Intake::decide(state, &command, Moment::at(Timestamp::UNIX_EPOCH)).unwrap();
            *state = Intake::replay(std::mem::take(state), &events);
            self.vault.entry(vault_id).or_insert(name);
        }
    }

    /// What must not depend on the order: of every signal its household, who share its person, its class, whether its receipt
    /// holds; and the open cases of every door. Ids and moments are of the day.
    fn end(&self) -> End {
        let mut end = End::default();
        for (door, file) in &self.files {
            end.open_cases.insert(*door, file.cases.iter().filter(|case| case.is_open()).count());
            end.doubted += file.persons.doubted().count();
            for signal in &file.signals {
                let fellows = file.signals.iter().filter(|other| file.person(other) == file.person(signal)).map(|other| other.identity);
                let households = file.signals.iter().filter(|other| other.case == signal.case).map(|other| other.identity);
                let holds = signal.given_for(signal.given.content).is_some_and(|(_, replaced)| replaced.is_none());
                let one = (*door, fellows.collect(), households.collect(), file.class(signal, Period::Month).code(), signal.amount, holds);
                assert!(end.signals.insert(signal.identity, one).is_none(), "a signal is there once");
            }
        }
        end
    }
}

type Ended = (u8, BTreeSet<Keyed>, BTreeSet<Keyed>, &'static str, Arrears, bool);
#[derive(Debug, Default, PartialEq)]
struct End {
    signals: BTreeMap<Keyed, Ended>,
    open_cases: BTreeMap<u8, usize>,
    doubted: usize,
}

/// A year of files. Whom a partner reports and how it writes the name differs from month to month.
fn year() -> Vec<File> {
    let mut files = Vec::new();
    for month in 1..=12_i8 {
        for partner in 0..PARTNERS.len() {
            let at = usize::try_from(month).unwrap();
            let told = |resident: &usize| match (STREET[*resident].door, partner) {
                // Quiet for most of the year: some of its reports stand alone.
                (4, _) => partner == 0 && month % 8 == 1,
                (5, 0) => (month < 7) == (*resident == STREET.len() - 2),
                (5, _) => false,
                (_, 0) if !STREET[*resident].tenant => false,
                _ => !(at * 7 + partner * 3 + resident * 5).is_multiple_of(4),
            };
            let row = |resident| Row { resident, spelling: at + partner, cents: 10_000 + i64::from(month) };
            let rows = (0..STREET.len()).filter(told).map(row).collect();
            files.push(File { partner, month, day: 1 + i8::try_from(partner * 9).unwrap(), rows });
        }
    }
    files
}

fn delivered<'a>(files: impl IntoIterator<Item = &'a File>) -> House {
    let mut house = House::default();
    files.into_iter().for_each(|file| house.deliver(file));
    house
}

#[test]
fn a_thousand_orders_of_one_years_files_have_one_end() {
    let files = year();
    let end = delivered(&files).end();
    // Everything is as it really is: persons are who they are, one household is one case.
    for (identity, (door, fellows, ..)) in &end.signals {
        let resident = |identity: &Keyed| identity.0[8..12].to_vec();
        assert!(fellows.iter().all(|fellow| resident(fellow) == resident(identity)), "door {door}: two people in one");
        let truth = end.signals.keys().filter(|other| resident(other) == resident(identity)).count();
        assert_eq!(fellows.len(), truth, "door {door}: one person as two");
    }
    assert_eq!(end.open_cases.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1, 2], "who moved in has a case of its own");
    assert_eq!(end.doubted, 0);
    let classes: BTreeSet<_> = end.signals.values().map(|one| one.3).collect();
    assert_eq!(classes.len(), 4, "{classes:?}");

    let mut runner = TestRunner::new(Config::with_cases(1_000));
    // Some files come twice, in any place.
    let orders = Just((0..files.len() + 8).map(|at| at % files.len()).collect::<Vec<_>>()).prop_shuffle();
    runner
        .run(&orders, |order| {
            proptest::prop_assert_eq!(&delivered(order.iter().map(|at| &files[*at])).end(), &end);
            Ok(())
        })
        .unwrap();
}
