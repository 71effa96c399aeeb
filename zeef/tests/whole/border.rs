//! What leaves the house: no case id, in no form. It would be a key that joins one person's debts across partners.

use proto::{
    desk::v1::{GetCaseRequest, ListCasesRequest},
    intake::v1::{
        FindCaseRequest, GetReceiptRequest, LandlordStage, ListFeedbackRequest, PartnerKind, PaymentKind, RecordLandlordStageRequest,
        RecordPaymentRequest, SubmitSignalRequest, SubmitSignalsRequest, WithdrawSignalRequest,
        bailiff_service_client::BailiffServiceClient, intake_service_client::IntakeServiceClient, record_payment_request::Of,
        verdict::Outcome,
    },
};
use service::{Role, connect};
use tonic::Code;
use uuid::Uuid;

use crate::{
    bailiff,
    support::{
        collector::Collector,
        form,
        house::{House, Plan},
        mailbox::Mailbox,
        process::free_port,
        proxy::{Listening, Recorder, holds},
        region, until,
    },
};

/// Every way in which an id is written down here, and its halves as a span id would be.
fn forms(id: Uuid) -> Vec<Vec<u8>> {
    let raw = id.as_bytes();
    vec![
        raw.to_vec(),
        id.hyphenated().to_string().into_bytes(),
        id.hyphenated().to_string().to_uppercase().into_bytes(),
        id.simple().to_string().into_bytes(),
        id.simple().to_string().to_uppercase().into_bytes(),
        raw[8..].to_vec(),
        hex::encode(&raw[8..]).into_bytes(),
    ]
}

struct Border {
    recorder: Recorder,
    listening: Vec<Listening>,
}

