//! A file with everything wrong with it: each bad row is named, the good ones are kept, the process lives.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use crate::support::house::House;

const HEADER: &str = "referentie;soort;gemeentecode;bedrag;achterstand_sinds;signaaldatum;straat;huisnummer;toevoeging;postcode;plaats;\
                      voorletters;tussenvoegsel;achternaam;telefoon;email;persoonlijk_contact;op_hulp_gewezen;herinnering;aanbod_doorgeven";

fn row(reference: &str, gemeentecode: &str, amount: &str, number: u32) -> String {
    format!(
        "{reference};huur;{gemeentecode};{amount};01-01-2026;2026-03-01;Rietvoornpad;{number};;3509 AB;Waterveen;J.;van;Voorbeeld;0600000000;\
         j@example.nl;ja 2026-01-20;ja 2026-01-20;ja 2026-02-01;ja 2026-02-01"
    )
}

fn file(house: &House, name: &str, bytes: &[u8]) -> PathBuf {
    let path = house.dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

async fn submit(house: &House, file: &Path, more: &[&str]) -> Output {
    let mut args = vec!["signals", "submit", file.to_str().unwrap(), "--organisation", "woonstichting"];
    args.extend(more);
    house.zeef(&args).await
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let huge = row("R-7", "9001", "600,00", 7).replace("Rietvoornpad", &"x".repeat(10 * 1024 * 1024));
    let mut bytes = [
        HEADER.to_owned(),
        row("R-2", "9001", "600,00", 2),
        // Row 3: a column too few.
        row("R-3", "9001", "600,00", 3).replacen(';', "", 1),
        // Row 4: a municipality that does not take part.
        row("R-4", "0363", "600,00", 4),
        // Row 5: no amount.
        row("R-5", "9001", "zes", 5),
        // Row 6: row 2 with another amount, which corrects it.
        row("R-2", "9001", "612,00", 2),
        huge,
        // Row 8: another encoding in the middle of a UTF-8 file.
        row("R-8", "9001", "600,00", 8).replace("Voorbeeld", "V\u{1}orbeeld"),
        row("R-9", "9001", "600,00", 9),
    ]
    .join("\r\n")
    .into_bytes();
    let at = bytes.iter().position(|byte| *byte == 1).unwrap();
    bytes[at] = 0x82;
    let mixed = file(&house, "mixed.csv", &bytes);

    let output = submit(&house, &mixed, &[]).await;
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    // Each bad row with what is wrong and what would be right, and nobody's name, address or number.
    for (row, words) in [(3, "20 velden verwacht"), (4, "gemeente"), (5, "bedrag"), (7, "65536"), (8, "UTF-8")] {
        let told = String::from_utf8_lossy(&output.stderr);
        let line =
            told.lines().find(|line| line.split(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty()) == Some(&row.to_string()));
        let line = line.unwrap_or_else(|| panic!("row {row} is not named:\n{said}"));
        assert!(line.contains(words), "row {row}: {words} expected, found: {line}");
    }
    for personal in ["Voorbeeld", "Rietvoornpad", "j@example.nl", "0600000000"] {
        assert!(!said.contains(personal), "{personal}:\n{said}");
    }

    // The good rows were kept, and nothing else.
    for reference in ["R-2", "R-9"] {
        house.case_of("woonstichting", reference).await;
    }
    for reference in ["R-3", "R-4", "R-5", "R-7", "R-8"] {
        let output = house.zeef(&["case", "find", reference, "--organisation", "woonstichting"]).await;
        assert_eq!(output.status.code(), Some(1), "{reference}: {}", text(&output));
    }

    // The same file again is harmless: the good rows are repeats, the bad ones are named again.
    let output = submit(&house, &mixed, &["--json"]).await;
    assert_eq!(output.status.code(), Some(1));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((answer["accepted"].as_u64(), answer["repeated"].as_u64()), (Some(0), Some(3)), "{answer:#}");
    // Row 6 stands for row 2 from now on, once, though the file came twice.
    let case = house.case_of("woonstichting", "R-2").await.case_id;
    let case = house.case(&case, "row 6", |case| case.timeline.iter().any(|moment| moment.event == "SignalCorrected")).await;
    let told: Vec<&str> =
        case.timeline.iter().filter(|moment| moment.event == "SignalCorrected").map(|moment| moment.text.as_str()).collect();
    assert!(matches!(told[..], [one] if one.contains("€ 610")), "{told:?}");

    // Files that cannot be read at all say so.
    let utf16: Vec<u8> = b"\xff\xfe".iter().copied().chain(HEADER.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (name, bytes, words) in [
        ("utf16.csv", utf16, "UTF-16"),
        ("empty.csv", Vec::new(), "leeg"),
        ("broken.xlsx", b"PK\x03\x04 and no more".to_vec(), "beschadigd of afgebroken"),
        ("page.xls", b"<html><table><tr><td>Jansen</td></tr></table></html>".to_vec(), "webpagina"),
        ("header.csv", HEADER.replace("bedrag;", "").into_bytes(), "bedrag"),
    ] {
        let output = submit(&house, &file(&house, name, &bytes), &[]).await;
        assert_eq!(output.status.code(), Some(1), "{name}: {}", text(&output));
        assert!(text(&output).contains(words), "{name}: {}", text(&output));
        assert!(output.stdout.is_empty());
    }
    let output = submit(&house, &house.dir.path().join("nowhere.csv"), &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("nowhere.csv"), "{}", text(&output));

    // A whole file in Windows-1252 is what it is, and a good one ends well.
    let old: Vec<u8> = format!("{HEADER}\r\n{}\r\n", row("R-10", "9001", "600,00", 10).replace("Voorbeeld", "Ca\u{eb}r\u{fc}"))
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let output = submit(&house, &file(&house, "old.csv", &old), &[]).await;
    assert!(output.status.success(), "{}", text(&output));
    house.case_of("woonstichting", "R-10").await;

    house.stop().await;
    house.nobody_panicked();
    let said = house.said();
    for personal in ["Voorbeeld", "Rietvoornpad", "j@example.nl", "0600000000"] {
        assert!(!said.contains(personal), "{personal} is in a log");
    }
}
