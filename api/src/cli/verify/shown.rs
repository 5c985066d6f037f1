//! What each kind of bundle shows, for people and as JSON.

use serde::Serialize;
use std::fmt;
use tacit_circuits::commit::GrantBody;
use tacit_circuits::types::{CategorySet, Digest32, MemberId, Nym, Position, Timestamp};
use tacit_identity::schema::SchemaId;
use tacit_ledger::audit::AuditAction;
use tacit_ledger::bundle::{
    AbsenceBundle, BundleError, GrantBundle, ReceiptBundle, RowBundle, RowTerms, StateBundle,
    TransactionBundle, Trust,
};
use tacit_ledger::ids::{Height, TxId};
use tacit_ledger::member::{MemberRecord, MemberStatus};
use tacit_ledger::text::{Name, Purpose as Why};

use super::AsOf;
use crate::bundle_file::{AnyBundle, BundleFile, VerifiedFile, refused};
use crate::cli::output::utc;
use crate::errors::ApiResult;

/// What is shown.
#[derive(Debug, Serialize)]
#[serde(tag = "bundle", rename_all = "kebab-case")]
pub enum Shown {
    /// Facts from a credential.
    Presentation(Presentation),
    /// A transaction and its place.
    Transaction(Transaction),
    /// A value of the state, or that there is none.
    State(State),
    /// A grant.
    Grant(Grant),
    /// An access.
    Receipt(Receipt),
    /// A grant or access as a reviewer opened it.
    AuditRow(AuditRow),
    /// No access under a grant in a range of heights.
    Absence(Absence),
}

/// An organisation, from its record on the chain.
#[derive(Debug, Serialize)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Its name.
    pub name: Name,
    /// Whether it was active when the bundle was made.
    pub active: bool,
}

/// Facts from a credential.
#[derive(Debug, Serialize)]
pub struct Presentation {
    /// What is proven, one sentence an item.
    pub proven: Vec<String>,
    /// Values that are revealed, by claim.
    pub revealed: serde_json::Map<String, serde_json::Value>,
    /// The accepted issuers. One of them issued the credential.
    pub issuers: Vec<Member>,
    /// Schema of the credential.
    pub schema: SchemaId,
    /// Whom the proof was made for.
    pub verifier: String,
    /// Under which label the verifier knows the holder's pseudonym.
    pub label: String,
    /// The holder's pseudonym towards verifier and label.
    pub pseudonym: Nym,
    /// The verifier's challenge that it answers.
    pub challenge: Digest32,
    /// The verifier accepts it before this time.
    pub expires: Timestamp,
}

/// A transaction and its place.
#[derive(Debug, Serialize)]
pub struct Transaction {
    /// Its id.
    pub tx: TxId,
    /// Place in the block, from 0.
    pub index: u32,
    /// What it does: name of the action.
    pub action: &'static str,
    /// Canonical bytes, in hexadecimal digits.
    pub transaction: String,
}

/// A value of the state, or that there is none.
#[derive(Debug, Serialize)]
pub struct State {
    /// The key, in hexadecimal digits.
    pub key: String,
    /// The value's bytes in hexadecimal digits; none when the state has nothing under the key.
    pub value: Option<String>,
}

/// The terms of a grant.
#[derive(Debug, Serialize)]
pub struct Terms {
    /// Position of the grant's leaf.
    pub grant: Position,
    /// Position of the document's leaf.
    pub record: Position,
    /// Who may read.
    pub grantee: Member,
    /// What for.
    pub purpose: &'static str,
    /// What the document may be about.
    pub categories: Vec<&'static str>,
    /// From this time on.
    pub not_before: Timestamp,
    /// Before this time.
    pub not_after: Timestamp,
    /// How often.
    pub max_uses: u16,
}

/// A grant.
#[derive(Debug, Serialize)]
pub struct Grant {
    /// The terms.
    #[serde(flatten)]
    pub terms: Terms,
    /// Whether the owner had ended the grant.
    pub ended: bool,
    /// Whether the owner had ended the document.
    pub record_ended: bool,
    /// Whether the grant could be used: neither was ended, and the time was within the terms.
    pub live: bool,
}

