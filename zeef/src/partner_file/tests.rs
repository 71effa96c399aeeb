use super::*;

pub const HEADER: &str = "referentie;soort;gemeentecode;bedrag;achterstand_sinds;signaaldatum;straat;huisnummer;toevoeging;postcode;plaats;\
                      voorletters;tussenvoegsel;achternaam;telefoon;email;persoonlijk_contact;op_hulp_gewezen;herinnering;aanbod_doorgeven";

pub fn good(reference: &str) -> String {
    format!(
        "{reference};huur;9001;1.234,56;01-12-2025;2026-01-15;Rietvoornpad;12;B;3509 AB;Waterveen;J.;van der;Voorbeeld;0612345678;\
         j@example.nl;ja 2026-01-05;nee;onbekend;"
    )
}

pub fn read(bytes: &[u8], encoding: Encoding) -> Vec<Result<Row, BadRow>> {
    let mut rows = Rows::of(bytes.to_vec(), Reading { encoding, ..Reading::default() }).unwrap();
    std::iter::from_fn(|| rows.next_row().unwrap()).collect()
}

pub fn file(rows: &[String]) -> String {
    format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"))
}

fn faults(row: &Result<Row, BadRow>) -> Vec<(&str, &str)> {
    row.as_ref().unwrap_err().faults.iter().map(|fault| (fault.column.as_str(), fault.text.as_str())).collect()
}

fn changed(column: &str, value: &str) -> String {
    let at = HEADER.split(';').position(|name| name == column).unwrap();
    let row = good("R-1");
    let mut fields: Vec<&str> = row.split(';').collect();
    fields[at] = value;
    fields.join(";")
}

#[test]
fn a_row_becomes_a_signal() {
    let rows = read(file(&[good("R-1")]).as_bytes(), Encoding::Auto);
    let Row { row, reporter, signal, .. } = rows[0].clone().unwrap();
    assert_eq!((row, reporter), (2, None));
    assert_eq!((signal.reference.as_str(), signal.kind, signal.amount_cents), ("R-1", 1, 123_456));
    assert_eq!(signal.arrears_since.unwrap().iso, "2025-12-01");
    assert_eq!(signal.person.unwrap().infix, "van der");
    let personal = signal.personal_contact.unwrap();
    assert_eq!((personal.shown, personal.on.unwrap().iso), (1, "2026-01-05".to_owned()));
    assert_eq!((signal.pointed_to_help.unwrap().shown, signal.written_reminder.unwrap().shown), (2, 3));
    assert_eq!(signal.offered_to_report, None);
}

#[test]
fn mark_separator_order_and_line_ends_do_not_matter() {
    let plain = read(file(&[good("R-1")]).as_bytes(), Encoding::Auto);
    let mark = format!("\u{feff}{}", file(&[good("R-1")]));
    assert_eq!(read(mark.as_bytes(), Encoding::Auto), plain);
    let unix = file(&[good("R-1")]).replace("\r\n", "\n\n");
    assert_eq!(read(unix.trim().as_bytes(), Encoding::Auto)[0].as_ref().unwrap().signal, plain[0].as_ref().unwrap().signal);
    let commas = file(&[good("R-1").replace("1.234,56", "\"1.234,56\"")]).replace(';', ",");
    assert_eq!(read(commas.as_bytes(), Encoding::Auto), plain);
    let turned = |line: &str| line.split(';').rev().collect::<Vec<_>>().join(";");
    let turned = format!("{}\n{}", turned(&HEADER.to_uppercase()), turned(&good("R-1")));
    assert_eq!(read(turned.as_bytes(), Encoding::Auto)[0].as_ref().unwrap().signal, plain[0].as_ref().unwrap().signal);
    let quoted = format!("{}\n{}", HEADER.replace("straat", "\"straat\""), good("R-1"));
    assert_eq!(read(quoted.as_bytes(), Encoding::Auto), plain);
}

