//! Looks at what a partner sent, field by field, before anything is kept: every fault with its field, a stable code and a
//! Dutch sentence that says what would be right. A sentence never repeats what was in the field.

use intake_domain::{Contract, Duties, Duty, FinalSupply, Particulars, PartnerKind, Shown};
use jiff::civil::Date;
use kernel::{Cents, Gemeentecode};
use prost::Message;
use proto::{common::v1 as common, intake::v1 as pb};

use service::region::{Located, Region};

use crate::{
    address::{AddressFault, Door},
    bsn,
    codec::words::{partner_kind_in, shown_in, tenant_answer_in},
    vault::Household,
};

/// Longest text of a field, in characters.
pub const LONGEST: usize = 200;
/// Highest amount of one report: € 100.000,00. More is a slip of the pen: no household owes that to one partner.
pub const HIGHEST: Cents = Cents(10_000_000);

/// A report that can be taken in.
#[derive(Clone, PartialEq)]
pub struct Checked {
    /// The partner's own reference, without blanks around it.
    pub reference: String,
    /// Who reports.
    pub kind: PartnerKind,
    /// Where.
    pub gemeente: Gemeentecode,
    /// Arrears.
    pub amount: Cents,
    /// Since when, when told.
    pub arrears_since: Option<Date>,
    /// Date on the report.
    pub signal_date: Date,
    /// Since when the tenant rents the home, when told.
    pub tenancy_since: Option<Date>,
    /// What is compared of the address.
    pub door: Door,
    /// What goes to the vault.
    pub household: Household,
    /// Bgs art. 2 a-d.
    pub duties: Duties,
    /// Crisis, warm hand-over, final supply.
    pub particulars: Particulars,
    /// What a landlord has to do first, by its own declaration: the report is returned, unless a threat is known.
    pub missing: Vec<pb::Fault>,
    /// The tenant refused (Bgs art. 2 d): nothing of this may be kept.
    pub refused_by_tenant: bool,
    /// Everything in it, to know a repeat from a correction; only to be hashed with a key.
    pub content: Vec<u8>,
}

/// A fault of a field.
pub fn fault(field: &str, code: &str, text: impl Into<String>) -> pb::Fault {
    pb::Fault { field: field.to_owned(), code: code.to_owned(), text: text.into() }
}

/// What a spreadsheet does to a house number, and what helps.
const AS_DATE: &str = "een huisnummer met cijfers, zoals 2-1: het rekenblad maakte er een datum van (2-jan was 2-1); maak de kolom op als \
                       Tekst en vul het huisnummer opnieuw in";

#[derive(Default)]
struct Faults(Vec<pb::Fault>);
impl Faults {
    fn add(&mut self, field: &str, code: &str, text: impl Into<String>) {
        self.0.push(fault(field, code, text));
    }

    /// Whether a text is short enough to look at any further.
    fn short(&mut self, field: &str, text: &str) -> bool {
        let length = text.chars().count();
        if length > LONGEST {
            self.add(field, "too-long", format!("hoogstens {LONGEST} tekens; dit zijn er {length}"));
        }
        length <= LONGEST
    }

    fn date(&mut self, field: &str, date: Option<&common::Date>) -> Option<Date> {
        let text = date.map_or("", |date| date.iso.trim());
        if text.is_empty() {
            return None;
        }
        let read = (text.len() == 10).then(|| text.parse().ok()).flatten();
        if read.is_none() {
            self.add(field, "date", "een datum als 2026-03-02 (jaar-maand-dag)");
        }
        read
    }

    fn not_future(&mut self, field: &str, date: Option<Date>, today: Date) {
        if date.is_some_and(|date| date > today) {
            self.add(field, "date-future", format!("een datum die niet na vandaag ligt ({today})"));
        }
    }
}

/// A landlord's duty as the law letters it.
const DUTIES: [(&str, char, &str); 4] = [
    ("personal_contact", 'a', "persoonlijk contact zoeken met de huurder"),
    ("pointed_to_help", 'b', "de huurder wijzen op schuldhulpverlening"),
    ("written_reminder", 'c', "minstens één schriftelijke herinnering sturen"),
    ("offered_to_report", 'd', "aanbieden de contactgegevens door te geven, zonder afwijzing van de huurder"),
];

