//! Errors on the wire: `google.rpc` details out, and back in.

use super::{ApiError, Reason, catalogue};
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Domain of the reasons in `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "tacit";

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        let mut details = ErrorDetails::with_error_info(error.reason.code, DOMAIN, HashMap::new());
        if let Some(field) = error.field {
            details.add_bad_request_violation(field, error.message.clone());
        }
        if error.reason.status == Code::FailedPrecondition {
            details.add_precondition_failure_violation(error.reason.code, "", error.reason.advice);
        }
        let retry = error.retry.or_else(|| default_retry(error.reason));
        if retry.is_some() {
            details.set_retry_info(retry);
        }
        Status::with_error_details(error.reason.status, error.message, details)
    }
}

/// When trying again makes sense without anything else changing.
fn default_retry(reason: &Reason) -> Option<Duration> {
    matches!(reason.status, Code::Unavailable | Code::Aborted).then_some(Duration::from_secs(1))
}

impl From<Status> for ApiError {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        if let Some(info) = details.error_info().filter(|info| info.domain == DOMAIN) {
            let retry = details.retry_info().and_then(|info| info.retry_delay);
            let (reason, message) = match catalogue::find(&info.reason) {
                Some(reason) => (reason, one_line(status.message())),
                None => (
                    &catalogue::UNKNOWN,
                    format!("{}: {}", one_line(&info.reason), one_line(status.message())),
                ),
            };
            return Self {
                retry,
                ..Self::new(reason, message)
            };
        }
        match status.code() {
            Code::Unavailable => Self::plain(&catalogue::UNREACHABLE),
            Code::DeadlineExceeded => Self::plain(&catalogue::TIMEOUT),
            Code::Cancelled => Self::new(&catalogue::UNREACHABLE, "the connection was closed"),
            Code::OutOfRange | Code::ResourceExhausted => {
                Self::plain(&catalogue::MESSAGE_TOO_LARGE)
            }
            Code::Unimplemented => Self::plain(&catalogue::METHOD_UNKNOWN),
            code => Self::new(
                &catalogue::UNKNOWN,
                format!("{code:?}: {}", one_line(status.message())),
            ),
        }
    }
}

impl From<tonic::transport::Error> for ApiError {
    fn from(_: tonic::transport::Error) -> Self {
        Self::plain(&catalogue::UNREACHABLE)
    }
}

/// A peer's text, made safe for a terminal: one line, no control characters, bounded.
fn one_line(text: &str) -> String {
    const MAX: usize = 300;
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_comes_back_from_the_wire_with_its_reason_and_details() {
        let error = ApiError::bad_field("bucket", "there are 3 buckets")
            .retry_after(Duration::from_secs(7));
        let status = Status::from(error);
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        assert_eq!(
            details.bad_request().unwrap().field_violations[0].field,
            "bucket"
        );
        let back = ApiError::from(status);
        assert_eq!(
            (back.code(), back.message()),
            ("ARGUMENT_INVALID", "there are 3 buckets")
        );
        assert_eq!(back.retry, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_failed_precondition_and_an_outage_carry_their_details() {
        let denied = Status::from(ApiError::plain(&catalogue::GRANT_ENDED)).get_error_details();
        assert_eq!(
            denied.precondition_failure().unwrap().violations[0].r#type,
            "GRANT_ENDED"
        );
        let outage = Status::from(ApiError::plain(&catalogue::NODE_BEHIND)).get_error_details();
        assert_eq!(
            outage.retry_info().unwrap().retry_delay,
            Some(Duration::from_secs(1))
        );
    }

    #[test]
    fn a_hostile_servers_text_stays_on_one_line() {
        let error = ApiError::from(Status::internal(format!(
            "a\r\n\u{1b}[2J{}",
            "x".repeat(10_000)
        )));
        assert!(!error.to_string().contains(['\r', '\n', '\u{1b}']));
        assert!(error.to_string().len() < 500);
    }
}
