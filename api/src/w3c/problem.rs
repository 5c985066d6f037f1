//! Errors as HTTP answers name them: problem details (RFC 9457) with a reason of the catalogue.

use serde_json::{Value, json};
use std::fmt;
use tacit_identity::json::JsonError;
use tacit_w3c::integrity::IntegrityError;
use tacit_w3c::model::ModelError;
use tacit_w3c::status::{StatusError, Unknown};
use tonic::Code;

use crate::errors::{ApiError, Reason, catalogue as reason};

/// The type of a problem that no standard names.
pub const ABOUT_BLANK: &str = "about:blank";

/// An error with the type that a standard gives it.
#[derive(Clone, Debug)]
pub struct Problem {
    error: ApiError,
    kind: &'static str,
}

/// Result of everything that is asked over HTTP.
pub type Outcome<T> = Result<T, Problem>;

impl Problem {
    /// A problem of a type.
    pub fn of(kind: &'static str, error: ApiError) -> Self {
        Self { error, kind }
    }

    /// A problem that no standard names.
    pub fn new(reason: &'static Reason, message: impl Into<String>) -> Self {
        ApiError::new(reason, message).into()
    }

    /// The error.
    pub fn error(&self) -> &ApiError {
        &self.error
    }

    /// The status of an HTTP answer.
    pub fn status(&self) -> u16 {
        match self.error.reason().status {
            _ if self.error.code() == reason::MEDIA_TYPE.code => 415,
            _ if self.error.code() == reason::MESSAGE_TOO_LARGE.code => 413,
            Code::Unauthenticated => 401,
            Code::PermissionDenied => 403,
            Code::NotFound => 404,
            Code::AlreadyExists | Code::Aborted => 409,
            Code::Unimplemented => 501,
            Code::ResourceExhausted | Code::Unavailable => 503,
            Code::DeadlineExceeded => 504,
            Code::Internal | Code::Unknown | Code::DataLoss => 500,
            _ => 400,
        }
    }

    /// The members of the problem details; `status` only where the problem is the whole answer.
    pub fn to_json(&self) -> Value {
        let reason = self.error.reason();
        json!({
            "type": self.kind,
            "title": reason.meaning,
            "detail": self.error.message(),
            "reason": reason.code,
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        Self::of(ABOUT_BLANK, error)
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        problem.error
    }
}

macro_rules! from_w3c {
    ($($error:ty),*) => {$(
        impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                Self::of(error.problem(), ApiError::from_code(error.reason(), &error))
            }
        }
    )*};
}
from_w3c!(ModelError, IntegrityError, Unknown);

impl From<StatusError> for Problem {
    fn from(error: StatusError) -> Self {
        Unknown::List(error).into()
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        ModelError::Json(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::catalogue;
    use std::fs;
    use std::path::Path;

    fn reasons_in(dir: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                reasons_in(&path, found);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap_or_default();
            for part in source.split("=> \"").skip(1) {
                let code = part.split('"').next().unwrap();
                let is_code = |c: char| c.is_ascii_uppercase() || c == '_';
                if code.contains('_') && code.chars().all(is_code) {
                    found.push(code.to_owned());
                }
            }
        }
    }

    #[test]
    fn every_reason_of_the_w3c_crate_is_in_the_catalogue() {
        let mut found = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../identity/w3c/src");
        reasons_in(&root, &mut found);
        assert!(found.len() > 60, "{}", found.len());
        for code in found {
            assert!(catalogue::find(&code).is_some(), "{code}");
        }
    }

    #[test]
    fn problems_have_the_standards_types_and_our_reasons() {
        let problem = Problem::from(ModelError::from(IntegrityError::Signature));
        assert_eq!(problem.status(), 400);
        let json = problem.to_json();
        assert_eq!(json["reason"], "PROOF_SIGNATURE");
        assert_eq!(
            json["type"],
            "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"
        );
        let busy = Problem::from(ApiError::plain(&reason::SERVER_BUSY));
        assert_eq!((busy.status(), busy.kind), (503, ABOUT_BLANK));
        assert_eq!(Problem::new(&reason::TOKEN_INVALID, "").status(), 401);
        assert_eq!(Problem::new(&reason::STATUS_FOREIGN, "").status(), 404);
    }
}
