//! Files as partners send them, through the command line: several municipalities in one, columns under other names, rows that are
//! mended and sent again, and the same file again and again however it is broken off.

use std::{collections::BTreeMap, fs, path::PathBuf};

use crate::support::{
    house::House,
    sending::{self, PARTNER, counts, killed, planned, text},
    until,
    workbook::{self, Field},
};

const HEADER: &str =
    "referentie;soort;bedrag;achterstand_sinds;signaaldatum;straat;huisnummer;postcode;plaats;voorletters;achternaam;telefoon";

fn kept(house: &House, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = house.dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_several_municipalities_is_mended_and_sent_again() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let row = |reference: &str, saldo: &str, number: &str, postcode: &str, place: &str| {
        format!("{reference};{saldo};01-01-2026;01-03-2026;Rietvoornpad;{number};{postcode};{place};J.;Voorbeeld;612345678")
    };
    let header = HEADER.replace("referentie;soort;bedrag", "Contractnr;Open saldo").replace("huisnummer", "Huisnr.");
    let rows = [
        row("M-1", "612,50", "2", "3509AB", "Waterveen"),
        row("M-2", "700,00", "3", "2509 ab", "Hoogerdam"),
        // In a neighbouring municipality; torn; a house number that became a date; and an amount with two readings.
        row("M-3", "700,00", "4", "2001 AB", "Zandermeer"),
        row("M-4", "700,00", "5", "2509 AB", "Waterveen"),
        row("M-5", "700,00", "2-jan", "3509 AB", "Waterveen"),
        row("M-6", "1.250", "7", "3009 AB", "Lindewoude"),
    ];
    let file = kept(&house, "partner.csv", format!("{header}\r\n{}\r\n", rows.join("\r\n")));
    let at = |name: &str| house.dir.path().join(name).to_str().unwrap().to_owned();

    let output = house.zeef(&["signals", "submit", file.to_str().unwrap(), "--organisation", PARTNER]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("zeef signals mapping"), "{}", text(&output));
    let output = house.zeef(&["signals", "mapping", file.to_str().unwrap(), "--to", &at("partner.toml")]).await;
    assert!(output.status.success(), "{}", text(&output));
    let mapping = fs::read_to_string(at("partner.toml")).unwrap();
    assert!(mapping.contains("amounts = \"comma\"") && mapping.contains("referentie = \"Contractnr\""), "{mapping}");
    // The person who looks at it says what it is about, and leaves the notation of amounts open.
    fs::write(at("partner.toml"), mapping.replace("amounts = ", "# amounts = ").replace("# soort", "soort")).unwrap();

    let args = ["signals", "submit", file.to_str().unwrap(), "--organisation", PARTNER];
    let options = ["--mapping".to_owned(), at("partner.toml"), "--refused".to_owned(), at("refused.csv")];
    let output = house.zeef(&args.into_iter().chain(options.iter().map(String::as_str)).collect::<Vec<_>>()).await;
    let said = text(&output);
    assert!(said.contains("aangenomen: 2, herhaald: 0, geweigerd: 4") && said.contains("refused.csv"), "{said}");
    assert!(said.contains("telefoon (2 keer): de nul vooraan ontbrak"), "{said}");
    let refused = fs::read_to_string(at("refused.csv")).unwrap();
    for words in [
        "postcode het adres ligt in de gemeente Zandermeer",
        "plaats de postcode ligt in Hoogerdam, de plaats in Waterveen",
        "Huisnr. het rekenblad maakte er een datum van",
        "Open saldo dubbelzinnig bedrag",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }

    // Mended in that very file, which is then sent as it is, with the notation told.
    let mended = refused.replace("2-jan", "2-1").replace(";2509 AB;Waterveen", ";3509 AB;Waterveen");
    let mended = kept(&house, "mended.csv", mended);
    let mut args = vec!["signals", "submit", mended.to_str().unwrap(), "--organisation", PARTNER, "--amounts", "comma"];
    args.extend(options[..2].iter().map(String::as_str));
    let output = house.zeef(&args).await;
    assert!(text(&output).contains("aangenomen: 3, herhaald: 0, geweigerd: 1"), "{}", text(&output));
    args.extend(["--refused", mended.to_str().unwrap()]);
    let output = house.zeef(&args).await;
    assert_eq!(output.status.code(), Some(2), "a file is not written over while it is read: {}", text(&output));
    for (reference, gemeente) in [("M-1", "9001"), ("M-2", "9002"), ("M-4", "9001"), ("M-5", "9001"), ("M-6", "9003")] {
        assert_eq!(house.case_of(PARTNER, reference).await.gemeentecode, gemeente, "{reference}");
    }
    house.stop().await;
    house.nobody_panicked();
    assert!(!house.said().contains("Voorbeeld"));
}

