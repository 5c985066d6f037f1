//! Errors: the catalogue of stable reasons, and the one place that turns errors into gRPC statuses and back.
//!
//! Texts are made of constant words, ids and numbers. They never carry an attribute, a secret, or what a peer sent.

pub mod catalogue;
mod convert;
mod status;
mod vault;

pub use catalogue::Reason;

use std::fmt;
use std::time::Duration;

/// An error as callers see it: a reason of the catalogue and one sentence.
#[derive(Clone, Debug)]
pub struct ApiError {
    reason: &'static Reason,
    message: String,
    field: Option<&'static str>,
    retry: Option<Duration>,
}

/// Result of everything in this crate that a caller may see.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with this reason; `message` says what happened here, the catalogue says what to do.
    pub fn new(reason: &'static Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            field: None,
            retry: None,
        }
    }

    /// An error that needs no more words than the catalogue has.
    pub fn plain(reason: &'static Reason) -> Self {
        Self::new(reason, reason.meaning)
    }

    /// An error whose reason code another crate gave.
    pub fn from_code(code: &str, message: impl fmt::Display) -> Self {
        match catalogue::find(code) {
            Some(reason) => Self::new(reason, message.to_string()),
            None => Self::new(&catalogue::UNKNOWN, format!("{code}: {message}")),
        }
    }

    /// A request field that does not hold what it must.
    pub fn bad_field(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field),
            ..Self::new(&catalogue::ARGUMENT_INVALID, message)
        }
    }

    /// The caller is not one of those who may call.
    pub fn caller_not_allowed() -> Self {
        Self::plain(&catalogue::CALLER_NOT_ALLOWED)
    }

    /// Something failed that the caller cannot mend. The cause goes to the log, not to the caller.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::plain(&catalogue::INTERNAL)
    }

    /// The same error, saying when trying again makes sense.
    #[must_use]
    pub fn retry_after(self, delay: Duration) -> Self {
        Self {
            retry: Some(delay),
            ..self
        }
    }

    /// The reason.
    pub fn reason(&self) -> &'static Reason {
        self.reason
    }

    /// The stable code of the reason.
    pub fn code(&self) -> &'static str {
        self.reason.code
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.code, self.message)?;
        if !self.reason.advice.is_empty() {
            write!(f, " ({})", self.reason.advice)?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}
