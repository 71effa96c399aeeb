//! Files with a form (*bewijsstukken*): what is taken, for how long, who gets it, and when nothing of it is left.

use futures::TryStreamExt as _;
use intake::receipt::{Signed, check, keys::PublicKeys};
use jiff::SignedDuration;
use journal::Keyed as _;
use proto::intake::v1::{self as pb, form_service_client::FormServiceClient, open_evidence_response::Part, verdict::Outcome};
use service::Client;
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::house::{House, signal, until};

type Forms = FormServiceClient<Client>;

/// A letter of some pieces.
fn letter() -> Vec<u8> {
    let bytes = (0..300_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes());
    b"%PDF-1.7\n".iter().copied().chain(bytes).collect()
}

async fn keep(forms: &mut Forms, name: &str, bytes: &[u8]) -> pb::KeepFileResponse {
    let first = pb::KeepFileRequest { name: name.to_owned(), data: Vec::new() };
    let parts: Vec<_> = bytes.chunks(30_000).map(|part| pb::KeepFileRequest { data: part.to_vec(), ..Default::default() }).collect();
    forms.keep_file(tokio_stream::iter(std::iter::once(first).chain(parts))).await.unwrap().into_inner()
}
async fn token(forms: &mut Forms, name: &str, bytes: &[u8]) -> String {
    let kept = keep(forms, name, bytes).await;
    assert_eq!(kept.faults, [], "{name}");
    kept.token
}
fn file(duty: &str, token: &str) -> pb::FormFile {
    pb::FormFile { duty: duty.to_owned(), token: token.to_owned() }
}
fn form(signal: pb::Signal, files: Vec<pb::FormFile>) -> pb::KeepFormRequest {
    let (landlord_name, landlord_email) = ("V. Verhuurder".to_owned(), "verhuurder@voorbeeld.nl".to_owned());
    pb::KeepFormRequest { signal: Some(signal), landlord_name, landlord_email, more_than_two_homes: false, files }
}
async fn sent(forms: &mut Forms, signal: pb::Signal, files: Vec<pb::FormFile>) -> pb::KeepFormResponse {
    forms.keep_form(form(signal, files)).await.unwrap().into_inner()
}
fn codes(faults: &[pb::Fault]) -> Vec<String> {
    faults.iter().map(|fault| format!("{}:{}", fault.field, fault.code)).collect()
}
async fn confirmed(forms: &mut Forms, token: String) -> pb::Receipt {
    let verdict = forms.confirm_form(pb::ConfirmFormRequest { token }).await.unwrap().into_inner().verdict.unwrap();
    match verdict.outcome {
        Some(Outcome::Accepted(receipt) | Outcome::Repeated(receipt)) => receipt,
        other => panic!("{other:?}"),
    }
}
async fn pieces(house: &House) -> usize {
    house.journal.keys("intake-evidence", "").await.unwrap().len()
}
async fn waiting(house: &House) -> usize {
    house.journal.keys("intake-forms", "").await.unwrap().len()
}
fn opened(signal_id: &str) -> pb::OpenEvidenceRequest {
    pb::OpenEvidenceRequest { signal_id: signal_id.to_owned(), purpose: "evidence".to_owned(), content: true }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_on_the_receipt_and_with_staff_and_gone_with_who_is_erased() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut forms = house.forms().await;
    let (letter, log) = (letter(), b"Gebeld op 3 februari, niet opgenomen".to_vec());
    let files = vec![
        file("c", &token(&mut forms, "C:\\brieven\\herinnering Verzonnen.pdf", &letter).await),
        file("a", &token(&mut forms, "gesprek.txt", &log).await),
    ];
    let mut report = signal("", 1);
    report.written_reminder = Some(pb::Duty { shown: pb::Shown::EvidenceMissing.into(), on: None });
    let kept = sent(&mut forms, report, files).await;
    assert_eq!(codes(&kept.faults), Vec::<String>::new());
    assert_eq!(forms.look_at_form(pb::LookAtFormRequest { token: kept.token.clone() }).await.unwrap().into_inner().files, 2);
    let receipt = confirmed(&mut forms, kept.token.clone()).await;
    let mut staff = house.staff("9001").await;
    let keys = staff.get_receipt_keys(pb::GetReceiptKeysRequest {}).await.unwrap().into_inner().keys;
    let keys: PublicKeys = check::published(&keys).unwrap();
    let Signed { document, .. } = check::receipt(&receipt.document, &keys).unwrap();
    let duties = document.declared.unwrap().duties.unwrap();
    let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    assert_eq!((duties.c.status.as_str(), &duties.c.evidence_sha256), ("met", &vec![hash(&letter)]), "a duty that a file shows is met");
    assert_eq!((&duties.a.evidence_sha256, &duties.b.evidence_sha256), (&vec![hash(&log)], &Vec::new()));
    assert!(!receipt.document.contains("herinnering"), "a name is in no receipt");
    assert_eq!(confirmed(&mut forms, kept.token).await.document, receipt.document, "pressed twice");

    let case_id = until("the case", || async {
        let cases = house.journal.keys("intake-vault", "").await.unwrap();
        if cases.is_empty() {
            return None;
        }
        let find = pb::FindCaseRequest { gemeentecode: "9001".into(), address: signal("", 1).address, ..Default::default() };
        house.staff("9001").await.find_case(find).await.ok().map(|found| found.into_inner().case_id)
    })
    .await;
    let list = pb::ListSignalsRequest { case_id: case_id.clone(), ..Default::default() };
    let line = staff.list_signals(list.clone()).await.unwrap().into_inner().signals.remove(0);
    assert_eq!((line.organisation.as_str(), line.evidence), ("particulier", 2));
    let parts: Vec<_> = staff.open_evidence(opened(&line.signal_id)).await.unwrap().into_inner().try_collect().await.unwrap();
    let mut told: Vec<(pb::EvidenceFile, Vec<u8>)> = Vec::new();
    for part in parts {
        match part.part.unwrap() {
            Part::File(file) => told.push((file, Vec::new())),
            Part::Data(bytes) => told.last_mut().unwrap().1.extend(bytes),
        }
    }
    assert_eq!(told.iter().map(|(file, _)| (file.duty.as_str(), file.kind.as_str())).collect::<Vec<_>>(), [("c", "pdf"), ("a", "txt")]);
    assert!(told[0].1 == letter && told[1].1 == log, "byte by byte");
    assert_eq!((told[0].0.name.as_str(), told[0].0.size), ("herinnering Verzonnen.pdf", letter.len() as u64), "without its folders");
    let officer = || house.officer("9001");
    let access = pb::AccessRequest { case_id: case_id.clone(), person_id: String::new() };
    let told = officer().await.access(access).await.unwrap().into_inner();
    assert_eq!(told.records[0].files.len(), 2, "who asks what is kept hears of them");
    let looks: Vec<_> = told.looks.iter().filter(|look| look.audit.contains("\"purpose\":\"evidence\"")).collect();
    assert!(looks.len() == 1 && looks[0].record.contains("verwerkingsactiviteit:evidence"), "{looks:?}");

    // Another municipality, and a signal that there is not: the same bytes.
    let nobodys = kernel::ids::new_uuid(jiff::Timestamp::now()).to_string();
    let mut stranger = house.staff("9002").await;
    let mut refused = Vec::new();
    for id in [&line.signal_id, &nobodys] {
        let status = stranger.open_evidence(opened(id)).await.unwrap_err();
        refused.push((status.code(), status.message().to_owned(), status.details().to_vec()));
    }
    assert_eq!((refused[0].0, &refused[0]), (Code::NotFound, &refused[1]));
    assert_eq!(house.partner("particulier").await.open_evidence(opened(&line.signal_id)).await.unwrap_err().code(), Code::PermissionDenied);

    // A file that is a report's stays when the form is gone, and goes with the report's record.
    house.clock.settable().unwrap().advance(SignedDuration::from_hours(30)).unwrap();
    until("forms are gone", || async { (waiting(&house).await == 0).then_some(()) }).await;
    assert_eq!(pieces(&house).await, 10 + 1 + 2, "pieces, and whose each file is");
    let erase = pb::EraseRequest { case_id, ground: "unlawful".into(), ..Default::default() };
    officer().await.erase(erase).await.unwrap();
    assert_eq!(pieces(&house).await, 0);
    assert_eq!(staff.list_signals(list).await.unwrap().into_inner().signals[0].evidence, 0);
    let none: Vec<_> = staff.open_evidence(opened(&line.signal_id)).await.unwrap().into_inner().try_collect().await.unwrap();
    assert_eq!(none, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_evidence_is_refused_and_nothing_of_it_stays() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut forms = house.forms().await;
    let mut large = letter();
    large.resize(10 * 1024 * 1024 + 1, 7);
    let text_that_is_none = [b"Gebeld".repeat(40_000), vec![0]].concat();
    for (name, bytes, code) in [
        ("leeg.pdf", &b""[..], "file-empty"),
        ("brief.pdf", b"MZ\x90\x00\x03\x00\x00\x00", "file-kind"),
        ("brief.docx", b"PK\x03\x04\x14\x00\x06\x00", "file-kind"),
        ("lang.txt", &text_that_is_none, "file-kind"),
        ("groot.pdf", &large, "file-too-large"),
    ] {
        let kept = keep(&mut forms, name, bytes).await;
        assert_eq!((codes(&kept.faults), kept.token.as_str()), (vec![format!("file:{code}")], ""), "{name}");
        assert!(!format!("{:?}", kept.faults).contains(name), "a name is repeated by nobody");
    }
    large.truncate(10 * 1024 * 1024);
    let whole = token(&mut forms, "groot.pdf", &large).await;
    assert_eq!((pieces(&house).await, waiting(&house).await), (86, 1), "of what was refused nothing is left");

    // Too many; a file that nobody knows; a file that shows what is said not to be so. What was sent stays, for the form that is right.
    let many: Vec<_> = (0..9).map(|_| file("b", &whole)).collect();
    assert_eq!(codes(&sent(&mut forms, signal("", 1), many).await.faults), ["files.b:too-many-files"]);
    let strange = format!("{}0", &whole[..whole.len() - 1]);
    let strange = if strange == whole { format!("{}1", &whole[..whole.len() - 1]) } else { strange };
    assert_eq!(codes(&sent(&mut forms, signal("", 1), vec![file("b", &strange)]).await.faults), ["files.b:file-gone"]);
    let unknown = Some(pb::Duty { shown: pb::Shown::Unknown.into(), on: None });
    let contradicts = pb::Signal { pointed_to_help: unknown, ..signal("", 1) };
    assert_eq!(codes(&sent(&mut forms, contradicts, vec![file("b", &whole)]).await.faults), ["files.b:evidence-of-nothing"]);

    // The tenant refused: nothing is kept, of the file neither.
    let refusal = pb::Signal { tenant_answer: pb::TenantAnswer::Refusal.into(), ..signal("", 1) };
    assert!(sent(&mut forms, refusal, vec![file("b", &whole)]).await.blocked);
    assert_eq!((pieces(&house).await, waiting(&house).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_with_the_form_that_nobody_confirmed_and_with_a_report_that_was_returned() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut forms = house.forms().await;
    let (forgotten, late) = (token(&mut forms, "een.pdf", b"%PDF-1").await, token(&mut forms, "twee.pdf", b"%PDF-2").await);
    sent(&mut forms, signal("", 1), vec![file("c", &forgotten)]).await;
    // Returned by its own word: its content is kept for thirty days, its files as long.
    let not_met = Some(pb::Duty { shown: pb::Shown::NotMet.into(), on: None });
    let premature = pb::Signal { pointed_to_help: not_met, ..signal("", 2) };
    let third = token(&mut forms, "drie.pdf", b"%PDF-3").await;
    let kept = sent(&mut forms, premature, vec![file("c", &third)]).await;
    let verdict = forms.confirm_form(pb::ConfirmFormRequest { token: kept.token }).await.unwrap().into_inner().verdict.unwrap();
    assert!(matches!(verdict.outcome, Some(Outcome::Returned(_))), "{verdict:?}");
    assert_eq!(pieces(&house).await, 4);
    let clock = house.clock.settable().unwrap();
    clock.advance(SignedDuration::from_mins(61)).unwrap();
    let told = sent(&mut forms, signal("", 3), vec![file("c", &late)]).await;
    assert_eq!(codes(&told.faults), ["files.c:file-gone"], "a file waits an hour for its form");
    clock.advance(SignedDuration::from_hours(26)).unwrap();
    until("only the returned report's file is there", || async { (pieces(&house).await == 2).then_some(()) }).await;
    clock.advance(SignedDuration::from_hours(31 * 24)).unwrap();
    until("it went with the content of its report", || async { (pieces(&house).await == 0).then_some(()) }).await;
}
