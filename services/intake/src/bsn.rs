//! Finds a citizen service number (*burgerservicenummer*) in free text: landlords and utilities may not use one (Wabb art. 10),
//! so a report that holds one is refused before anything of it is kept.

/// Whether nine digits in a row, perhaps with single signs between them, pass the eleven test (*elfproef*).
pub fn is_in(text: &str) -> bool {
    // Nearly every text has fewer digits than that: nothing is allocated for those.
    if text.bytes().filter(u8::is_ascii_digit).count() < 9 {
        return false;
    }
    let mut joined = Vec::new();
    let mut whole = Vec::new();
    let mut gap = false;
    for c in text.chars().chain(['x']) {
        match (c.to_digit(10), c) {
            (Some(digit), _) => {
                if gap {
                    if passes(&whole) {
                        return true;
                    }
                    whole.clear();
                    gap = false;
                }
                whole.push(digit);
                joined.push(digit);
            }
            // `1234.56.782` and `123 456 782` are numbers too, as people write them.
            (None, '.' | ' ' | '-') if !gap && !whole.is_empty() => gap = true,
            (None, _) => {
                if passes(&whole) || passes(&joined) {
                    return true;
                }
                whole.clear();
                joined.clear();
                gap = false;
            }
        }
    }
    false
}

/// 9a + 8b + 7c + 6d + 5e + 4f + 3g + 2h - i is a multiple of eleven; nine zeros are nobody's.
fn passes(digits: &[u32]) -> bool {
    let [rest @ .., last] = digits else { return false };
    let sum: u32 = rest.iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 9 && digits.iter().any(|digit| *digit != 0) && (sum + 11 - last).is_multiple_of(11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_pass_the_eleven_test_are_found_however_they_are_written() {
        for text in ["999990019", "bsn 999990342", "(123456782)", "1234.56.782", "999 993 653", "Dorpsstraat 123456782 a", "12 123456782"] {
            assert!(is_in(text), "{text}");
        }
        for text in ["123456789", "000000000", "12345678", "1234567820", "12 B", "", "1234  56782", "Verzonnen", "99999001", "12-2"] {
            assert!(!is_in(text), "{text}");
        }
    }
}
