//! Cases that go together for a while.

use super::{occupancy::about, *};

fn merge(one: u128, other: u128, leading: bool) -> Command {
    Command::MergeCases { case: case(one), other: case(other), other_file: file(), leading }
}
fn work(sequences: &[u64]) -> Vec<Work> {
    // With what has an odd number a letter went out.
    sequences.iter().map(|sequence| Work { context: "outreach".into(), sequence: *sequence, written: sequence % 2 == 1 }).collect()
}
fn unmerge(one: u128, other: u128, to: &[(u64, u128)]) -> Command {
    let done: Vec<u64> = to.iter().map(|(sequence, _)| *sequence).collect();
    unmerge_of(one, other, &done, to)
}
fn unmerge_of(one: u128, other: u128, done: &[u64], to: &[(u64, u128)]) -> Command {
    let to = to.iter().map(|(sequence, n)| (*sequence, case(*n)));
    let assigned = to.map(|(sequence, case)| Assigned { context: "outreach".into(), sequence, case, written: false }).collect();
    Command::UnmergeCases { case: case(one), other: case(other), work: work(done), assigned }
}
fn rectify(one: u128, other: u128, sequence: u64) -> Command {
    Command::RectifyLetter { case: case(one), other: case(other), context: "outreach".into(), sequence }
}
/// The court opened two cases at this address before a report came in.
fn three() -> AddressFile {
    given([court(7, 6), court(8, 6), about(1, 1, (2, 1), 1)])
}

#[test]
fn merging_moves_nothing_and_un_merging_takes_the_link_away() {
    let before = three();
    let merged = given_from(&before, [merge(7, 8, true), merge(8, 7, false)]);
    assert_eq!((&merged.cases, &merged.signals, &merged.references), (&before.cases, &before.signals, &before.references));
    assert!(merged.link(case(7), case(8)).is_some_and(|link| link.leading) && merged.link(case(8), case(7)).is_some());
    assert_eq!(when(&merged, merge(7, 8, true)), Ok(vec![]), "merged already");

    let apart = given_from(&merged, [unmerge(7, 8, &[(40, 7), (41, 8)]), unmerge(8, 7, &[(40, 7), (41, 8)])]);
    assert_eq!((&apart.cases, &apart.signals), (&before.cases, &before.signals));
    assert!(apart.link(case(7), case(8)).is_none());
    let (_, assigned) = apart.links[0].until.clone().unwrap();
    assert_eq!(assigned.iter().map(|one| (one.sequence, one.case)).collect::<Vec<_>>(), [(40, case(7)), (41, case(8))]);
    assert_eq!(apart.links[1].until, apart.links[0].until, "in both histories");
    assert_eq!(when(&apart, unmerge(7, 8, &[])), Ok(vec![]), "apart already");
    assert_eq!(names(&when(&apart, merge(7, 8, false)).unwrap()), ["merged"], "and may go together again");
}

#[test]
fn all_that_was_done_is_assigned_once_and_letters_are_put_right_one_by_one() {
    let merged = given_from(&three(), [merge(7, 8, true)]);
    let refused = |command| when(&merged, command).unwrap_err();
    assert_eq!(refused(unmerge_of(7, 8, &[40, 41], &[(40, 7)])), Rejection::WorkUnassigned);
    assert_eq!(refused(unmerge_of(7, 8, &[40], &[(40, 7), (40, 8)])), Rejection::WorkUnassigned, "of one of the two");
    assert_eq!(refused(unmerge_of(7, 8, &[40], &[(40, 7), (42, 7)])), Rejection::WorkUnknown);
    assert_eq!(refused(rectify(7, 8, 41)), Rejection::LetterUnknown, "they are merged still");

    let apart = given_from(&merged, [unmerge(7, 8, &[(40, 7), (41, 8), (43, 7)])]);
    let (_, assigned) = apart.links[0].until.clone().unwrap();
    assert_eq!(assigned.iter().map(|one| one.written).collect::<Vec<_>>(), [false, true, true], "which letters, the record says");
    assert_eq!(when(&apart, rectify(7, 8, 40)), Err(Rejection::LetterUnknown), "no letter went out with that");
    let right = given_from(&apart, [rectify(7, 8, 41)]);
    assert_eq!(when(&right, rectify(7, 8, 41)), Ok(vec![]), "put right already");
    assert_eq!(names(&when(&right, rectify(7, 8, 43)).unwrap()), ["rectified"]);
}

fn given_from<const N: usize>(state: &AddressFile, commands: [Command; N]) -> AddressFile {
    commands.into_iter().fold(state.clone(), |state, command| {
        let events = when(&state, command).unwrap();
        Intake::replay(state, &events)
    })
}

#[test]
fn a_case_goes_with_one_other_that_leads() {
    let state = given_from(&three(), [merge(7, 8, true), merge(8, 7, false)]);
    let refused = |command| when(&state, command).unwrap_err();
    assert_eq!(refused(merge(8, 1, true)), Rejection::MergedAlready, "who is led does not lead");
    assert_eq!(refused(merge(8, 1, false)), Rejection::MergedAlready);
    assert_eq!(refused(merge(7, 1, false)), Rejection::MergedAlready, "who leads is not led");
    assert_eq!(refused(merge(7, 8, false)), Rejection::MergedAlready, "nor the other way round");
    assert_eq!(names(&when(&state, merge(7, 20, true)).unwrap()), ["merged"], "it may lead another one, also of another address");
    assert_eq!(refused(merge(7, 7, true)), Rejection::SameCase);
    assert_eq!(refused(merge(30, 1, true)), Rejection::CaseUnknown);
    assert_eq!(refused(unmerge(7, 20, &[])), Rejection::NotMerged);
    assert_eq!(refused(unmerge(7, 8, &[(40, 1)])), Rejection::AssignedElsewhere);
}