#[test]
fn a_missing_column_is_named_with_those_found() {
    let text = |header: &str| Rows::of(header.as_bytes().to_vec(), Reading::default()).err().unwrap().to_string();
    let missing = text(&HEADER.replace("bedrag;", "").replace("postcode;", ""));
    assert!(missing.contains("kolom ontbreekt: bedrag, postcode; gevonden: referentie, soort"), "{missing}");
    assert!(missing.contains("zeef signals mapping"));
    assert!(text("").contains("leeg"));
    assert!(text("referentie\nR-1").contains("geen ; of ,"));
    assert!(text(&format!("{HEADER};soort")).contains("soort staat er twee keer"));
    for name in ["BSN", "bsn-nummer", "Burgerservicenummer huurder"] {
        assert!(text(&format!("{HEADER};{name}")).contains("nooit een BSN"), "{name}");
    }
    let people = text("Jansen;Dorpsstraat;3509 AB");
    assert!(people.contains("3 kolommen met andere namen") && !people.contains("Jansen"), "{people}");
    let rows = Rows::of(format!("{HEADER};opmerking;_rij").into_bytes(), Reading::default()).unwrap();
    assert_eq!(rows.columns().ignored(), ["opmerking"]);
}

#[test]
fn each_wrong_field_is_named_with_what_would_be_right() {
    for (column, value, right) in [
        ("bedrag", "twaalf", "1234,56"),
        ("bedrag", "1.250", "dubbelzinnig"),
        ("bedrag", "-12,00", "boven nul"),
        ("bedrag", "0", "boven nul"),
        ("bedrag", "1.250", "--amounts comma"),
        ("bedrag", "1,250", "--mapping"),
        ("signaaldatum", "04/03/2026", "4 maart 2026 of 3 april 2026"),
        ("signaaldatum", "03-04-26", "3 april 2026 of 26 april 2003"),
        ("signaaldatum", "46115", "dagnummer van het rekenblad"),
        ("herinnering", "ja 03/04/2026", "dubbelzinnige datum"),
        ("huisnummer", "2-jan", "2-1 wordt dan 2-jan"),
        ("referentie", "1,23E+11", "verloor cijfers"),
        ("telefoon", "6,12E+08", "verloor cijfers"),
        ("soort", "krant", "huur, energie, water, zorg, hypotheek of gemeentelijke belasting"),
        ("gemeentecode", "363", "0363"),
        ("signaaldatum", "31-02-2026", "31-12-2026"),
        ("signaaldatum", "", "31-12-2026"),
        ("achterstand_sinds", "vorig jaar", "31-12-2026"),
        ("herinnering", "ja", "ja 2026-01-31"),
        ("herinnering", "ja gisteren", "ja 2026-01-31"),
        ("referentie", " ", "leeg"),
        ("achternaam", "", "leeg"),
    ] {
        let rows = read(file(&[changed(column, value)]).as_bytes(), Encoding::Auto);
        let faults = faults(&rows[0]);
        assert_eq!(faults.len(), 1, "{column} {value}: {faults:?}");
        assert!(faults[0].0 == column && faults[0].1.contains(right), "{column} {value}: {faults:?}");
    }
}

#[test]
fn good_rows_are_kept_whatever_the_others_are() {
    let bad = [good("R-2").replacen(';', "", 1), good("R-3").replace("Rietvoornpad", "\"Rietvoornpad"), changed("bedrag", "x")];
    let rows = read(file(&[good("R-1"), bad[0].clone(), bad[1].clone(), bad[2].clone(), good("R-5")]).as_bytes(), Encoding::Auto);
    assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, false, true]);
    assert!(faults(&rows[1])[0].1.contains("20 velden verwacht zoals in de eerste regel, 19 gevonden"));
    assert!(faults(&rows[2])[0].1.contains("aanhalingsteken"));
    assert_eq!((rows[3].as_ref().unwrap_err().row, rows[3].as_ref().unwrap_err().reference.as_str()), (5, "R-1"));
    assert_eq!(rows[4].as_ref().unwrap().row, 6);
}

#[test]
fn a_field_of_ten_megabytes_is_passed_over() {
    let huge = changed("straat", &"x".repeat(10 * 1024 * 1024));
    let rows = read(file(&[good("R-1"), huge, good("R-3")]).as_bytes(), Encoding::Auto);
    assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert!(faults(&rows[1])[0].1.contains("ten hoogste 65536"));
    // A line without an end: nothing of it is kept.
    let endless = std::io::Read::chain(std::io::Cursor::new(format!("{HEADER}\n").into_bytes()), std::io::repeat(b'x').take(64 << 20));
    let settled = encoding::Settled { text: encoding::Text::Utf8, lines: None };
    let (mut lines, _) = lines::Lines::read(Box::new(endless), settled).unwrap();
    let (row, bad) = lines.next().unwrap().unwrap();
    assert!(row == 2 && bad.err().unwrap().text.contains("67108864 tekens"));
    let long = read(file(&[changed("straat", &"x".repeat(300))]).as_bytes(), Encoding::Auto);
    assert_eq!(faults(&long[0]), [("straat", "langer dan 200 tekens")]);
}

