//! A partner's text file: any bytes, any encoding and notation. Every row has a verdict, and none repeats what is in the row.
#![cfg_attr(fuzzing, no_main)]

use libfuzzer_sys::{Corpus, fuzz_target};
use zeef::partner_file::{Encoding, Mapping, Reading, Rows};

const HEADER: &str = "referentie;soort;bedrag;achterstand_sinds;signaaldatum;straat;huisnummer;postcode;plaats;achternaam;telefoon;herinnering\n";

fuzz_target!(|data: &[u8]| -> Corpus {
    let [choice, bytes @ ..] = data else { return Corpus::Reject };
    let encoding = [Encoding::Auto, Encoding::Utf8, Encoding::Windows1252][usize::from(choice & 3) % 3];
    let notation = ["", "amounts = \"comma\"\ndates = \"month-first\"", "amounts = \"point\"\ndates = \"year-first\""];
    let mapping = Mapping::parse(notation[usize::from(choice >> 2 & 3) % 3]).expect("right");
    // Half of the time with a header, so that rows are reached.
    let whole = if choice & 0x80 == 0 { [HEADER.as_bytes(), bytes].concat() } else { bytes.to_vec() };
    let Ok(mut rows) = Rows::of(whole, Reading { encoding, mapping }) else { return Corpus::Keep };
    let mut last = 1;
    while let Ok(Some(row)) = rows.next_row() {
        let number = match row {
            Ok(row) => {
                assert!(row.signal.amount_cents > 0 && !row.signal.reference.is_empty());
                row.row
            }
            Err(bad) => {
                assert!(!bad.faults.is_empty() && bad.reference.chars().count() <= 64);
                bad.row
            }
        };
        assert!(number > last, "rows are numbered upwards");
        last = number;
    }
    Corpus::Keep
});
