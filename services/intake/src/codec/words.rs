//! Intake's words as the contract names them, and back: exhaustive matches, so that a new word is seen here first.

use intake_domain::{PartnerKind, PaymentKind, Shown, TenantAnswer};
use proto::intake::v1 as pb;

/// As the contract names it.
pub const fn partner_kind(kind: PartnerKind) -> pb::PartnerKind {
    match kind {
        PartnerKind::Rent => pb::PartnerKind::Rent,
        PartnerKind::Energy => pb::PartnerKind::Energy,
        PartnerKind::Water => pb::PartnerKind::Water,
        PartnerKind::Health => pb::PartnerKind::Health,
        PartnerKind::Mortgage => pb::PartnerKind::Mortgage,
        PartnerKind::MunicipalTax => pb::PartnerKind::MunicipalTax,
    }
}

/// As the domain names it; `None` when nothing, or something newer, was said.
pub const fn partner_kind_in(kind: pb::PartnerKind) -> Option<PartnerKind> {
    match kind {
        pb::PartnerKind::Unspecified => None,
        pb::PartnerKind::Rent => Some(PartnerKind::Rent),
        pb::PartnerKind::Energy => Some(PartnerKind::Energy),
        pb::PartnerKind::Water => Some(PartnerKind::Water),
        pb::PartnerKind::Health => Some(PartnerKind::Health),
        pb::PartnerKind::Mortgage => Some(PartnerKind::Mortgage),
        pb::PartnerKind::MunicipalTax => Some(PartnerKind::MunicipalTax),
    }
}

/// As the contract names it.
pub const fn shown(shown: Shown) -> pb::Shown {
    match shown {
        Shown::Unsaid => pb::Shown::Unspecified,
        Shown::Met => pb::Shown::Met,
        Shown::NotMet => pb::Shown::NotMet,
        Shown::Unknown => pb::Shown::Unknown,
        Shown::EvidenceMissing => pb::Shown::EvidenceMissing,
    }
}

/// As the domain names it.
pub const fn shown_in(shown: pb::Shown) -> Shown {
    match shown {
        pb::Shown::Unspecified => Shown::Unsaid,
        pb::Shown::Met => Shown::Met,
        pb::Shown::NotMet => Shown::NotMet,
        pb::Shown::Unknown => Shown::Unknown,
        pb::Shown::EvidenceMissing => Shown::EvidenceMissing,
    }
}

/// As the contract names it.
pub const fn tenant_answer(answer: TenantAnswer) -> pb::TenantAnswer {
    match answer {
        TenantAnswer::Unsaid => pb::TenantAnswer::Unspecified,
        TenantAnswer::Consent => pb::TenantAnswer::Consent,
        TenantAnswer::Silence => pb::TenantAnswer::Silence,
    }
}

/// As the domain names it; `None` for a refusal, which is never stored.
pub const fn tenant_answer_in(answer: pb::TenantAnswer) -> Option<TenantAnswer> {
    match answer {
        pb::TenantAnswer::Unspecified => Some(TenantAnswer::Unsaid),
        pb::TenantAnswer::Consent => Some(TenantAnswer::Consent),
        pb::TenantAnswer::Silence => Some(TenantAnswer::Silence),
        pb::TenantAnswer::Refusal => None,
    }
}

/// As the contract names it.
pub const fn payment_kind(kind: PaymentKind) -> pb::PaymentKind {
    match kind {
        PaymentKind::Paid => pb::PaymentKind::Paid,
        PaymentKind::PlanAgreed => pb::PaymentKind::PlanAgreed,
        PaymentKind::PlanBroken => pb::PaymentKind::PlanBroken,
        PaymentKind::PlanCompleted => pb::PaymentKind::PlanCompleted,
        PaymentKind::CurrentRentPaid => pb::PaymentKind::CurrentRentPaid,
        PaymentKind::CurrentRentMissed => pb::PaymentKind::CurrentRentMissed,
        PaymentKind::PaidInPart => pb::PaymentKind::PaidInPart,
    }
}

/// As the domain names it; `None` when nothing, or something newer, was said.
pub const fn payment_kind_in(kind: pb::PaymentKind) -> Option<PaymentKind> {
    match kind {
        pb::PaymentKind::Unspecified => None,
        pb::PaymentKind::Paid => Some(PaymentKind::Paid),
        pb::PaymentKind::PlanAgreed => Some(PaymentKind::PlanAgreed),
        pb::PaymentKind::PlanBroken => Some(PaymentKind::PlanBroken),
        pb::PaymentKind::PlanCompleted => Some(PaymentKind::PlanCompleted),
        pb::PaymentKind::CurrentRentPaid => Some(PaymentKind::CurrentRentPaid),
        pb::PaymentKind::CurrentRentMissed => Some(PaymentKind::CurrentRentMissed),
        pb::PaymentKind::PaidInPart => Some(PaymentKind::PaidInPart),
    }
}
