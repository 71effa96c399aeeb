//! Names as partners write them. Invented people.

use kernel::PersonId;
use uuid::Uuid;

use super::*;

/// `given|infix|surname`, or a surname alone.
fn name(text: &str) -> Name {
    match text.split('|').collect::<Vec<_>>().as_slice() {
        [given, infix, surname] => Name { given: (*given).into(), infix: (*infix).into(), surname: (*surname).into() },
        _ => Name { surname: text.into(), ..Name::default() },
    }
}

#[track_caller]
fn check(one: &str, other: &str, verdict: Verdict, reason: MatchReason) {
    let (there, back) = (compare(&name(one), &name(other)), compare(&name(other), &name(one)));
    assert_eq!(there.verdict, back.verdict, "{one} and {other}, the other way round: {there:?} {back:?}");
    assert_eq!(there.verdict, verdict, "{one} and {other}: {there:?}");
    assert!(there.reasons.contains(&reason), "{one} and {other}: {there:?}");
}

#[test]
fn one_person_however_it_is_spelt() {
    use MatchReason as R;
    for (one, other, reason) in [
        ("J.||Jansen", "J||janssen", R::Spelling),
        ("J.P.||Meijer", "JP||Meyer", R::Spelling),
        ("J.||Meier", "J.||Meijer", R::Spelling),
        ("K.|van|Dijk", "K||Van Dyk", R::Spelling),
        ("T.||Jacobs", "T.||Jakobs", R::Spelling),
        ("A.||Schmidt", "A.||Schmitt", R::Spelling),
        ("Ş.||Yıldız", "S.||Yildiz", R::SurnameEqual),
        ("É.||Besançon", "E.||Besancon", R::SurnameEqual),
        ("B.||Groß", "B.||Gross", R::SurnameEqual),
        ("M.|van der|Linden", "M.|v.d.|Linden", R::SurnameEqual),
        ("M.|van der|Linden", "M.||Linden", R::SurnameEqual),
        ("M.||van der Linden", "M.|van de|Linden", R::SurnameEqual),
        ("M.||Vanderlinden", "M.|v d|Linden", R::SurnameEqual),
        ("P.|'t|Hart", "P.||'t Hart", R::SurnameEqual),
        ("H.||Vries, de", "H.|de|Vries", R::SurnameEqual),
        ("||Vries, H. de", "H.|de|Vries", R::InitialsAgree),
        ("||H. de Vries", "H.|de|Vries", R::InitialsAgree),
        ("||Hanna de Vries", "Hanna|de|Vries", R::GivenEqual),
        ("Hanna|de|Vries", "H.|de|Vries", R::InitialsAgree),
        ("H.M.|de|Vries", "H.|de|Vries", R::InitialsAgree),
        ("HM|de|Vries", "Hanna M.|de|Vries", R::GivenEqual),
        ("Th.||Bakker", "T.||Bakker", R::InitialsAgree),
        ("IJ.||Postma", "Y.||Postma", R::InitialsAgree),
        ("mevr. H.|de|Vries", "H.|de|Vries", R::InitialsAgree),
        ("H.M.|de|Boer-Jansen", "H.M.||Jansen-de Boer", R::Spelling),
        ("H.M.|de|Boer-Jansen", "H.M.||Jansen", R::DoubleName),
        ("Hanna|de|Boer", "Hanna||de Boer - Janssen", R::DoubleName),
        ("Hanna|de|Boer geb. Jansen", "Hanna||Jansen", R::DoubleName),
        ("Hanna|de|Boer e.v. Jansen", "Hanna||Jansen", R::DoubleName),
        ("Vries||Hanna", "Hanna|de|Vries", R::OrderSwapped),
        ("||Bakkerij De Korenaar B.V.", "||bakkerij de korenaar bv", R::SurnameEqual),
        ("J.||Jansen h.o.d.n. Klusbedrijf Waterveen", "J.||Jansen", R::SurnameEqual),
        ("Jan||Loodgieter Jansen B.V.", "Jan||Jansen", R::CompanyName),
    ] {
        check(one, other, Verdict::Same, reason);
    }
}

#[test]
fn two_people_of_one_household_are_never_taken_for_one() {
    use MatchReason as R;
    for (one, other, reason) in [
        ("J.|de|Vries", "M.|de|Vries", R::GivenDiffers),
        ("Jan|de|Vries", "Maria|de|Vries", R::GivenDiffers),
        ("J.|de|Vries", "M.|de|Vries-Jansen", R::GivenDiffers),
        ("J.||Jansen", "J.||Pietersen", R::SurnameDiffers),
        ("J.||Bos", "J.||Vos", R::SurnameDiffers),
        ("J.||Boot", "J.||Bot", R::SurnameDiffers),
        ("J.||Hoekstra", "J.||Hoeksma", R::SurnameDiffers),
        ("J.P.||Jansen", "M.A.||Jansen", R::GivenDiffers),
        ("||Bakkerij De Korenaar B.V.", "J.||Jansen", R::SurnameDiffers),
    ] {
        check(one, other, Verdict::Different, reason);
    }
}