/// An access.
#[derive(Debug, Serialize)]
pub struct Receipt {
    /// Its transaction.
    pub tx: TxId,
    /// Who read.
    pub grantee: Member,
    /// From which vault, as the grantee wrote.
    pub vault: Member,
    /// Position of the grant's leaf.
    pub grant: Position,
    /// Position of the document's leaf.
    pub record: Position,
    /// End of the grant.
    pub not_after: Timestamp,
    /// Time of the anchor that the access was proven at.
    pub anchor_time: Timestamp,
    /// Hash of the key of the session in which the document was fetched.
    pub session: Digest32,
}

/// A grant or access as a reviewer opened it.
#[derive(Debug, Serialize)]
pub struct AuditRow {
    /// Its transaction.
    pub tx: TxId,
    /// Grant or access.
    pub action: AuditAction,
    /// Who may read, or read.
    pub grantee: Member,
    /// What for.
    pub purpose: &'static str,
    /// Categories of data.
    pub categories: Vec<&'static str>,
    /// The person's pseudonym towards the reviewers, for the audit key and the year.
    pub person: Nym,
    /// Position of the document's leaf.
    pub record: Position,
    /// Position of the grant's leaf, of an access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<Position>,
    /// From this time on, of a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Before this time, of a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// How often, of a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u16>,
    /// Height at which the reviewer stated the opening.
    pub opened_at: Height,
    /// Who opened it.
    pub reviewer: Member,
    /// Why, in the reviewer's words.
    pub stated_purpose: Why,
}

/// No access under a grant in a range of heights.
#[derive(Debug, Serialize)]
pub struct Absence {
    /// First height without an access …
    pub from: Height,
    /// … and its time.
    pub from_time: Timestamp,
    /// Last height without an access …
    pub to: Height,
    /// … and its time.
    pub to_time: Timestamp,
    /// The grant.
    #[serde(flatten)]
    pub terms: Terms,
    /// Accesses before the range.
    pub before: u16,
    /// Accesses after it, as far as the bundle looks.
    pub after: u16,
}

/// Checks a bundle of any kind.
pub(super) fn verify(bundle: &AnyBundle, trust: &Trust) -> ApiResult<AsOf> {
    match bundle {
        AnyBundle::Presentation(file) => presentation(file, trust),
        AnyBundle::Transaction(bundle) => transaction(bundle, trust).map_err(broken),
        AnyBundle::State(bundle) => state(bundle, trust).map_err(broken),
        AnyBundle::Grant(bundle) => grant(bundle, trust).map_err(broken),
        AnyBundle::Receipt(bundle) => receipt(bundle, trust).map_err(broken),
        AnyBundle::Row(bundle) => row(bundle, trust).map_err(broken),
        AnyBundle::Absence(bundle) => absence(bundle, trust).map_err(broken),
    }
}

fn broken(error: BundleError) -> crate::errors::ApiError {
    refused("the evidence: ", error)
}

fn presentation(file: &BundleFile, trust: &Trust) -> ApiResult<AsOf> {
    let VerifiedFile { shown, evidence } = file.verify(trust)?;
    let request = file.presentation().request();
    let revealed = shown.revealed.iter();
    Ok(AsOf {
        height: evidence.height,
        time: evidence.time,
        spec: evidence.spec,
        shown: Shown::Presentation(Presentation {
            proven: shown.sentences(),
            revealed: revealed
                .map(|(name, value)| (name.to_owned(), value.to_json()))
                .collect(),
            issuers: evidence.issuers.into_iter().map(Member::from).collect(),
            schema: request.terms.schema,
            verifier: shown.verifier.to_string(),
            label: request.terms.label.clone(),
            pseudonym: shown.nym,
            challenge: evidence.challenge,
            expires: request.expires,
        }),
    })
}

fn transaction(bundle: &TransactionBundle, trust: &Trust) -> Result<AsOf, BundleError> {
    let shown = bundle.verify(trust)?;
    Ok(AsOf {
        height: shown.header.height,
        time: shown.header.time.timestamp(),
        spec: shown.spec,
        shown: Shown::Transaction(Transaction {
            tx: shown.tx.id(),
            index: shown.index,
            action: shown.tx.action.name(),
            transaction: hex::encode(shown.tx.to_bytes()),
        }),
    })
}

