//! Addresses as people write them: the same door however it is spaced and cased.
#![cfg_attr(fuzzing, no_main)]

use intake::address::Door;
use libfuzzer_sys::fuzz_target;
use proto::intake::v1::Address;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n').map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    let (postcode, house_number, addition) = (next(), next(), next());
    let address = Address { postcode, house_number, addition, ..Address::default() };
    let Ok(door) = Door::read(&address) else { return };
    let line = door.line();
    let parts: Vec<&str> = line.split('|').collect();
    assert!(parts.len() == 3 && parts[0].len() == 6 && (1..=5).contains(&parts[1].len()), "{line}");
    // A door that was read once is read the same way again, in one field or in two, and with blanks around.
    for (house_number, addition) in
        [(parts[1].to_owned(), parts[2].to_owned()), (format!(" {} {} ", parts[1], parts[2]), String::new())]
    {
        let again = Address { postcode: format!(" {} ", parts[0].to_lowercase()), house_number, addition, ..Address::default() };
        assert_eq!(Door::read(&again).map(|door| door.line()).ok(), Some(line.clone()));
    }
});
