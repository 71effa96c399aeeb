//! Owns what a spreadsheet does to a text when nobody looks: dates out of house numbers, lost zeros, lost digits. What has one
//! reading is put right and told; what lost something is refused with what helps.

use super::cell::Seen;

/// Put right, and worth telling the sender.
pub const ZERO_PUT_BACK: &str = "de nul vooraan ontbrak en is erbij gezet: maak de kolom in het rekenblad op als Tekst";

const AS_DATE: &str = "het rekenblad maakte er een datum van (2-1 wordt dan 2-jan): maak de kolom op als Tekst en vul de waarde opnieuw in";
const SCIENTIFIC: &str = "het rekenblad schreef een lang getal als 1,23E+11 en verloor cijfers: maak de kolom op als Tekst en vul het kenmerk \
                          opnieuw in";
const FRACTION: &str = "een getal met cijfers achter de komma, waarvan nullen verloren kunnen zijn: maak de kolom op als Tekst en vul de waarde \
                        opnieuw in";
const FIFTEEN: &str = "een getal van meer dan 15 cijfers, waarvan het rekenblad de laatste niet bewaart: maak de kolom op als Tekst en vul de \
                       waarde opnieuw in";

/// Largest whole number of which a spreadsheet keeps every digit.
const FIFTEEN_DIGITS: f64 = 999_999_999_999_999.0;

/// A name, place, reference: anything that is no number to reckon with.
pub fn text(seen: Seen<'_>) -> Result<String, &'static str> {
    match seen {
        Seen::Text(text) if is_scientific(text) => Err(SCIENTIFIC),
        Seen::Text(text) => Ok(text.to_owned()),
        Seen::Number(number) if number.fract() != 0.0 => Err(FRACTION),
        Seen::Number(number) if number.abs() > FIFTEEN_DIGITS => Err(FIFTEEN),
        Seen::Number(number) => Ok(format!("{number:.0}")),
        Seen::Day(_) => Err(AS_DATE),
        Seen::Wrong(why) => Err(why),
    }
}

/// A house number or its addition.
pub fn house_number(seen: Seen<'_>) -> Result<String, &'static str> {
    let text = text(seen)?;
    if is_day_of_month(&text) { Err(AS_DATE) } else { Ok(text) }
}

/// A telephone number, and whether its zero was put back: nine digits without a zero are a Dutch number that lost it.
pub fn phone(seen: Seen<'_>) -> Result<(String, bool), &'static str> {
    let text = text(seen)?;
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let lost = digits == 9 && text.starts_with(|c: char| ('1'..='9').contains(&c));
    Ok(if lost { (format!("0{text}"), true) } else { (text, false) })
}

/// `1,23E+11`: always with a sign behind the E, so that a reference such as `12E3` is left alone.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once([',', '.']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && exponent.strip_prefix(['+', '-']).is_some_and(digits)
}

/// `2-jan`, `02-jan`, `jan-02`, `2-jan-26`: a day and a month in letters, as Dutch and English spreadsheets write them.
fn is_day_of_month(text: &str) -> bool {
    const MONTHS: [&str; 15] = ["jan", "feb", "mrt", "mar", "apr", "mei", "may", "jun", "jul", "aug", "sep", "okt", "oct", "nov", "dec"];
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let month = |part: &&str| MONTHS.contains(part);
    let number = |part: &&str| part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [one, other] => (month(one) && number(other)) || (number(one) && month(other)),
        [day, name, year] => number(day) && month(name) && number(year),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_house_number_that_became_a_date_is_refused_with_what_helps() {
        for text in ["2-jan", "02-jan", "jan-02", "31-MRT", "2-jan-26", "2 may"] {
            assert_eq!(house_number(Seen::Text(text)), Err(AS_DATE), "{text}");
        }
        assert_eq!(house_number(Seen::Day(date(2026, 1, 2))), Err(AS_DATE));
        assert!(AS_DATE.contains("2-1") && AS_DATE.contains("Tekst"));
        for text in ["12", "12 B", "12-B", "12b", "12 bis", "12-2", "12 jansen", "mei", ""] {
            assert_eq!(house_number(Seen::Text(text)).as_deref(), Ok(text));
        }
        assert_eq!(house_number(Seen::Number(12.0)).as_deref(), Ok("12"));
    }

    #[test]
    fn a_phone_gets_its_zero_back() {
        for (text, right, lost) in [
            ("612345678", "0612345678", true),
            ("6 12 34 56 78", "06 12 34 56 78", true),
            ("0612345678", "0612345678", false),
            ("+31612345678", "+31612345678", false),
            ("31612345678", "31612345678", false),
            ("", "", false),
        ] {
            assert_eq!(phone(Seen::Text(text)), Ok((right.to_owned(), lost)), "{text}");
        }
        assert_eq!(phone(Seen::Number(612_345_678.0)), Ok(("0612345678".to_owned(), true)));
        assert_eq!(phone(Seen::Text("6,12E+08")), Err(SCIENTIFIC));
    }

    #[test]
    fn lost_digits_are_never_taken_for_a_reference() {
        for wrong in ["1,23E+11", "1.2E+5", "1E+05", "9,9e-10"] {
            assert_eq!(text(Seen::Text(wrong)), Err(SCIENTIFIC), "{wrong}");
        }
        for right in ["12E3", "E+11", "1,23", "R-1E+", "WW-2026-0001", "2026E+A"] {
            assert_eq!(text(Seen::Text(right)).as_deref(), Ok(right));
        }
        assert_eq!(text(Seen::Number(123_456_789_012.0)).as_deref(), Ok("123456789012"));
        assert_eq!(text(Seen::Number(1e15)), Err(FIFTEEN));
        assert_eq!(text(Seen::Number(2026.1)), Err(FRACTION));
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(text(Seen::Number(number)).is_err(), "{number}");
        }
    }
}