/// Checks a report. `today` is the calendar day in Europe/Amsterdam; `may_use_bsn` says of a kind whether this
/// partner may send a BSN (Wabb art. 10).
///
/// # Errors
/// Every fault, in the order of the fields.
pub fn signal(
    signal: &pb::Signal,
    region: &Region,
    today: Date,
    may_use_bsn: impl Fn(Option<PartnerKind>) -> bool,
) -> Result<Checked, Vec<pb::Fault>> {
    let mut faults = Faults::default();
    let reference = reference(&mut faults, &signal.reference);
    let kind = partner_kind_in(signal.kind());
    if kind.is_none() {
        faults.add("kind", "kind-unknown", "huur, energie, water, zorg, hypotheek of gemeentelijke belasting");
    }
    let amount = amount(&mut faults, signal.amount_cents);
    let signal_date = faults.date("signal_date", signal.signal_date.as_ref());
    if signal_date.is_none() && !faults.0.iter().any(|fault| fault.field == "signal_date") {
        faults.add("signal_date", "missing", "vul de datum van de melding in, als 2026-03-02");
    }
    faults.not_future("signal_date", signal_date, today);
    let arrears_since = faults.date("arrears_since", signal.arrears_since.as_ref());
    if let (Some(since), Some(date)) = (arrears_since, signal_date)
        && since > date
    {
        faults.add("arrears_since", "arrears-after-signal", "een begin van de achterstand dat niet na de datum van de melding ligt");
    }
    let tenancy_since = faults.date("tenancy_since", signal.tenancy_since.as_ref());
    let door = address(&mut faults, signal.address.as_ref());
    let gemeente = located(&mut faults, &signal.gemeentecode, signal.address.as_ref().filter(|_| door.is_some()), region);
    person(&mut faults, signal.person.as_ref());
    if !may_use_bsn(kind) {
        no_bsn(&mut faults, signal);
    }
    let particulars = particulars(&mut faults, signal, kind, signal_date);
    let (duties, missing) = duties(&mut faults, signal, kind, today);
    match (faults.0.is_empty(), kind, gemeente, signal_date, door) {
        (true, Some(kind), Some(gemeente), Some(signal_date), Some(door)) => Ok(Checked {
            reference,
            kind,
            gemeente,
            amount,
            arrears_since,
            signal_date,
            tenancy_since,
            door,
            household: Household { address: signal.address.clone(), person: signal.person.clone(), ..Default::default() },
            duties,
            particulars,
            missing,
            refused_by_tenant: signal.tenant_answer() == pb::TenantAnswer::Refusal,
            // The same whether the partner named the municipality or left it to the address.
            content: pb::Signal { gemeentecode: gemeente.to_string(), ..signal.clone() }.encode_to_vec(),
        }),
        _ => Err(faults.0),
    }
}

/// Checks a landlord's registration of step 1 or 2.
///
/// # Errors
/// Every fault.
pub fn landlord_stage(
    request: &pb::RecordLandlordStageRequest,
    region: &Region,
) -> Result<(String, Gemeentecode, u8, Cents), Vec<pb::Fault>> {
    let mut faults = Faults::default();
    let reference = reference(&mut faults, &request.reference);
    let gemeente = gemeente(&mut faults, &request.gemeentecode, region);
    let step = match request.stage() {
        pb::LandlordStage::Arrears => Some(1),
        pb::LandlordStage::Contact => Some(2),
        pb::LandlordStage::Unspecified => None,
    };
    if step.is_none() {
        faults.add("stage", "stage-unknown", "achterstand (stap 1) of persoonlijk contact (stap 2)");
    }
    let amount = amount(&mut faults, request.amount_cents);
    match (faults.0.is_empty(), gemeente, step) {
        (true, Some(gemeente), Some(step)) => Ok((reference, gemeente, step, amount)),
        _ => Err(faults.0),
    }
}

/// Checks an address that staff keeps.
///
/// # Errors
/// Every fault.
pub fn household(
    gemeentecode: &str,
    address: Option<&pb::Address>,
    person: Option<&pb::Person>,
    region: &Region,
) -> Result<(Gemeentecode, Door), Vec<pb::Fault>> {
    let mut faults = Faults::default();
    let gemeente = gemeente(&mut faults, gemeentecode, region);
    let door = self::address(&mut faults, address);
    self::person(&mut faults, person);
    match (faults.0.is_empty(), gemeente, door) {
        (true, Some(gemeente), Some(door)) => Ok((gemeente, door)),
        _ => Err(faults.0),
    }
}

/// A household that comes in by a door of its own: its address decides the municipality.
///
/// # Errors
/// All faults.
pub fn home(
    gemeentecode: &str,
    address: Option<&pb::Address>,
    person: Option<&pb::Person>,
    region: &Region,
) -> Result<(Gemeentecode, Door), Vec<pb::Fault>> {
    let mut faults = Faults::default();
    let door = self::address(&mut faults, address);
    let gemeente = located(&mut faults, gemeentecode, address.filter(|_| door.is_some()), region);
    self::person(&mut faults, person);
    match (faults.0.is_empty(), gemeente, door) {
        (true, Some(gemeente), Some(door)) => Ok((gemeente, door)),
        _ => Err(faults.0),
    }
}

