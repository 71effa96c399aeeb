use uuid::Uuid;

use super::*;

/// Events of version 1 and the bytes they were stored as. Never change a line: stored bytes are read for ever.
fn golden() -> Vec<(Event, &'static str)> {
    let case = CaseId::from_uuid(Uuid::from_u128(0x0192_f0c1_7a3e_7c44_9d0e_5b1f_2a3c_4d5e));
    let routed = CaseRouted {
        route: Uuid::from_u128(1),
        case,
        track: Track::Crisis,
        team: "crisisinterventie".to_owned(),
        plan: "crisis".to_owned(),
        attempts: vec![
            PlannedAttempt { after_days: 0, channel: Channel::Visit, daypart: Some(Daypart::Evening) },
            PlannedAttempt { after_days: 3, channel: Channel::Letter, daypart: None },
        ],
        rule: "rent-750-euro".to_owned(),
        policy: "9001".to_owned(),
        policy_version: "2026-1".to_owned(),
        policy_hash: [7; 32],
        policy_position: 0,
        reason: Text { nl: "De huurachterstand is 750 euro of meer.".to_owned(), en: String::new() },
        priority: None,
        first_attempt_by: None,
        place: None,
        facts: vec![Told { name: "amount_cents".to_owned(), value: "75000".to_owned(), source: String::new(), on: None }],
        because: Because::Signal,
        supply_ends: None,
        corrected: None,
        signal: Some(SignalRef { id: SignalId::from_uuid(Uuid::from_u128(2)), received_at: "2026-03-09T09:00:00Z".parse().unwrap() }),
        file_key: Some("9001.0192f0c17a3e7c449d0e5b1f2a3c4d5e".parse().unwrap()),
    };
    let bare =
        CaseRouted { because: Because::Override, signal: None, file_key: None, attempts: Vec::new(), facts: Vec::new(), ..routed.clone() };
    let explained = CaseRouted {
        reason: Text { en: "The rent arrears are 750 euros or more.".to_owned(), ..routed.reason.clone() },
        priority: Some(Priority::Acute),
        first_attempt_by: Some(Date::constant(2026, 3, 10)),
        facts: vec![Told {
            name: "months".to_owned(),
            value: "2".to_owned(),
            source: "partner".to_owned(),
            on: Some(Date::constant(2026, 1, 1)),
        }],
        ..bare.clone()
    };
    let activated = Activation {
        version: "2026-1".to_owned(),
        hash: [7; 32],
        valid_from: Date::constant(2026, 4, 1),
        author: "b-1".to_owned(),
        approver: "b-2".to_owned(),
    };
    let text =
        "gemeente = \"9001\"\nversion = \"2026-1\"\njoins = { nl = \"\", en = \"\" }\noverrides = {}\nteams = {}\nrule = []\nplans = {}\n";
    let proposed = Proposal { policy: Arc::new(policy_file::stored(text).unwrap()), text: text.into(), author: "b-1".to_owned() };
    let place = Place {
        team: "wijkteam".to_owned(),
        on: Date::constant(2026, 3, 9),
        overflow: vec![
            Overflow { team: "buurtteam".to_owned(), why: WhyNot::Full, capacity: Some(25) },
            Overflow { team: "buurtteam-west".to_owned(), why: WhyNot::Absent, capacity: None },
        ],
    };
    let crisis = CaseRouted { because: Because::Crisis, supply_ends: Some(Date::constant(2026, 4, 8)), ..bare.clone() };
    let corrected = CaseRouted {
        corrected: Some(SignalRef { id: SignalId::from_uuid(Uuid::from_u128(2)), received_at: "2026-03-10T09:00:00Z".parse().unwrap() }),
        ..crisis.clone()
    };
    let kept = Told {
        name: "benefit".to_owned(),
        value: "true".to_owned(),
        source: "household".to_owned(),
        on: Some(Date::constant(2026, 3, 12)),
    };
    vec![
        (
            Event::CircumstanceKept { case, told: kept },
            "a206100192f0c17a3e7c449d0e5b1f2a3c4d5eaa06280a0762656e656669741204747275651a09686f757365686f6c64220c0a0a323032362d30332d3132",
        ),
        (
            Event::CaseRouted(Box::new(corrected)),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a066372697369732211637269736973696e74657276656e7469652a066372697369733a0d72656e742d3735302d6575726f4204393030314a06323032362d31522007070707070707070707070707070707070707070707070707070707070707075a27446520687575726163687465727374616e6420697320373530206575726f206f66206d6565722e6a06637269736973ba060c0a0a323032362d30342d3038c2061000000000000000000000000000000002c80680f5e5b7cd33",
        ),
        (
            Event::CaseRouted(Box::new(crisis)),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a066372697369732211637269736973696e74657276656e7469652a066372697369733a0d72656e742d3735302d6575726f4204393030314a06323032362d31522007070707070707070707070707070707070707070707070707070707070707075a27446520687575726163687465727374616e6420697320373530206575726f206f66206d6565722e6a06637269736973ba060c0a0a323032362d30342d3038",
        ),
        (
            Event::PlaceTaken { route: Uuid::from_u128(1), place: place.clone() },
            "a2061000000000000000000000000000000001aa060877696a6b7465616db2060c0a0a323032362d30332d3039ba0616a2060962757572747465616daa060466756c6cb00619ba061aa2060e62757572747465616d2d77657374aa0606616273656e74",
        ),
        (
            Event::CaseRouted(Box::new(CaseRouted { team: place.team.clone(), place: Some(place), ..bare.clone() })),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a06637269736973220877696a6b7465616d2a066372697369733a0d72656e742d3735302d6575726f4204393030314a06323032362d31522007070707070707070707070707070707070707070707070707070707070707075a27446520687575726163687465727374616e6420697320373530206575726f206f66206d6565722e6a086f76657272696465aa060c0a0a323032362d30332d3039b20616a2060962757572747465616daa060466756c6cb00619b2061aa2060e62757572747465616d2d77657374aa0606616273656e74",
        ),
        (
            Event::CaseRouted(Box::new(CaseRouted { policy_position: 12, ..bare.clone() })),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a066372697369732211637269736973696e74657276656e7469652a066372697369733a0d72656e742d3735302d6575726f4204393030314a06323032362d31522007070707070707070707070707070707070707070707070707070707070707075a27446520687575726163687465727374616e6420697320373530206575726f206f66206d6565722e6a086f76657272696465a0060c",
        ),
        (
            Event::PolicyActivated(activated),
            "a20606323032362d31aa06200707070707070707070707070707070707070707070707070707070707070707b2060c0a0a323032362d30342d3031ba0603622d31c20603622d32",
        ),
        (
            Event::PolicyProposed(proposed),
            "a20606323032362d31aa062033723625ab3c65b70c84da3c5eb05c171f0ba4aa03e3c70c25abc677e9272974b2067167656d65656e7465203d202239303031220a76657273696f6e203d2022323032362d31220a6a6f696e73203d207b206e6c203d2022222c20656e203d202222207d0a6f7665727269646573203d207b7d0a7465616d73203d207b7d0a72756c65203d205b5d0a706c616e73203d207b7d0aba0603622d31",
        ),
        (
            Event::CaseRouted(Box::new(explained)),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a066372697369732211637269736973696e74657276656e7469652a066372697369733a0d72656e742d3735302d6575726f4204393030314a06323032362d31522007070707070707070707070707070707070707070707070707070707070707075a27446520687575726163687465727374616e6420697320373530206575726f206f66206d6565722e62220a066d6f6e7468731201321a07706172746e6572220c0a0a323032362d30312d30316a086f766572726964658a0105616375746592010c0a0a323032362d30332d31309a01275468652072656e7420617272656172732061726520373530206575726f73206f72206d6f72652e",
        ),
        (
            Event::CaseRouted(Box::new(routed)),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a066372697369732211637269736973696e74657276656e7469652a066372697369733213120a6875697362657a6f656b1a0561766f6e6432090803120562726965663a0d72656e742d3735302d6575726f4204393030314a06323032362d31522007070707070707070707070707070707070707070707070707070707070707075a27446520687575726163687465727374616e6420697320373530206575726f206f66206d6565722e62150a0c616d6f756e745f63656e7473120537353030306a067369676e616c7210000000000000000000000000000000027880bdcc8ecd33820125393030312e3031393266306331376133653763343439643065356231663261336334643565",
        ),
        (
            Event::CaseRouted(Box::new(bare)),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a066372697369732211637269736973696e74657276656e7469652a066372697369733a0d72656e742d3735302d6575726f4204393030314a06323032362d31522007070707070707070707070707070707070707070707070707070707070707075a27446520687575726163687465727374616e6420697320373530206575726f206f66206d6565722e6a086f76657272696465",
        ),
        (Event::RouteEnded { case, reason: "paid".to_owned() }, "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e120470616964"),
    ]
}

#[test]
fn stored_bytes_of_every_version_are_read_for_ever() {
    for (event, bytes) in golden() {
        let encoded = encode(&event);
        assert_eq!(hex::encode(&encoded.bytes), bytes, "{}", encoded.name);
        assert_eq!(decode(encoded.name, encoded.version, &hex::decode(bytes).unwrap()), Ok(event));
    }
}

#[test]
fn what_a_newer_binary_wrote_waits_and_damage_is_told() {
    let (event, _) = golden().remove(8);
    let encoded = encode(&event);
    assert_eq!(decode("CaseRouted", 2, &encoded.bytes), Err(Unreadable::UnknownType));
    assert_eq!(decode("CaseMoved", 1, &encoded.bytes), Err(Unreadable::UnknownType));
    assert_eq!(decode("CaseRouted", 1, &encoded.bytes[..20]), Err(Unreadable::Undecodable));
    let newer = pb::CaseRouted { track: "express".to_owned(), ..read(&encoded.bytes).unwrap() };
    assert_eq!(decode("CaseRouted", 1, &newer.encode_to_vec()), Err(Unreadable::UnknownType));
}