#[test]
fn what_is_unsure_is_for_a_person_to_decide() {
    use MatchReason as R;
    for (one, other, reason) in [
        ("Mark|de|Boer", "Maria|de|Boer", R::GivenUnsure),
        ("M.|de|Boer", "M.|de|Boer-Jansen", R::DoubleName),
        ("J.A.||Jansen", "J.P.||Jansen", R::GivenUnsure),
        ("||Jansen", "J.||Jansen", R::GivenMissing),
        ("||Jansen", "||Jansen", R::GivenMissing),
        ("fam.||Jansen", "J.||Jansen", R::GivenMissing),
        ("J.|de|Vries", "J.|van|Vries", R::InfixDiffers),
        ("dhr. J.|de|Vries", "mevr. J.|de|Vries", R::Salutation),
        ("J.||Pietersen", "J.||Pieterson", R::OneLetter),
        ("Hanna||Jansen", "Hanna|de|Boer", R::GivenEqual),
        ("||Loodgieter Jansen B.V.", "J.||Jansen", R::CompanyName),
        ("||", "J.||Jansen", R::NameMissing),
        ("||", "||", R::NameMissing),
    ] {
        check(one, other, Verdict::Doubtful, reason);
    }
}

fn person(n: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(n))
}
fn known(n: u128, names: &[&str]) -> KnownPerson {
    KnownPerson { person: person(n), names: names.iter().map(|text| name(text)).collect(), by_reference: false }
}

#[test]
fn a_report_is_about_somebody_known_only_when_that_is_sure() {
    let household = [known(1, &["J.|de|Vries", "Jan|de|Vries"]), known(2, &["M.|de|Vries-Bakker"])];
    let found = |text: &str| find(&name(text), &household, person(9));
    let sure = found("Jan||DE VRIES");
    assert_eq!((sure.person, sure.new_name, sure.doubts.as_slice()), (person(1), true, [].as_slice()));
    let again = found("J.|de|Vries");
    assert_eq!((again.person, again.new_name), (person(1), false), "written so before");
    let son = found("Joris|de|Vries");
    assert_eq!((son.person, son.doubts.as_slice()), (person(9), [person(1)].as_slice()), "J. fits, Jan does not");
    let maiden = found("M.||Bakker");
    assert_eq!((maiden.person, maiden.doubts.as_slice()), (person(9), [person(2)].as_slice()));
    let stranger = found("K.||Postma");
    assert_eq!((stranger.person, stranger.doubts.len()), (person(9), 0));
    let nobody = found("||");
    assert_eq!((nobody.person, nobody.doubts.len(), nobody.reasons.as_slice()), (person(9), 2, [MatchReason::NameMissing].as_slice()));
}

#[test]
fn who_says_less_does_not_contradict_who_says_more() {
    let hanna = [known(1, &["H.|van der|Linden", "Hanna|v.d.|Linden"])];
    let found = |names: &[KnownPerson], text: &str| find(&name(text), names, person(9)).person;
    assert_eq!(found(&hanna, "Hanna||Jansen-van der Linden"), person(1));
    assert_eq!(found(&[known(1, &["Hanna|v.d.|Linden", "Hanna||Jansen-van der Linden"])], "Hanna||Jansen"), person(1));
    assert_eq!(found(&[known(1, &["H.|v.d.|Linden", "H.||van der Linden"])], "H.||Jansen-van der Linden"), person(9));
}

#[test]
fn two_who_fit_are_as_doubtful_as_one_who_may() {
    let household = [known(1, &["Jan|de|Vries"]), known(2, &["Joris|de|Vries"])];
    let found = find(&name("J.|de|Vries"), &household, person(9));
    assert_eq!((found.person, found.doubts.as_slice()), (person(9), [person(1), person(2)].as_slice()));
    // The next time it is the one that was set apart, and no third.
    let household = [household[0].clone(), household[1].clone(), known(9, &["J.|de|Vries"])];
    assert_eq!(find(&name("J.|de|Vries"), &household, person(10)).person, person(9));
}

#[test]
fn a_partners_own_reference_tells_who_is_meant_unless_the_name_says_otherwise() {
    let household = [KnownPerson { by_reference: true, ..known(1, &["||Jansen"]) }];
    for text in ["||Jansen", "J.||Jansen", "||"] {
        assert_eq!(find(&name(text), &household, person(9)).person, person(1), "{text}");
    }
    assert_eq!(find(&name("K.||Postma"), &household, person(9)).person, person(9), "the next tenant under an old reference");
}