/// A reference that a partner names: trimmed, not empty, not too long.
///
/// # Errors
/// The fault.
pub fn known_reference(text: &str) -> Result<String, Vec<pb::Fault>> {
    let mut faults = Faults::default();
    let reference = reference(&mut faults, text);
    if faults.0.is_empty() { Ok(reference) } else { Err(faults.0) }
}

fn reference(faults: &mut Faults, text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        faults.add("reference", "missing", "vul uw eigen kenmerk in");
    }
    if faults.short("reference", text) { text.to_owned() } else { String::new() }
}

fn gemeente(faults: &mut Faults, text: &str, region: &Region) -> Option<Gemeentecode> {
    let code = text.parse().ok().filter(|code| region.knows(*code));
    if code.is_none() {
        faults.add("gemeentecode", "gemeente-unknown", format!("een gemeente die hier meedoet: {}", region.listed()));
    }
    code
}

/// The municipality of a report: its address decides. A gemeentecode need not be told, and must not contradict the address.
fn located(faults: &mut Faults, told: &str, address: Option<&pb::Address>, region: &Region) -> Option<Gemeentecode> {
    let code = told.parse().ok();
    if !told.is_empty() && code.is_none() {
        faults.add("gemeentecode", "gemeente-unknown", "vier cijfers, of leeg: dan beslist het adres");
    }
    // An address that cannot be read is a fault already.
    let address = address?;
    let here = || format!("hier doen mee: {}", region.listed());
    match region.locate(&address.postcode, &address.place) {
        Located::Here(found) => {
            if code.is_some_and(|code| code != found) {
                let told = code.filter(|code| region.knows(*code)).map(|code| format!(", niet in {}", region.name(code)));
                let text = format!(
                    "het adres ligt in {} ({found}){}: verbeter de gemeentecode of het adres, of laat de gemeentecode leeg",
                    region.name(found),
                    told.unwrap_or_default()
                );
                faults.add("gemeentecode", "gemeente-conflict", text);
            }
            Some(found)
        }
        Located::Elsewhere(name) => {
            let text = format!("het adres ligt in de gemeente {name}, die hier niet meedoet: meld het bij {name} ({})", here());
            faults.add("address.postcode", "outside-region", text);
            None
        }
        Located::Torn { postcode: Some(postcode), place } => {
            let text = format!("de postcode ligt in {postcode}, de plaats in {place}: verbeter een van beide");
            faults.add("address.place", "place-conflict", text);
            None
        }
        Located::Torn { postcode: None, place } => {
            faults.add("address.postcode", "place-conflict", format!("een postcode van {place}, waar de plaats ligt"));
            None
        }
        Located::Shared(names) => {
            let text = format!("de plaats: deze postcode ligt in meer dan één gemeente ({})", names.join(", "));
            faults.add("address.place", "place-needed", text);
            None
        }
        Located::Unknown => {
            let trusted = code.filter(|code| region.knows(*code) && !region.has_postcodes(*code));
            if trusted.is_none() {
                faults.add("address.postcode", "outside-region", format!("een adres in een gemeente die hier meedoet; {}", here()));
            }
            trusted
        }
    }
}

fn amount(faults: &mut Faults, cents: i64) -> Cents {
    let amount = Cents(cents);
    if amount <= Cents(0) || amount > HIGHEST {
        faults.add("amount_cents", "amount", format!("een bedrag in centen, meer dan {} en hoogstens {HIGHEST}", Cents(0)));
    }
    amount
}

fn address(faults: &mut Faults, address: Option<&pb::Address>) -> Option<Door> {
    let Some(address) = address.filter(|address| **address != pb::Address::default()) else {
        faults.add("address", "missing", "vul het adres in: minstens postcode en huisnummer");
        return None;
    };
    let fields = [
        ("address.street", &address.street),
        ("address.house_number", &address.house_number),
        ("address.addition", &address.addition),
        ("address.postcode", &address.postcode),
        ("address.place", &address.place),
    ];
    if !fields.map(|(field, text)| faults.short(field, text)).iter().all(|short| *short) {
        return None;
    }
    match Door::read(address) {
        Ok(door) => Some(door),
        Err(wrong) => {
            for one in wrong {
                match one {
                    AddressFault::Postcode => {
                        faults.add("address.postcode", "postcode", "vier cijfers en twee letters, bijvoorbeeld 1234 AB")
                    }
                    AddressFault::HouseNumber => {
                        faults.add("address.house_number", "house-number", "een huisnummer van 1 tot 99999, bijvoorbeeld 12 of 12 B")
                    }
                    AddressFault::HouseNumberAsDate => faults.add("address.house_number", "house-number-date", AS_DATE),
                }
            }
            None
        }
    }
}