#[test]
fn windows_1252_is_taken_when_it_cannot_be_anything_else() {
    let text = file(&[good("R-1").replace("Voorbeeld", "Ca\u{eb}r\u{fc}")]);
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let rows = read(&bytes, Encoding::Auto);
    assert_eq!(rows[0].as_ref().unwrap().signal.person.as_ref().unwrap().surname, "Ca\u{eb}r\u{fc}");
    assert_eq!(read(text.as_bytes(), Encoding::Auto), rows);
    assert!(faults(&read(&bytes, Encoding::Utf8)[0])[0].1.contains("--encoding windows-1252"));
}

#[test]
fn what_may_be_another_encoding_is_refused_by_row_and_named() {
    // 82 is a letter with an accent in DOS, and a low quotation mark in Windows-1252.
    let mut bytes = file(&[good("R-1"), good("R-2"), good("R-3")]).into_bytes();
    let at = bytes.windows(9).enumerate().filter(|(_, window)| window == b"Voorbeeld").nth(1).unwrap().0;
    bytes[at] = 0x82;
    let rows = read(&bytes, Encoding::Auto);
    assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let bad = rows[1].as_ref().unwrap_err();
    assert_eq!((bad.row, bad.reference.as_str()), (3, "R-2"));
    assert!(faults(&rows[1])[0].1.contains("--encoding windows-1252"));
    assert!(read(&bytes, Encoding::Windows1252).iter().all(Result::is_ok), "when told so, it is read so");
    // 81 is nothing in Windows-1252.
    bytes[at] = 0x81;
    assert!(read(&bytes, Encoding::Windows1252)[1].is_err());
    assert!(matches!(Rows::of(b"\xff\xfer\0e\0f\0".to_vec(), Reading::default()), Err(FileError::Utf16)));
}

#[test]
fn no_fault_repeats_what_is_personal() {
    let rows = read(file(&[changed("bedrag", "x").replace("0612345678", &"7".repeat(400))]).as_bytes(), Encoding::Auto);
    let bad = rows[0].as_ref().unwrap_err();
    let text = format!("{} {:?}", bad.reference, bad.faults);
    for personal in ["Voorbeeld", "Rietvoornpad", "7777", "example.nl"] {
        assert!(!text.contains(personal), "{text}");
    }
}

#[test]
fn a_phone_that_lost_its_zero_is_put_right_and_told() {
    let rows = read(file(&[changed("telefoon", "612345678"), good("R-2")]).as_bytes(), Encoding::Auto);
    let (lost, whole) = (rows[0].as_ref().unwrap(), rows[1].as_ref().unwrap());
    assert_eq!(lost.signal.person, whole.signal.person);
    assert_eq!((lost.advice[0].column.as_str(), whole.advice.len()), ("telefoon", 0));
    assert!(lost.advice[0].text.contains("nul vooraan") && lost.advice[0].text.contains("Tekst"));
}

#[test]
fn the_municipality_may_be_left_to_the_address() {
    let without = |row: &str| row.split(';').enumerate().filter(|(at, _)| *at != 2).map(|(_, field)| field).collect::<Vec<_>>().join(";");
    let bytes = format!("{}\n{}\n", without(HEADER), without(&good("R-1")));
    assert_eq!(read(bytes.as_bytes(), Encoding::Auto)[0].as_ref().unwrap().signal.gemeentecode, "");
    assert_eq!(read(file(&[changed("gemeentecode", "")]).as_bytes(), Encoding::Auto)[0].as_ref().unwrap().signal.gemeentecode, "");
}

#[test]
fn a_duty_may_be_told_by_its_date_alone() {
    let rows = read(file(&[changed("herinnering", "05-01-2026")]).as_bytes(), Encoding::Auto);
    let told = rows[0].as_ref().unwrap().signal.written_reminder.clone().unwrap();
    assert_eq!((told.shown, told.on.unwrap().iso.as_str()), (1, "2026-01-05"));
}