impl Border {
    /// Intake as a partner sees it: through the recorder, heard as gRPC.
    async fn partner(&mut self, house: &House, organisation: &str) -> IntakeServiceClient<Listening> {
        let token = house.token(&House::partner(organisation));
        let listening = Listening::new(connect(&self.recorder.url(), Some(&token)).await.unwrap());
        self.listening.push(listening.clone());
        IntakeServiceClient::new(listening)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_case_id_crosses_the_border() {
    // With a collector, so that every part that might send trace context along does so.
    let collector = Collector::start().await;
    let house = Plan::default().clock("2026-03-02T09:00:00+01:00").env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()).start().await;
    let mut border = Border { recorder: Recorder::to(house.process("intake").port).await, listening: Vec::new() };
    let mut landlord = border.partner(&house, "woonstichting").await;
    let mut energy = border.partner(&house, "noorderlicht-energie").await;

    let stage = |reference: &str, stage: LandlordStage| RecordLandlordStageRequest {
        command: region::now(),
        reference: reference.to_owned(),
        gemeentecode: "9001".to_owned(),
        stage: stage.into(),
        amount_cents: 60_000,
    };
    landlord.record_landlord_stage(stage("W-1", LandlordStage::Arrears)).await.unwrap();
    landlord.record_landlord_stage(stage("W-1", LandlordStage::Contact)).await.unwrap();
    landlord.record_landlord_stage(stage("W-1", LandlordStage::Unspecified)).await.unwrap_err();

    let one = |signal| SubmitSignalRequest { command: region::now(), signal: Some(signal), ..Default::default() };
    let first = region::signal("9001", "W-1", 1);
    landlord.submit_signal(one(first.clone())).await.unwrap();
    let again = landlord.submit_signal(one(first.clone())).await.unwrap().into_inner();
    let Some(Outcome::Repeated(receipt)) = again.verdict.unwrap().outcome else { panic!("sent twice, and not a repeat") };
    let mut other = first.clone();
    other.amount_cents += 1;
    let corrected = landlord.submit_signal(SubmitSignalRequest { signed: true, ..one(other) }).await.unwrap().into_inner();
    let Some(Outcome::Accepted(corrected)) = corrected.verdict.unwrap().outcome else { panic!("another content, and not a correction") };
    assert_eq!(corrected.replaces_receipt_id, receipt.receipt_id);
    assert!(!corrected.document.is_empty());
    landlord.get_receipt(GetReceiptRequest { receipt_id: receipt.receipt_id.clone() }).await.unwrap();
    let mut wrong = region::signal("9999", "W-9", 9);
    wrong.amount_cents = -1;
    let refused = landlord.submit_signal(one(wrong.clone())).await;
    assert!(refused.is_err() || matches!(refused.unwrap().into_inner().verdict.unwrap().outcome, Some(Outcome::Refused(_))));

    let rows = (2..40).map(move |row| SubmitSignalsRequest {
        row,
        signal: Some(if row == 20 { wrong.clone() } else { region::signal("9001", &format!("W-{row}"), row) }),
        happened_at: String::new(),
        ..Default::default()
    });
    landlord.submit_signals(tokio_stream::iter(rows)).await.unwrap();
    let mut shared = region::signal("9001", "E-1", 1);
    shared.kind = PartnerKind::Energy.into();
    energy.submit_signal(one(shared)).await.unwrap();

    // The ids that must not be seen, asked for by staff, past the recorder.
    let mut desk = house.desk().await;
    let cases = until("the desk shows every case", || {
        let mut desk = desk.clone();
        async move {
            let cases = desk.list_cases(ListCasesRequest::default()).await.map_err(|status| status.to_string())?.into_inner().cases;
            if cases.len() >= 38 { Ok(cases) } else { Err(format!("{} cases", cases.len())) }
        }
    })
    .await;
    let shared = house.case_of("woonstichting", "W-1").await;
    assert_eq!(shared.case_id, house.case_of("noorderlicht-energie", "E-1").await.case_id, "one household, one case");

    let payment = |of: Of, kind: PaymentKind| RecordPaymentRequest { command: region::now(), of: Some(of), kind: kind.into() };
    for (reference, kind) in [
        ("W-1", PaymentKind::PlanAgreed),
        ("W-1", PaymentKind::PlanBroken),
        ("W-1", PaymentKind::Paid),
        ("W-2", PaymentKind::CurrentRentPaid),
        ("W-2", PaymentKind::Paid),
    ] {
        landlord.record_payment(payment(Of::Reference(reference.to_owned()), kind)).await.unwrap();
    }
    landlord.record_payment(payment(Of::Reference("nobody".to_owned()), PaymentKind::Paid)).await.unwrap_err();
    // A reference of another partner is none of theirs.
    energy.record_payment(payment(Of::Reference("W-3".to_owned()), PaymentKind::Paid)).await.unwrap_err();
    let withdraw = |reference: &str, reason: &str| WithdrawSignalRequest {
        command: region::now(),
        reference: reference.to_owned(),
        reason: reason.to_owned(),
    };
    landlord.withdraw_signal(withdraw("W-3", "error")).await.unwrap();
    landlord.withdraw_signal(withdraw("W-3", "error")).await.unwrap_err();
    landlord.withdraw_signal(withdraw("W-4", "no such reason")).await.unwrap_err();
    landlord.withdraw_signal(withdraw("nobody", "error")).await.unwrap_err();
    let feedback = |reference: &str| ListFeedbackRequest { reference: reference.to_owned(), page: None };
    assert_eq!(landlord.list_feedback(feedback("")).await.unwrap().into_inner().reports.len(), 38);
    landlord.list_feedback(feedback("W-3")).await.unwrap();
    energy.list_feedback(feedback("W-3")).await.unwrap_err();

    // What a partner may not ask at all, with the right id in the question.
    let denied = landlord.record_payment(payment(Of::CaseId(shared.case_id.clone()), PaymentKind::Paid)).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
    let find = FindCaseRequest { organisation: "woonstichting".to_owned(), reference: "W-5".to_owned(), ..FindCaseRequest::default() };
    assert_eq!(landlord.find_case(find.clone()).await.unwrap_err().code(), Code::PermissionDenied);

    let heard: Vec<u8> = border.listening.iter().flat_map(Listening::heard).collect();
    let sent = border.recorder.to_client();
    assert!(heard.len() > 5_000 && sent.len() > 5_000, "{} heard, {} sent: the recorders were in between", heard.len(), sent.len());
    let receipt = receipt.receipt_id.as_bytes();
    assert!(holds(&heard, receipt) && holds(&sent, receipt), "what is there is seen");

    assert!(cases.iter().any(|case| case.case_id == shared.case_id));
    for case in cases {
        // The address file would join debts as well as the case does.
        let file =
            desk.get_case(GetCaseRequest { case_id: case.case_id.clone(), at_least: Vec::new() }).await.unwrap().into_inner().file_key;
        let file = file.split('.').next_back().unwrap().to_owned();
        for (what, id) in [("case", &case.case_id), ("address file", &file)] {
            for form in forms(id.parse().unwrap()) {
                assert!(!holds(&heard, &form), "{what} {id} was heard as {}", String::from_utf8_lossy(&form));
                assert!(!holds(&sent, &form), "{what} {id} was sent as {}", String::from_utf8_lossy(&form));
            }
        }
    }

    // And if one did cross, it would have been found: the same question by staff, through the same recorders.
    let token = house.token(&house.actor(&[Role::Desk]));
    let staff = Listening::new(connect(&border.recorder.url(), Some(&token)).await.unwrap());
    let found = IntakeServiceClient::new(staff.clone()).find_case(find).await.unwrap().into_inner();
    assert!(holds(&staff.heard(), found.case_id.as_bytes()) && holds(&border.recorder.to_client(), found.case_id.as_bytes()));
    house.stop().await;
    house.nobody_panicked();
}

/// The doors without an account, and what is delivered: pages, mails, the receipt as a file and on paper, what a bailiff hears, and the
/// file for the statistics office.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_does_one_by_the_form_a_bailiff_or_a_delivery() {
    let (mailbox, public) = (Mailbox::open(), free_port());
    let collector = Collector::start().await;
    let plan = Plan::default().clock("2026-03-02T09:00:00+01:00").env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let house = form::public_pages(plan, public, &mailbox).start().await;

