//! What bailiffs tell: a repeat, a correction, a household that nobody knew, and one that is handed over.

use super::*;

fn by(content: u8) -> ByBailiff {
    ByBailiff {
        organisation: "deurwaarder-veen".into(),
        identity: keyed(230),
        content: keyed(content),
        receipt_id: Uuid::from_u128(content.into()),
        received_at: moment().now,
    }
}
/// The eviction on a day of May; opens case `n` when none is open.
fn notice(day: i8, n: u128) -> Command {
    let eviction = Notice {
        on: date(2026, 5, day),
        time: None,
        served_on: None,
        ground: EvictionGround::Arrears,
        goods: vec![Goods::Household],
        cubic_metres: Some(20),
    };
    let content = u8::try_from(day).unwrap();
    Command::NoticeEviction(Box::new(NewNotice {
        notice: Uuid::from_u128(n),
        file: file(),
        new_case: case(n),
        vault_id: Uuid::from_u128(n),
        by: by(content),
        eviction,
    }))
}
fn noticed(events: &[Event]) -> &EvictionNoticed {
    events.iter().find_map(|event| if let Event::EvictionNoticed(e) = event { Some(e) } else { None }).unwrap()
}

#[test]
fn a_notice_about_a_household_that_nobody_knew_opens_a_case_at_step_eleven() {
    let events = when(&given([]), notice(20, 1)).unwrap();
    assert_eq!(names(&events), ["opened", "region", "noticed"]);
    let Event::CaseOpened(opened) = &events[0] else { panic!() };
    assert_eq!((opened.entry_step, opened.origin), (11, Origin::Bailiff));
    let state = given([notice(20, 1)]);
    assert_eq!((state.cases.len(), state.case(case(1)).unwrap().legal), (1, Region::Running));
    assert!(state.is_threatened(), "a report counts now although a duty is not met");
}

#[test]
fn the_same_again_is_a_repeat_and_another_time_corrects_the_same_notice() {
    let state = given([signal(1, 1, 1, 1), notice(20, 2)]);
    assert_eq!(state.cases.len(), 1, "it is the case that is known");
    assert_eq!(when(&state, notice(20, 3)), Ok(vec![]));
    let told = when(&given([signal(1, 1, 1, 1)]), notice(20, 2)).unwrap();
    assert_eq!(names(&told), ["region", "noticed"], "the case is not closed before the court liaison has read it");
    let events = when(&state, notice(27, 3)).unwrap();
    let corrected = noticed(&events);
    assert_eq!((corrected.notice, corrected.corrects, corrected.case), (Uuid::from_u128(2), true, case(1)));
    let state = given([signal(1, 1, 1, 1), notice(20, 2), notice(27, 3)]);
    assert_eq!(state.told(keyed(230)).unwrap().by.receipt_id, Uuid::from_u128(27), "the newest word is what stands");
    assert_eq!(names(&when(&state, notice(20, 4)).unwrap()), ["noticed"], "back to the first day is a correction too");
}

#[test]
fn a_household_that_is_handed_over_asks_for_help_once() {
    let ask = |content| {
        Command::RequestHelp(NewRequest {
            request: Uuid::from_u128(9),
            file: file(),
            new_case: case(1),
            vault_id: Uuid::from_u128(9),
            threat: None,
            eviction_on: None,
            by: Some(by(content)),
            district: None,
        })
    };
    let state = given([ask(1)]);
    assert_eq!(state.case(case(1)).unwrap().entry_step, 4);
    assert_eq!(when(&state, ask(1)), Ok(vec![]));
    assert_eq!(names(&when(&state, ask(2)).unwrap()), ["asked"]);
}
