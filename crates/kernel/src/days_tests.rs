use super::*;

fn whys(rolled: &[Roll]) -> Vec<Why> {
    rolled.iter().map(|roll| roll.why).collect()
}

#[test]
fn holidays_2025_to_2030() {
    // Good Friday, Easter Monday, Koningsdag, Ascension, Whit Monday, each (month, day).
    let table = [
        (2025, (4, 18), (4, 21), (4, 26), (5, 29), (6, 9)),
        (2026, (4, 3), (4, 6), (4, 27), (5, 14), (5, 25)),
        (2027, (3, 26), (3, 29), (4, 27), (5, 6), (5, 17)),
        (2028, (4, 14), (4, 17), (4, 27), (5, 25), (6, 5)),
        (2029, (3, 30), (4, 2), (4, 27), (5, 10), (5, 21)),
        (2030, (4, 19), (4, 22), (4, 27), (5, 30), (6, 10)),
    ];
    for (year, good_friday, easter_monday, kings_day, ascension, whit_monday) in table {
        let mut expected = vec![
            ((1, 1), Why::NewYear),
            (good_friday, Why::GoodFriday),
            (easter_monday, Why::EasterMonday),
            (kings_day, Why::KingsDay),
            ((5, 5), Why::LiberationDay),
            (ascension, Why::Ascension),
            (whit_monday, Why::WhitMonday),
            ((12, 25), Why::ChristmasDay),
            ((12, 26), Why::SecondChristmasDay),
        ];
        expected.sort_by_key(|(day, _)| *day);
        // Every day of the year, so that nothing else is a holiday either.
        let found: Vec<_> = date(year, 1, 1)
            .series(1.day())
            .take_while(|day| day.year() == year)
            .filter_map(|day| holiday(day).filter(|why| *why != Why::Decree).map(|why| ((day.month(), day.day()), why)))
            .collect();
        assert_eq!(found, expected, "{year}");
    }
}

#[test]
fn kings_day_moves_from_sunday_to_saturday() {
    for (year, on) in [(2025, 26), (2031, 26), (2036, 26), (2026, 27), (2030, 27)] {
        let days: Vec<i8> = (24..=29).filter(|day| holiday(date(year, 4, *day)) == Some(Why::KingsDay)).collect();
        assert_eq!(days, [on], "{year}");
    }
}

#[test]
fn days_and_moments_as_people_write_them() {
    assert_eq!(written_day(date(2026, 3, 1)), "1 maart 2026");
    assert_eq!(written_day(date(2026, 12, 31)), "31 december 2026");
    for (at, written) in [
        ("2026-11-25T13:05:59.9Z", "25 november 2026, 14.05 uur"),
        ("2026-06-30T22:00:00Z", "1 juli 2026, 00.00 uur"),
        ("2026-01-01T08:07:00Z", "1 januari 2026, 09.07 uur"),
    ] {
        assert_eq!(written_moment(at.parse().unwrap()), written);
    }
}

#[test]
fn easter_at_its_extremes() {
    for (year, month, day) in [(1818, 3, 22), (1943, 4, 25), (2008, 3, 23), (2038, 4, 25), (2000, 4, 23), (1981, 4, 19), (1954, 4, 18)] {
        assert_eq!(easter_sunday(year), date(year, month, day));
    }
    assert_eq!(easter_sunday(i16::MAX), Date::MAX, "no panic outside the calendar");
}

#[test]
fn decree_days_are_ascending_weekdays_with_a_source_and_known_through() {
    assert!(decree_days().windows(2).all(|pair| pair[0].0 < pair[1].0));
    for (day, source) in decree_days() {
        assert_eq!(day_off(*day), Some(Why::Decree), "{day}");
        assert!(!source.is_empty() && day.weekday() != Weekday::Saturday && day.weekday() != Weekday::Sunday);
    }
    assert_eq!(decree_days().last().unwrap().0.year(), known_through());
    assert!(is_working_day(date(2029, 5, 11)), "no decree known");
}

#[test]
fn three_working_days() {
    for (start, end) in [
        (date(2026, 4, 2), date(2026, 4, 9)),
        (date(2026, 5, 1), date(2026, 5, 7)),
        (date(2026, 12, 24), date(2026, 12, 30)),
        (date(2026, 11, 23), date(2026, 11, 26)),
        // Started on a day off: the count starts on the next working day.
        (date(2026, 11, 21), date(2026, 11, 25)),
        // Ascension on Thursday and the Friday of the decree.
        (date(2026, 5, 13), date(2026, 5, 20)),
    ] {
        assert_eq!(add_working_days(start, 3).0, end, "{start}");
    }
    let (_, rolled) = add_working_days(date(2026, 4, 2), 3);
    assert_eq!(whys(&rolled), [Why::GoodFriday, Why::Saturday, Why::Sunday, Why::EasterMonday]);
    assert_eq!(add_working_days(date(2026, 4, 3), 0), (date(2026, 4, 3), vec![]));
}