fn state(bundle: &StateBundle, trust: &Trust) -> Result<AsOf, BundleError> {
    let shown = bundle.verify(trust)?;
    Ok(AsOf {
        height: shown.height,
        time: shown.time,
        spec: shown.spec,
        shown: Shown::State(State {
            key: hex::encode(shown.key.as_bytes()),
            value: shown.value.map(hex::encode),
        }),
    })
}

fn grant(bundle: &GrantBundle, trust: &Trust) -> Result<AsOf, BundleError> {
    let shown = bundle.verify(trust)?;
    let within = shown.body.not_before <= shown.time && shown.time < shown.body.not_after;
    Ok(AsOf {
        height: shown.height,
        time: shown.time,
        spec: shown.spec,
        shown: Shown::Grant(Grant {
            live: within && !shown.ended && !shown.record_ended,
            terms: Terms::new(shown.position, &shown.body, shown.grantee),
            ended: shown.ended,
            record_ended: shown.record_ended,
        }),
    })
}

fn receipt(bundle: &ReceiptBundle, trust: &Trust) -> Result<AsOf, BundleError> {
    let shown = bundle.verify(trust)?;
    let opening = shown.opening;
    Ok(AsOf {
        height: shown.height,
        time: shown.time,
        spec: shown.spec,
        shown: Shown::Receipt(Receipt {
            tx: shown.tx,
            grantee: shown.grantee.into(),
            vault: shown.vault.into(),
            grant: opening.grant,
            record: opening.record,
            not_after: opening.not_after,
            anchor_time: opening.anchor_time,
            session: opening.session_key_hash,
        }),
    })
}

fn row(bundle: &RowBundle, trust: &Trust) -> Result<AsOf, BundleError> {
    let shown = bundle.verify(trust)?;
    let (purpose, listed) = match &shown.terms {
        RowTerms::Grant(terms) => (terms.purpose, terms.categories),
        RowTerms::Access(terms) => (terms.purpose, terms.categories),
    };
    let of_grant = match &shown.terms {
        RowTerms::Grant(terms) => Some((terms.not_before, terms.not_after, terms.max_uses)),
        RowTerms::Access(_) => None,
    };
    let (person, record, grant) = match &shown.terms {
        RowTerms::Grant(terms) => (terms.audit_nym, terms.record, None),
        RowTerms::Access(terms) => (terms.audit_nym, terms.record, Some(terms.grant)),
    };
    Ok(AsOf {
        height: shown.height,
        time: shown.time,
        spec: shown.spec,
        shown: Shown::AuditRow(AuditRow {
            tx: shown.tx,
            action: shown.terms.action(),
            grantee: shown.grantee.into(),
            purpose: purpose.slug(),
            categories: categories(listed),
            person,
            record,
            grant,
            not_before: of_grant.map(|(from, _, _)| from),
            not_after: of_grant.map(|(_, until, _)| until),
            max_uses: of_grant.map(|(_, _, uses)| uses),
            opened_at: shown.opened_at,
            reviewer: shown.reviewer.into(),
            stated_purpose: shown.purpose,
        }),
    })
}

fn absence(bundle: &AbsenceBundle, trust: &Trust) -> Result<AsOf, BundleError> {
    let shown = bundle.verify(trust)?;
    Ok(AsOf {
        height: shown.to,
        time: shown.to_time,
        spec: shown.spec,
        shown: Shown::Absence(Absence {
            from: shown.from,
            from_time: shown.from_time,
            to: shown.to,
            to_time: shown.to_time,
            terms: Terms::new(shown.position, &shown.body, shown.grantee),
            before: shown.before,
            after: shown.after,
        }),
    })
}

impl Terms {
    fn new(grant: Position, body: &GrantBody, grantee: MemberRecord) -> Self {
        Self {
            grant,
            record: body.record,
            grantee: grantee.into(),
            purpose: body.purpose.slug(),
            categories: categories(body.categories),
            not_before: body.not_before,
            not_after: body.not_after,
            max_uses: body.max_uses,
        }
    }
}