#[test]
fn a_contract_is_read_by_its_dutch_word_and_unknown_when_nothing_is_said() {
    let told = |word: &str| {
        let bytes = format!("{HEADER};huurcontract\n{};{word}\n", good("R-1"));
        read(bytes.as_bytes(), Encoding::Auto).remove(0)
    };
    for (word, code) in
        [("", ""), ("onbekend", ""), ("Antikraak", "property-guardian"), ("campuscontract", "campus"), ("tussenverhuur", "intermediate")]
    {
        assert_eq!(told(word).unwrap().signal.contract, code, "{word}");
    }
    let bad = told("kasteel");
    assert_eq!(faults(&bad)[0].0, "huurcontract");
    assert!(faults(&bad)[0].1.contains("dienstwoning"), "{bad:?}");
}

#[test]
fn a_mapping_names_columns_and_fixes_the_notation() {
    let header = HEADER.replace("bedrag", "Open saldo").replace("soort;", "").replace("huisnummer", "Huisnr.");
    let row = good("R-1").replace("huur;", "").replace("1.234,56", "1.250").replace("2026-01-15", "01/05/26");
    let bytes = format!("{header}\n{row}\n");
    let mapping = |text: &str| Reading { mapping: Mapping::parse(text).unwrap(), ..Reading::default() };
    let names = "[columns]\nbedrag = \"Open saldo\"\nhuisnummer = \"huisnr.\"\n[always]\nsoort = \"energie\"\n";
    let one = |notation: &str| {
        let mut rows = Rows::of(bytes.clone().into_bytes(), mapping(&format!("{notation}{names}"))).unwrap();
        rows.next_row().unwrap().unwrap()
    };
    let signal = one("amounts = \"comma\"\ndates = \"month-first\"\n").unwrap().signal;
    assert_eq!((signal.amount_cents, signal.kind, signal.signal_date.unwrap().iso.as_str()), (125_000, 2, "2026-01-05"));
    let bad = one("").unwrap_err();
    assert_eq!(bad.faults.iter().map(|fault| fault.column.as_str()).collect::<Vec<_>>(), ["Open saldo", "signaaldatum"]);
    let missing = Rows::of(bytes.into_bytes(), mapping("[columns]\nbedrag = \"Saldo\"\n")).err().unwrap().to_string();
    assert!(missing.contains("Saldo") && missing.contains("huisnummer") && missing.contains("soort"), "{missing}");
}

#[test]
fn a_proposal_reads_the_file_it_was_made_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("partner.csv");
    let header = HEADER.replace("referentie", "Contractnr").replace("bedrag", "Open saldo").replace("achternaam", "Naam");
    let propose_for = |amounts: [&str; 2], dates: [&str; 2]| {
        let rows: Vec<String> = [0, 1].map(|at| good("R-1").replace("1.234,56", amounts[at]).replace("2026-01-15", dates[at])).to_vec();
        std::fs::write(&path, format!("{header};Memo\n{}\n", rows.iter().map(|row| format!("{row};x")).collect::<Vec<_>>().join("\n")))
            .unwrap();
        propose(&path, Encoding::Auto).unwrap()
    };
    let clear = propose_for(["1.250", "812,50"], ["01/02/2026", "31/01/2026"]);
    assert!(clear.contains("\namounts = \"comma\"") && clear.contains("\ndates = \"day-first\""), "{clear}");
    assert!(clear.contains("referentie = \"Contractnr\"") && clear.contains("# Niet gebruikt: Memo"), "{clear}");
    assert!(!clear.contains("Voorbeeld"), "nothing of a row: {clear}");
    let reading = Reading { mapping: Mapping::parse(&clear).unwrap(), ..Reading::default() };
    let mut rows = Rows::open(&path, reading).unwrap();
    assert_eq!(rows.next_row().unwrap().unwrap().unwrap().signal.amount_cents, 125_000);

    let unclear = propose_for(["1.250", "2.500"], ["01/02/2026", "02/01/2026"]);
    assert!(
        unclear.contains("# amounts = \"comma\" of amounts = \"point\"") && unclear.contains("2 bedragen zijn dubbelzinnig"),
        "{unclear}"
    );
    assert!(unclear.contains("# dates = ") && Mapping::parse(&unclear).is_ok(), "{unclear}");
    let torn = propose_for(["1.250,50", "2,500.50"], ["2026-01-01", "2026-01-02"]);
    assert!(torn.contains("# De bedragen zijn in verschillende notaties") || !torn.contains("amounts = "), "{torn}");
    std::fs::write(&path, "Jansen;Dorpsstraat\nDe Vries;Kerkweg\n").unwrap();
    let said = propose(&path, Encoding::Auto).unwrap_err().to_string();
    assert!(said.contains("2 kolommen met andere namen") && !said.contains("Jansen"), "a first row of data is not repeated: {said}");
}
