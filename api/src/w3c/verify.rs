//! Verifying credentials and presentations of anybody, and what is said about them.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use tacit_circuits::types::Timestamp;
use tacit_w3c::context::Contexts;
use tacit_w3c::integrity::{self, Expected, Purpose, Suite, VerificationMethod, VerifiedProof};
use tacit_w3c::model::{self, Credential, ModelError, PresentationPolicy, VerifiedCredential};
use tacit_w3c::status::{self, FetchedList, Outcome as Looked, Status};

use super::native::{self, Natives};
use super::options::VerifyOptions;
use super::problem::{Outcome, Problem};
use super::values;
use crate::errors::{ApiError, catalogue as reason};

/// What a verification needs beside the document: keys, lists and time, gathered before the work begins.
pub struct Known<'a> {
    /// Contexts that documents may name.
    pub contexts: &'a Contexts,
    /// Verification methods by URL.
    pub methods: &'a BTreeMap<String, VerificationMethod>,
    /// Status lists by URL.
    pub lists: &'a BTreeMap<String, FetchedList>,
    /// Leaves on the ledger, of this system's own credentials.
    pub natives: &'a Natives,
    /// The time of the verification.
    pub now: Timestamp,
}

/// Something that verified, and what is known beside that.
#[derive(Debug)]
pub struct Report {
    checks: Vec<&'static str>,
    who: (&'static str, Option<String>),
    notes: Vec<(&'static str, Value)>,
    statuses: Vec<Value>,
    warnings: Vec<Value>,
}

/// A status that is not an error.
pub enum Said {
    /// Valid, or set to something that only the application understands.
    Known(Value),
    /// Not known: for which purpose, and why.
    Unknown(String, Problem),
}

impl Report {
    /// What was checked, and who signed.
    pub fn new(checks: Vec<&'static str>, who: (&'static str, Option<String>)) -> Self {
        Self {
            checks,
            who,
            notes: Vec::new(),
            statuses: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds a member.
    pub fn note(&mut self, name: &'static str, value: Value) {
        self.notes.push((name, value));
    }

    /// Adds a status. One that is not known is a warning too.
    pub fn add(&mut self, said: Said) {
        match said {
            Said::Known(status) => self.statuses.push(status),
            Said::Unknown(purpose, why) => {
                self.statuses.push(json!({
                    "purpose": purpose, "outcome": "unknown", "reason": why.error().code()
                }));
                self.warnings.push(why.to_json());
            }
        }
    }

    /// Adds something that an application should know.
    pub fn warn(&mut self, what: Problem) {
        self.warnings.push(what.to_json());
    }

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
        for (name, value) in &self.notes {
            report[*name] = value.clone();
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
        if options.holder_binding {
            let what = "`holderBinding` is for presentations";
            return Err(ApiError::bad_field("options", what).into());
        }
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
            holder_is_subject: options.holder_binding,
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
        let mut checks = vec!["proof", "validity"];
        if options.holder_binding {
            checks.push("holderBinding");
        }
        if options.status {
            checks.push("status");
        }
        let mut report = Report::new(checks, who);
        if credentials.iter().any(has_unsigned_names) {
            report.warn(ApiError::plain(&reason::CONTEXT_NAMES_UNSIGNED).into());
        }
        if options.status {
            for verified in credentials {
                let credential = &verified.credential;
                let statuses = self.statuses(credential);
                for (entry, status) in credential.status().iter().zip(statuses) {
                    report.add(match native::is_native(entry) {
                        true => self.natives.said(credential.document())?,
                        false => said(status)?,
                    });
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

/// True when some members have names that only the document defines, and its issuer signed no more than what they mean.
fn has_unsigned_names(verified: &VerifiedCredential) -> bool {
    let contexts = values(verified.credential.document().get("@context"));
    let issuer = verified.credential.issuer();
    let as_written =
        |proof: &VerifiedProof| proof.suite == Suite::EddsaJcs2022 && proof.controller == issuer;
    contexts.iter().any(Value::is_object) && !verified.proofs.iter().any(as_written)
}

/// One status of a credential, for a report.
fn said(status: Status) -> Outcome<Said> {
    let purpose = status.purpose;
    Ok(match status.outcome {
        Looked::Valid => Said::Known(json!({ "purpose": purpose, "outcome": "valid" })),
        Looked::Set { value, .. } if ["revocation", "suspension"].contains(&purpose.as_str()) => {
            let what = format!("the status `{purpose}` of the credential is set ({value})");
            return Err(ApiError::new(&reason::VC_STATUS_SET, what).into());
        }
        Looked::Set { value, message } => Said::Known(json!({
            "purpose": purpose, "outcome": "set", "value": value, "message": message
        })),
        Looked::Unknown(why) => Said::Unknown(purpose, why.into()),
    })
}