#[test]
fn ends_roll_forward_day_by_day() {
    let (end, rolled) = roll(date(2026, 12, 25));
    assert_eq!(end, date(2026, 12, 28));
    assert_eq!(whys(&rolled), [Why::ChristmasDay, Why::SecondChristmasDay, Why::Sunday]);
    assert_eq!(rolled[0].day, date(2026, 12, 25));
    assert_eq!(roll(date(2026, 1, 1)).0, date(2026, 1, 5), "New Year, decree day, weekend");
    assert_eq!(roll(date(2026, 11, 23)), (date(2026, 11, 23), vec![]));
}

#[test]
fn three_days_hold_two_ordinary_ones() {
    for (start, end, reasons) in [
        (date(2026, 4, 2), date(2026, 4, 8), vec![Why::Sunday, Why::EasterMonday, Why::TooFewOrdinaryDays]),
        (date(2026, 12, 24), date(2026, 12, 29), vec![Why::Sunday, Why::TooFewOrdinaryDays]),
        (date(2026, 11, 20), date(2026, 11, 24), vec![Why::TooFewOrdinaryDays]),
        (date(2026, 11, 23), date(2026, 11, 26), vec![]),
        // Thursday and Friday are ordinary, the Saturday rolls by art. 1.
        (date(2026, 11, 18), date(2026, 11, 23), vec![Why::Saturday, Why::Sunday]),
    ] {
        let (due, rolled) = statutory_end(start, Length::Days(3));
        assert_eq!((due, whys(&rolled)), (end, reasons), "{start}");
    }
    // Two days: art. 2 is silent, art. 1 is not.
    assert_eq!(statutory_end(date(2026, 11, 20), Length::Days(2)).0, date(2026, 11, 23));
}

#[test]
fn long_terms_are_not_moved() {
    for (moves, stays) in [
        (Length::Days(90), Length::Days(91)),
        (Length::Weeks(12), Length::Weeks(13)),
        (Length::Months(3), Length::Months(4)),
        (Length::Days(3), Length::Years(1)),
    ] {
        assert!(moves.atw_applies() && !stays.atw_applies());
        let end_is_off = |length: Length| {
            date(2026, 1, 1).series(1.day()).take(400).filter(|start| !is_working_day(statutory_end(*start, length).0)).count()
        };
        assert_eq!(end_is_off(moves), 0, "{moves:?}");
        assert!(end_is_off(stays) > 100, "{stays:?}");
    }
}

#[test]
fn months_end_on_the_last_day_of_a_shorter_month() {
    assert_eq!(Length::Months(1).after(date(2028, 1, 31)), date(2028, 2, 29));
    assert_eq!(Length::Months(6).after(date(2026, 8, 31)), date(2027, 2, 28));
    assert_eq!(Length::Years(1).after(date(2028, 2, 29)), date(2029, 2, 28));
    assert_eq!(Length::Days(28).after(date(2028, 2, 1)), date(2028, 2, 29), "leap day counts");
    assert_eq!(Length::Days(u32::MAX).after(date(2026, 1, 1)).year(), 2299, "no panic on nonsense");
    assert_eq!(backwards(date(2028, 3, 1), 1), date(2028, 2, 29));
    assert!(backwards(date(2028, 3, 1), u32::MAX) < date(2028, 3, 1));
}

#[test]
fn a_day_ends_at_midnight_in_amsterdam_also_when_the_clock_changes() {
    for (last_day, ends_at) in [
        (date(2026, 1, 15), "2026-01-15T23:00:00Z"),
        (date(2026, 7, 15), "2026-07-15T22:00:00Z"),
        // The day before, and the day of, the start of summer time (29 March 2026, 23 hours).
        (date(2026, 3, 28), "2026-03-28T23:00:00Z"),
        (date(2026, 3, 29), "2026-03-29T22:00:00Z"),
        // The day before, and the day of, its end (25 October 2026, 25 hours).
        (date(2026, 10, 24), "2026-10-24T22:00:00Z"),
        (date(2026, 10, 25), "2026-10-25T23:00:00Z"),
        (date(2028, 2, 28), "2028-02-28T23:00:00Z"),
        (date(2028, 2, 29), "2028-02-29T23:00:00Z"),
    ] {
        let at: Timestamp = ends_at.parse().unwrap();
        assert_eq!(end_of_day(last_day), at, "{last_day}");
        assert_eq!(amsterdam_date(at), last_day.tomorrow().unwrap());
        assert_eq!(amsterdam_date(at - 1.nanosecond()), last_day);
    }
    assert_eq!(end_of_day(Date::MAX), Timestamp::MAX);
}

#[test]
fn the_rule_of_amsterdam_agrees_with_the_time_zone_database() {
    let Ok(database) = TimeZone::get("Europe/Amsterdam") else { return };
    for day in date(2000, 1, 1).series(1.day()).take_while(|day| day.year() < 2037) {
        assert_eq!(start_of_day(day), day.to_zoned(database.clone()).unwrap().timestamp(), "{day}");
    }
}

#[test]
fn reasons_read_back() {
    for why in Why::ALL {
        assert_eq!(Why::from_code(why.code()), Some(why));
        assert!(!why.dutch().is_empty());
    }
    assert_eq!(Why::from_code("Saturday"), None);
}