/// Doors in all three municipalities.
fn many(number: usize) -> Vec<Field> {
    let (first, place) = [(3_500, "Waterveen"), (2_500, "Hoogerdam"), (3_000, "Lindewoude")][number % 3];
    let postcode = format!("{} AB", first + number / 3 % 10);
    let (street, surname) = ("Rietvoornpad", format!("Voorbeeld-{number}"));
    let mut fields: Vec<Field> = [&format!("G-{number}"), "huur"].map(Field::from).to_vec();
    fields.extend([Field::Number(600.25), Field::Day(46_023.0), Field::Day(46_082.0), street.into()]);
    fields.extend([Field::Number((1 + number / 30) as f64), postcode.as_str().into(), place.into(), "J.".into()]);
    fields.extend([surname.as_str().into(), Field::from("0600000000")]);
    fields
}

fn as_csv(fields: &[Field]) -> String {
    let shown = |field: &Field| match field {
        Field::Text(text) => text.clone(),
        Field::Number(number) => number.to_string().replace('.', ","),
        Field::Day(46_023.0) => "01-01-2026".to_owned(),
        Field::Day(_) | Field::Raw(_) => "01-03-2026".to_owned(),
    };
    fields.iter().map(shown).collect::<Vec<_>>().join(";")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_file_again_however_it_was_broken_off() {
    const ROWS: usize = 3_000;
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let rows: Vec<Vec<Field>> = (0..ROWS).map(many).collect();
    let lines: Vec<String> = rows.iter().map(|row| as_csv(row)).collect();
    let csv = kept(&house, "many.csv", format!("{HEADER}\r\n{}\r\n", lines.join("\r\n")));
    let header: Vec<Field> = HEADER.split(';').map(Field::from).collect();
    let all: Vec<Vec<Field>> = std::iter::once(header).chain(rows).collect();
    let xlsx = kept(&house, "many.xlsx", workbook::xlsx(&all));
    let rows = u64::try_from(ROWS).unwrap();

    // The sender is killed, and so is the house.
    killed(&house, &csv, "G-0").await;
    house.kill9("zeef");
    house.restart("zeef").await;
    let (accepted, repeated, refused) = counts(&house, &csv).await;
    assert_eq!((accepted + repeated, refused), (rows, 0));
    assert!(accepted > 0 && repeated > 0, "it was broken off half-way: {accepted} new, {repeated} known");
    assert_eq!(counts(&house, &csv).await, (0, rows, 0));
    // The same reports in another form are the same reports.
    assert_eq!(counts(&house, &xlsx).await, (0, rows, 0));
    killed(&house, &xlsx, "G-0").await;
    assert_eq!(counts(&house, &xlsx).await, (0, rows, 0));

    let as_once: BTreeMap<String, usize> = ["9001", "9002", "9003"].map(|code| (code.to_owned(), ROWS / 3)).into();
    until("every report has one plan", || async {
        let found = planned(&house).await;
        if found == as_once { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
    sending::verified(&house).await;
    house.stop().await;
    house.nobody_panicked();
}
