//! Owns how a command fails: an exit status and words that say what to do.

use std::error::Error;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A command did not do all that was asked.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// Exit status: 2 for wrong usage, 1 for everything else.
    pub status: u8,
    text: String,
}

impl Failure {
    /// The command line is wrong.
    pub fn usage(text: impl Into<String>) -> Self {
        Self { status: 2, text: text.into() }
    }

    /// Something went wrong, or not all went well.
    pub fn of(text: impl Into<String>) -> Self {
        Self { status: 1, text: text.into() }
    }

    /// Something failed, with all its causes.
    pub fn because(error: &dyn Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            // What a transport says of itself ("transport error") is no news.
            let said = error.to_string();
            if said != "transport error" && !text.contains(&said) {
                text = format!("{text}: {said}");
            }
            cause = error.source();
        }
        Self::of(text)
    }

    /// The service said no.
    pub fn said(status: &Status) -> Self {
        let reason = status.get_details_error_info().map(|info| format!(" [{}]", info.reason)).unwrap_or_default();
        let advice = match status.code() {
            Code::Unauthenticated => "; give a token with --token (ZEEF_TOKEN), `zeef token` makes one on the machine that serves",
            Code::Unimplemented => "; this server does not serve that: look at --server and the ZEEF_…_URL variables",
            Code::Unavailable if status.get_details_error_info().is_none() => "; is it still running? `zeef up` starts it",
            _ => "",
        };
        Self::of(format!("{}{reason}{advice}", status.message()))
    }

    /// As [`Failure::said`] of a command: when its outcome is unknown, how to repeat it.
    pub fn said_of(status: &Status, request_id: &str) -> Self {
        let Self { text, .. } = Self::said(status);
        if matches!(status.code(), Code::Unavailable | Code::Aborted | Code::DeadlineExceeded | Code::Unknown) {
            return Self::of(format!("{text}; repeat it with --request-id {request_id}: it is then done once"));
        }
        Self::of(text)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::said(&status)
    }
}

macro_rules! chained {
    ($($error:ty),* $(,)?) => { $(impl From<$error> for Failure {
        fn from(error: $error) -> Self {
            Self::because(&error)
        }
    })* };
}
chained!(
    service::client::Error,
    service::identity::KeyError,
    service::gate::GateError,
    service::grpc::Error,
    service::telemetry::Error,
    crate::house::OpenError,
    crate::player::PlayError,
    std::io::Error,
);
