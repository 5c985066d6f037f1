//! The actions of the ledger, one file each, each file in the same layout: the action and its encoding, `check` (is it
//! authentic?), `apply` (do the rules allow it, and what changes?).

pub mod access;
pub mod approve;
pub mod end;
pub mod grant;
pub mod issue;
pub mod open_audit;
pub mod propose;
pub mod register_record;
pub mod register_schema;
pub mod rotate_keys;
pub mod withdraw;

pub use access::Access;
pub use approve::Approve;
pub use end::End;
pub use grant::Grant;
pub use issue::Issue;
pub use open_audit::OpenAudit;
pub use propose::Propose;
pub use register_record::RegisterRecord;
pub use register_schema::RegisterSchema;
pub use rotate_keys::RotateKeys;
pub use withdraw::Withdraw;

use crate::check::Evidence;
use crate::env::Env;
use crate::outcome::Outcome;
use crate::reject::Reject;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use tacit_circuits::types::{AuditDigest, AuditKeyId};

macro_rules! actions {
    ($($(#[$doc:meta])* $number:literal => $name:ident, $text:literal;)*) => {
        /// What a transaction does. The number in front of its encoding names the action and never changes; 1, 3 and 5 named actions that
        /// are changes of [`crate::governance`] now.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $name($name),)*
        }

        impl Action {
            /// Name of the action, stable, in lower case with underscores.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $text,)*
                }
            }

            pub(crate) fn apply(&self, env: &mut Env<'_, '_>, evidence: &Evidence) -> Result<Outcome, Reject> {
                match self {
                    $(Self::$name(action) => action.apply(env, evidence),)*
                }
            }
        }

        impl Write for Action {
            fn write(&self, buf: &mut impl BufMut) {
                match self {
                    $(Self::$name(action) => {
                        buf.put_u8($number);
                        action.write(buf);
                    })*
                }
            }
        }

        impl EncodeSize for Action {
            fn encode_size(&self) -> usize {
                1 + match self {
                    $(Self::$name(action) => action.encode_size(),)*
                }
            }
        }

        impl Read for Action {
            type Cfg = ();
            fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
                match u8::read(buf)? {
                    $($number => $name::read(buf).map(Self::$name),)*
                    other => Err(Error::InvalidEnum(other)),
                }
            }
        }

        $(impl From<$name> for Action {
            fn from(action: $name) -> Self {
                Self::$name(action)
            }
        })*
    };
}

actions! {
    /// A member replaces its keys.
    2 => RotateKeys, "rotate_keys";
    /// An issuer registers a schema.
    4 => RegisterSchema, "register_schema";
    /// An issuer adds a credential.
    6 => Issue, "issue";
    /// Somebody entitled ends a leaf.
    7 => End, "end";
    /// A person adds a record.
    8 => RegisterRecord, "register_record";
    /// A person grants access to a record.
    9 => Grant, "grant";
    /// A platform uses a grant.
    10 => Access, "access";
    /// A reviewer states that it opens audit records.
    11 => OpenAudit, "open_audit";
    /// A validator proposes a change.
    12 => Propose, "propose";
    /// A validator votes for a proposal.
    13 => Approve, "approve";
    /// A validator takes its proposal back.
    14 => Withdraw, "withdraw";
}

impl Action {
    /// The audit ciphertext that must travel beside the action, if the action has one: to whose key, and its digest.
    pub fn audited(&self) -> Option<(AuditKeyId, AuditDigest)> {
        match self {
            Self::Grant(grant) => Some((grant.audit_key, grant.audit_digest)),
            Self::Access(access) => Some((access.audit_key, access.audit_digest)),
            _ => None,
        }
    }

    /// Digest of the audit ciphertext that must travel beside the action, if the action has one.
    pub fn audit_digest(&self) -> Option<AuditDigest> {
        self.audited().map(|(_, digest)| digest)
    }
}
