//! Owns what a caller is told when it does not go well: one closed mapping to gRPC statuses with google.rpc details.
//! The text for the caller and the text for the log are never the same value.

use std::{collections::HashMap, error::Error, fmt};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// The `domain` of every ErrorInfo.
pub const DOMAIN: &str = "zeef";

/// A business "no" of a decision: FAILED_PRECONDITION with the reason's code.
pub fn rejected(reason: &impl kernel::Reason) -> Status {
    refused(reason.code(), reason.to_string())
}

/// A "no" that is about the state of things, not about the request: FAILED_PRECONDITION with a stable code.
pub fn refused(code: &str, text: impl Into<String>) -> Status {
    coded(Code::FailedPrecondition, code, text)
}

/// A status with ErrorInfo: `code` is stable and for programs, `text` is for people and holds no personal data.
pub fn coded(code: Code, reason: &str, text: impl Into<String>) -> Status {
    Status::with_error_details(code, text, ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new()))
}

/// One field that is wrong: INVALID_ARGUMENT. `expected` says what would be right.
pub fn invalid_field(field: impl Into<String>, expected: impl Into<String>) -> Status {
    invalid([(field.into(), expected.into())])
}

/// A code of staff, a team or an organisation that goes into an event ([`kernel::ids::pseudonym`]).
///
/// # Errors
/// INVALID_ARGUMENT with the field.
pub fn pseudonym(field: &str, text: &str) -> Result<String, Status> {
    kernel::ids::pseudonym(text).map_err(|wrong| invalid_field(field, wrong.to_string()))
}

/// The staff number of somebody else, typed by hand, that goes into an event ([`kernel::ids::staff_number`]).
///
/// # Errors
/// INVALID_ARGUMENT with the field.
pub fn staff_number(field: &str, text: &str) -> Result<String, Status> {
    kernel::ids::staff_number(text).map_err(|wrong| invalid_field(field, wrong.to_string()))
}

/// All fields that are wrong, each with what would be right: INVALID_ARGUMENT.
pub fn invalid(fields: impl IntoIterator<Item = (String, String)>) -> Status {
    let violations: Vec<FieldViolation> = fields.into_iter().map(|(field, text)| FieldViolation::new(field, text)).collect();
    let text = violations.iter().map(|one| format!("{}: {}", one.field, one.description)).collect::<Vec<_>>().join("; ");
    let mut details = ErrorDetails::with_bad_request(violations);
    details.set_error_info("invalid-request", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, text, details)
}

/// Nothing by that name: NOT_FOUND. `what` is a kind of thing ("case"), not personal data.
pub fn not_found(what: &str) -> Status {
    coded(Code::NotFound, "not-found", format!("no such {what}"))
}

/// An append was sent and its outcome is not known: the caller must repeat with the same request id.
pub fn outcome_unknown() -> Status {
    coded(Code::Unavailable, "outcome-unknown", "outcome unknown, repeat with the same request id")
}

/// Something this process needs is away; nothing was done. The cause goes to the log, not to the caller.
pub fn unavailable(cause: &(dyn Error + 'static)) -> Status {
    tracing::warn!(cause = %Chain(cause), "unavailable");
    coded(Code::Unavailable, "unavailable", "temporarily unavailable, try again")
}

/// A fault of ours. The cause goes to the log, not to the caller.
pub fn internal(cause: &(dyn Error + 'static)) -> Status {
    tracing::error!(cause = %Chain(cause), "internal error");
    coded(Code::Internal, "internal", "internal error; the log of the service has the cause")
}

/// Prints an error with all its sources: for logs.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(source) = next {
            write!(f, ": {source}")?;
            next = source.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, thiserror::Error)]
    #[error("the case is closed")]
    struct Closed;
    impl kernel::Reason for Closed {
        fn code(&self) -> &'static str {
            "case-closed"
        }
    }

    #[test]
    fn a_rejection_carries_its_code() {
        let status = rejected(&Closed);
        assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "the case is closed"));
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("case-closed", "zeef"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let status = invalid([("amount".into(), "cents above zero".into()), ("gemeentecode".into(), "four digits".into())]);
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), "amount: cents above zero; gemeentecode: four digits");
        assert_eq!(status.get_details_bad_request().unwrap().field_violations.len(), 2);
    }

    #[test]
    fn causes_stay_inside() {
        let cause = std::io::Error::other("jan.jansen@example.org");
        for status in [internal(&cause), unavailable(&cause)] {
            assert!(!status.message().contains("jansen"));
        }
        assert_eq!(outcome_unknown().code(), Code::Unavailable);
    }
}
