//! Verifying credentials and presentations of anybody, and what is said about them.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use tacit_circuits::types::Timestamp;
use tacit_w3c::context::Contexts;
use tacit_w3c::integrity::{self, Expected, Purpose, VerificationMethod};
use tacit_w3c::model::{self, Credential, ModelError, PresentationPolicy, VerifiedCredential};
use tacit_w3c::status::{self, FetchedList, Outcome as Looked, Status};

use super::options::VerifyOptions;
use super::problem::{Outcome, Problem};
use crate::errors::{ApiError, catalogue as reason};

/// What a verification needs beside the document: keys, lists and time, gathered before the work begins.
pub struct Known<'a> {
    /// Contexts that documents may name.
    pub contexts: &'a Contexts,
    /// Verification methods by URL.
    pub methods: &'a BTreeMap<String, VerificationMethod>,
    /// Status lists by URL.
    pub lists: &'a BTreeMap<String, FetchedList>,
    /// The time of the verification.
    pub now: Timestamp,
}

/// Something that verified, and what is known beside that.
#[derive(Debug)]
pub struct Report {
    checks: Vec<&'static str>,
    who: (&'static str, Option<String>),
    statuses: Vec<Value>,
    warnings: Vec<Value>,
}

impl Report {
    /// The body of an answer.
    pub fn to_json(&self) -> Value {
        let mut report = json!({
            "verified": true,
            "checks": self.checks,
            "statuses": self.statuses,
            "warnings": self.warnings,
            "errors": [],
        });
        if let (name, Some(who)) = &self.who {
            report[*name] = who.clone().into();
        }
        report
    }
}

impl Known<'_> {
    /// Verifies a credential: form, proofs, validity, and its status as far as lists are known.
    ///
    /// # Errors
    /// [`Problem`] with the first thing that is wrong. A status that is not known is a warning, never an error.
    pub fn credential(&self, document: Value, options: &VerifyOptions) -> Outcome<Report> {
        self.bound(&document, options)?;
        let resolver = |url: &str| self.methods.get(url).cloned();
        let verified = model::verify_credential(document, self.now, &resolver, self.contexts)?;
        let issuer = verified.credential.issuer().to_owned();
        self.report(&[verified], ("issuer", Some(issuer)), options)
    }

    /// Verifies a presentation and every credential in it.
    ///
    /// # Errors
    /// As [`Known::credential`]; an enveloped credential is an error, for nobody has verified it.
    pub fn presentation(&self, document: Value, options: &VerifyOptions) -> Outcome<Report> {
        let domain: Vec<&str> = options.domain.iter().map(String::as_str).collect();
        let policy = PresentationPolicy {
            challenge: options.challenge.as_deref(),
            domain: &domain,
            holder_is_subject: false,
            now: self.now,
        };
        let resolver = |url: &str| self.methods.get(url).cloned();
        let verified = model::verify_presentation(document, &policy, &resolver, self.contexts)?;
        if !verified.enveloped.is_empty() {
            return Err(ModelError::Enveloped.into());
        }
        let holder = verified.presentation.holder().map(str::to_owned);
        self.report(&verified.credentials, ("holder", holder), options)
    }

    /// A credential's proofs are bound to a challenge or domain only when the verifier asks for that.
    fn bound(&self, document: &Value, options: &VerifyOptions) -> Outcome<()> {
        if options.challenge.is_none() && options.domain.is_empty() {
            return Ok(());
        }
        let domain: Vec<&str> = options.domain.iter().map(String::as_str).collect();
        let expected = Expected {
            purpose: Purpose::AssertionMethod,
            challenge: options.challenge.as_deref(),
            domain: &domain,
            now: self.now,
        };
        let resolver = |url: &str| self.methods.get(url).cloned();
        integrity::verify(document, &expected, &resolver, self.contexts)?;
        Ok(())
    }

    fn report(
        &self,
        credentials: &[VerifiedCredential],
        who: (&'static str, Option<String>),
        options: &VerifyOptions,
    ) -> Outcome<Report> {
        let mut report = Report {
            checks: vec!["proof", "validity"],
            who,
            statuses: Vec::new(),
            warnings: Vec::new(),
        };
        if options.status {
            report.checks.push("status");
            for verified in credentials {
                for status in self.statuses(&verified.credential) {
                    report.add(status)?;
                }
            }
        }
        Ok(report)
    }

    fn statuses(&self, credential: &Credential) -> Vec<Status> {
        let resolver = |url: &str| self.methods.get(url).cloned();
        let lists = |url: &str| self.lists.get(url).cloned();
        status::check(credential, &lists, self.now, &resolver, self.contexts)
    }
}

impl Report {
    fn add(&mut self, status: Status) -> Outcome<()> {
        let purpose = status.purpose;
        let said = match status.outcome {
            Looked::Valid => json!({ "purpose": purpose, "outcome": "valid" }),
            Looked::Set { value, .. }
                if ["revocation", "suspension"].contains(&purpose.as_str()) =>
            {
                let what = format!("the status `{purpose}` of the credential is set ({value})");
                return Err(ApiError::new(&reason::VC_STATUS_SET, what).into());
            }
            Looked::Set { value, message } => {
                json!({ "purpose": purpose, "outcome": "set", "value": value, "message": message })
            }
            Looked::Unknown(why) => {
                let problem = Problem::from(why);
                self.warnings.push(problem.to_json());
                json!({ "purpose": purpose, "outcome": "unknown", "reason": problem.error().code() })
            }
        };
        self.statuses.push(said);
        Ok(())
    }
}