fn categories(set: CategorySet) -> Vec<&'static str> {
    set.iter().map(|category| category.slug()).collect()
}

impl From<MemberRecord> for Member {
    fn from(record: MemberRecord) -> Self {
        Self {
            id: record.id,
            name: record.name,
            active: record.status == MemberStatus::Active,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suspended = if self.active { "" } else { ", suspended" };
        write!(f, "{} (member {}{suspended})", self.name, self.id)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Presentation(shown) => shown.fmt(f),
            Self::Transaction(shown) => writeln!(
                f,
                "On the chain stands\ntransaction {} ({}), number {} of its block",
                shown.tx, shown.action, shown.index
            ),
            Self::State(State { key, value }) => match value {
                Some(value) => writeln!(f, "The state has\nkey      {key}\nvalue    {value}"),
                None => writeln!(f, "The state has nothing under\nkey      {key}"),
            },
            Self::Grant(shown) => shown.fmt(f),
            Self::Receipt(shown) => shown.fmt(f),
            Self::AuditRow(shown) => shown.fmt(f),
            Self::Absence(shown) => shown.fmt(f),
        }
    }
}

impl fmt::Display for Presentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Proven of the holder:")?;
        for sentence in &self.proven {
            writeln!(f, "  - {sentence}")?;
        }
        let issuers: Vec<String> = self.issuers.iter().map(Member::to_string).collect();
        let one_of = if issuers.len() > 1 { "one of " } else { "" };
        let issuers = issuers.join(" and ");
        writeln!(f, "by a live credential of {one_of}{issuers}")?;
        writeln!(
            f,
            "made for {}, label \"{}\", accepted until {}",
            self.verifier,
            self.label,
            utc(self.expires)
        )?;
        writeln!(f, "pseudonym {}", self.pseudonym)
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "grant {} lets {} read document {}, for {}: {}",
            self.grant,
            self.grantee,
            self.record,
            self.purpose,
            self.categories.join(", ")
        )?;
        writeln!(
            f,
            "from {} until {}, at most {} times",
            utc(self.not_before),
            utc(self.not_after),
            self.max_uses
        )
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "On the chain stands\n{}", self.terms)?;
        let state = match (self.ended, self.record_ended, self.live) {
            (true, ..) => "ended by the owner",
            (_, true, _) => "the owner has ended the document",
            (_, _, true) => "live",
            _ => "not ended, and not within its time",
        };
        writeln!(f, "{state}")
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "On the chain stands an access\n{} under grant {} to document {}, at {}",
            self.grantee, self.grant, self.record, self.vault
        )?;
        writeln!(f, "transaction {}", self.tx)
    }
}

impl fmt::Display for AuditRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match self.action {
            AuditAction::Grant => "A grant",
            AuditAction::Access => "An access",
        };
        writeln!(
            f,
            "{action} says to the reviewers\n{}, for {}: {}",
            self.grantee,
            self.purpose,
            self.categories.join(", ")
        )?;
        if let (Some(from), Some(until), Some(uses)) =
            (self.not_before, self.not_after, self.max_uses)
        {
            let (from, until) = (utc(from), utc(until));
            writeln!(f, "from {from} until {until}, at most {uses} times")?;
        }
        write!(f, "person {}, document {}", self.person, self.record)?;
        match self.grant {
            Some(grant) => writeln!(f, ", under grant {grant}")?,
            None => writeln!(f)?,
        }
        writeln!(f, "transaction {}", self.tx)?;
        writeln!(
            f,
            "opened by {} at height {}: {}",
            self.reviewer, self.opened_at, self.stated_purpose
        )
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "No access under the grant in heights {} to {}, {} to {}",
            self.from,
            self.to,
            utc(self.from_time),
            utc(self.to_time)
        )?;
        write!(f, "{}", self.terms)?;
        writeln!(
            f,
            "uses before: {}, after, as far as the bundle looks: {}",
            self.before, self.after
        )
    }
}
