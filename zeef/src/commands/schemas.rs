//! Holds `docs/schemas/` to what the commands answer. `ZEEF_WRITE_SCHEMAS=1 cargo test -p zeef schemas` writes them.

use std::{fs, path::Path};

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};

use super::{
    aftercare, case, clock, concerns, court, evidence, feedback, hand_over, journal, merge, outreach, partners, persons, rights, routing,
    sieve, signal_list, terms, vault, wishes,
};

fn schema<T: JsonSchema>() -> String {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut text = serde_json::to_string_pretty(&generator.into_root_schema_for::<T>()).unwrap();
    text.push('\n');
    text
}

#[test]
fn the_schemas_in_docs_are_those_of_the_commands() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    let all = [
        ("aftercare-duties", schema::<aftercare::DutiesAnswer>()),
        ("case-find", schema::<case::CaseFindAnswer>()),
        ("case-list", schema::<case::CaseListAnswer>()),
        ("case-merged", schema::<merge::MergedAnswer>()),
        ("case-show", schema::<case::CaseShowAnswer>()),
        ("case-trace", schema::<case::CaseTraceAnswer>()),
        ("clock-show", schema::<clock::ClockAnswer>()),
        ("concerns-count", schema::<concerns::ConcernCountsAnswer>()),
        ("concerns-list", schema::<concerns::ConcernsAnswer>()),
        ("concerns-show", schema::<concerns::ConcernAnswer>()),
        ("court-hearings", schema::<court::HearingsAnswer>()),
        ("court-violations", schema::<court::ViolationsAnswer>()),
        ("hand-over-open", schema::<hand_over::HouseholdAnswer>()),
        ("hand-over-list", schema::<hand_over::HandOversAnswer>()),
        ("journal-parked", schema::<journal::ParkedAnswer>()),
        ("journal-reconcile", schema::<journal::ReconcileAnswer>()),
        ("journal-verify", schema::<journal::VerifyAnswer>()),
        ("outreach-worklist", schema::<outreach::WorklistAnswer>()),
        ("partners-late", schema::<partners::LateAnswer>()),
        ("partners-list", schema::<partners::PartnersAnswer>()),
        ("persons-open", schema::<persons::PairAnswer>()),
        ("persons-show", schema::<persons::PersonAnswer>()),
        ("persons-pairs", schema::<persons::PairsAnswer>()),
        ("persons-wishes", schema::<wishes::WishesAnswer>()),
        ("receipt", schema::<intake::receipt::Signed>()),
        ("receipt-keys", schema::<intake::receipt::keys::PublicKeys>()),
        ("rights-access", schema::<rights::AccessAnswer>()),
        ("rights-erase", schema::<rights::EraseAnswer>()),
        ("rights-list", schema::<rights::RightsAnswer>()),
        ("routing-check", schema::<routing::policies::CheckAnswer>()),
        ("routing-show", schema::<routing::policies::ShowAnswer>()),
        ("routing-explain", schema::<routing::explain::ExplainAnswer>()),
        ("routing-load", schema::<routing::load::LoadAnswer>()),
        ("routing-policies", schema::<routing::versions::PoliciesAnswer>()),
        ("routing-register", schema::<routing::register::RegisterAnswer>()),
        ("routing-what-if", schema::<routing::what_if::WhatIfAnswer>()),
        ("sieve", schema::<sieve::SieveAnswer>()),
        ("signals-evidence", schema::<evidence::EvidenceAnswer>()),
        ("signals-list", schema::<signal_list::SignalsAnswer>()),
        ("signals-feedback", schema::<feedback::FeedbackAnswer>()),
        ("terms", schema::<terms::TermsAnswer>()),
        ("vault-looks", schema::<vault::Looks>()),
        ("vault-orphans", schema::<vault::OrphansAnswer>()),
        ("vault-removed", schema::<vault::RemovedAnswer>()),
    ];
    let write = std::env::var_os("ZEEF_WRITE_SCHEMAS").is_some();
    if write {
        fs::create_dir_all(&dir).unwrap();
    }
    for (name, schema) in &all {
        let file = dir.join(format!("{name}.json"));
        if write {
            fs::write(&file, schema).unwrap();
        }
        let there = fs::read_to_string(&file).unwrap_or_default();
        assert!(there == *schema, "docs/schemas/{name}.json is not what `zeef` answers: ZEEF_WRITE_SCHEMAS=1 cargo test -p zeef schemas");
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), all.len(), "a schema that no command answers by");
}