    let post = |path: &str, fields: &[(&str, &str)]| match path {
        "/" => form::raw(public, "POST /", form::PARTS, &form::parts(fields, &[])),
        _ => form::raw(public, &format!("POST {path}"), form::WORDS, form::form(fields).as_bytes()),
    };
    let mut pages = vec![form::raw(public, "GET /", form::WORDS, b"")];
    pages.push(post("/", &form::filled(&[("postcode", "35AB")])));
    pages.push(post("/", &form::filled(&[])));
    assert!(holds(&pages.concat(), b"Uw melding telt pas daarna"), "{}", String::from_utf8_lossy(&pages.concat()));
    let link = form::link(&mailbox);
    pages.push(form::raw(public, &format!("GET {link}"), form::WORDS, b""));
    let confirmed = post(&link, &[]);
    let receipt = form::hidden(&form::page(&confirmed));
    pages.extend([confirmed, post(&link, &[])]);
    for path in ["/meldbewijs", "/meldbewijs/bestand", "/meldbewijs/pdf"] {
        pages.push(post(path, &[("meldbewijs", &receipt)]));
    }

    let listening = Listening::new(connect(&house.process("intake").url(), Some(&house.token(&bailiff::office()))).await.unwrap());
    let mut door = BailiffServiceClient::new(listening.clone());
    for on in ["2026-03-25", "2026-03-25", "2026-03-11"] {
        door.announce_eviction(bailiff::notice("GDW-1", 1, on)).await.unwrap();
    }
    door.announce_eviction(bailiff::notice("", 2, "2026-03-25")).await.unwrap_err();

    let mut desk = house.desk().await;
    let cases = until("both cases", || {
        let mut desk = desk.clone();
        async move {
            let cases = desk.list_cases(ListCasesRequest::default()).await.map_err(|status| status.to_string())?.into_inner().cases;
            if cases.len() == 2 { Ok(cases) } else { Err(format!("{} cases", cases.len())) }
        }
    })
    .await;
    let delivery = ["ddas", "export", "--municipality", "9001", "--from", "2026-01-01", "--to", "2026-12-31"];
    let delivery = house.zeef(&[delivery.as_slice(), &["--supplier", "ZEEF", "--sender", "Regio Voorbeeld"]].concat()).await;
    assert!(delivery.status.success(), "{delivery:?}");

    let document: serde_json::Value = serde_json::from_str(&receipt).unwrap();
    let id = document["document"]["receipt_id"].as_str().unwrap();
    // Long lines of a mail travel in pieces.
    let mails = mailbox.mails().join("\n").replace("=\r\n", "").into_bytes();
    let told = [("pages", pages.concat()), ("mails", mails), ("bailiff", listening.heard()), ("delivery", delivery.stdout)];
    for (what, seen) in [("pages", id), ("mails", link.as_str()), ("bailiff", "9001"), ("delivery", "vroegsignalen")] {
        assert!(told.iter().any(|(name, bytes)| *name == what && holds(bytes, seen.as_bytes())), "{what}: what is there is seen");
    }
    for case in cases {
        let asked = GetCaseRequest { case_id: case.case_id.clone(), at_least: Vec::new() };
        let file = desk.get_case(asked).await.unwrap().into_inner().file_key;
        for id in [case.case_id.as_str(), file.split('.').next_back().unwrap()] {
            for form in forms(id.parse().unwrap()) {
                for (what, bytes) in &told {
                    assert!(!holds(bytes, &form), "{what}: {id} as {}", String::from_utf8_lossy(&form));
                }
            }
        }
    }
    house.stop().await;
    house.nobody_panicked();
}
