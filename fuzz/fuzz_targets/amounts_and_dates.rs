//! Amounts and dates in every notation. What a notation allows is one value, and a value written in Dutch is read as itself.
#![cfg_attr(fuzzing, no_main)]

use kernel::{Cents, money::DecimalSign};
use libfuzzer_sys::fuzz_target;
use zeef::partner_file::{DateFault, DateOrder, Notation, amount, date};

fuzz_target!(|text: &str| {
    for amounts in [None, Some(DecimalSign::Comma), Some(DecimalSign::Point)] {
        if let Ok(cents) = amount(text, Notation { amounts, ..Notation::default() }) {
            assert!(cents > 0);
            assert_eq!(Cents::parse_in(&Cents(cents).to_string(), DecimalSign::Comma), Ok(Cents(cents)));
        }
    }
    for order in [None, Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst), Some(DateOrder::YearFirst)] {
        match date(text, order) {
            Ok(day) => assert_eq!(date(&day.to_string(), order), Ok(day)),
            Err(DateFault::Ambiguous(days)) => {
                assert!(days.len() > 1 && order.is_none_or(|order| order == DateOrder::YearFirst));
            }
            Err(fault) => assert!(!fault.text().is_empty()),
        }
    }
});