fn person(faults: &mut Faults, person: Option<&pb::Person>) {
    let Some(person) = person else { return };
    for (field, text) in [
        ("person.initials", &person.initials),
        ("person.infix", &person.infix),
        ("person.surname", &person.surname),
        ("person.phone", &person.phone),
        ("person.email", &person.email),
    ] {
        faults.short(field, text);
    }
}

/// A BSN may stand nowhere; the fields that hold long numbers of another kind (phone, amount, reference, dates) are not looked at.
fn no_bsn(faults: &mut Faults, signal: &pb::Signal) {
    let address = signal.address.as_ref().map(|address| {
        [
            ("address.street", &address.street),
            ("address.house_number", &address.house_number),
            ("address.addition", &address.addition),
            ("address.place", &address.place),
        ]
    });
    let person = signal.person.as_ref().map(|person| {
        [
            ("person.initials", &person.initials),
            ("person.infix", &person.infix),
            ("person.surname", &person.surname),
            ("person.email", &person.email),
        ]
    });
    for (field, text) in address.into_iter().chain(person).flatten() {
        if bsn::is_in(text) {
            faults.add(
                field,
                "bsn",
                "geen burgerservicenummer: dat mag u niet gebruiken (Wabb artikel 10); van deze melding is niets bewaard",
            );
        }
    }
}

/// Crisis, warm hand-over and contract as they are told. An end of supply is for those who supply something, and not before the report.
fn particulars(faults: &mut Faults, signal: &pb::Signal, kind: Option<PartnerKind>, signal_date: Option<Date>) -> Particulars {
    let ends = faults.date("supply_ends", signal.supply_ends.as_ref());
    if ends.is_some() && kind.is_some_and(|kind| !matches!(kind, PartnerKind::Energy | PartnerKind::Water)) {
        faults.add("supply_ends", "supply-kind", "leeg: een einde van de levering hoort bij energie, warmte of water");
    }
    if let (Some(ends), Some(date)) = (ends, signal_date)
        && ends < date
    {
        faults.add("supply_ends", "supply-ended", "een einde van de levering dat niet vóór de datum van de melding ligt");
    }
    let contract = match signal.contract.as_str() {
        "" => None,
        _ if kind.is_some_and(|kind| kind != PartnerKind::Rent) => {
            faults.add("contract", "contract-kind", "leeg: een soort huurcontract hoort bij huur");
            None
        }
        code => {
            let known = Contract::from_code(code);
            if known.is_none() {
                let codes = Contract::ALL.iter().map(|contract| contract.code()).collect::<Vec<_>>().join(", ");
                faults.add("contract", "contract-unknown", format!("leeg, of een van {codes}"));
            }
            known
        }
    };
    let supply = ends.map(FinalSupply::ending);
    Particulars { crisis: signal.crisis, warm_handover: signal.warm_handover, supply, below: None, contract }
}

/// The landlord's duties (Bgs art. 2 a-d) are recorded as they are declared, never judged. Only what a landlord says itself
/// is not met has to be done first: the report is due "if he" has done all four. Answers that as faults of their own.
fn duties(faults: &mut Faults, signal: &pb::Signal, kind: Option<PartnerKind>, today: Date) -> (Duties, Vec<pb::Fault>) {
    let told = [&signal.personal_contact, &signal.pointed_to_help, &signal.written_reminder, &signal.offered_to_report];
    let mut duties = Duties::UNSAID;
    let mut missing = Faults::default();
    for ((told, (field, letter, text)), duty) in told.into_iter().zip(DUTIES).zip(&mut duties.each) {
        let Some(told) = told else { continue };
        let on = faults.date(field, told.on.as_ref());
        faults.not_future(field, on, today);
        match pb::Shown::try_from(told.shown) {
            Ok(known) => *duty = Duty { shown: shown_in(known), on },
            Err(_) => faults.add(field, "shown-unknown", "voldaan, niet voldaan, onbekend of bewijs ontbreekt"),
        }
        if duty.shown == Shown::NotMet && kind == Some(PartnerKind::Rent) {
            missing.add(field, "duty-not-met", format!("nog te doen vóór de melding: {text} (Bgs artikel 2 onder {letter})"));
        }
    }
    match pb::TenantAnswer::try_from(signal.tenant_answer) {
        Ok(answer) => duties.answer = tenant_answer_in(answer).unwrap_or(duties.answer),
        Err(_) => faults.add("tenant_answer", "answer-unknown", "toestemming, geen antwoord of afwijzing"),
    }
    (duties, missing.0)
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
