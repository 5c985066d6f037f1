//! Who may call which method: one table, complete. A test compares it with the descriptors.

use tacit_ledger::member::Role;

use crate::auth::caller::Caller;
use crate::limits;

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody; the call is not signed.
    Anyone,
    /// Any active member, or the operator of an active validator.
    MemberOrValidator,
    /// An active member with this role.
    Role(Role),
    /// Whoever signs with a bare key; the method itself decides what that key may touch.
    Key,
}

impl Who {
    /// Whether this caller is one of them.
    pub fn admits(self, caller: &Caller) -> bool {
        match self {
            Self::Anyone => true,
            Self::MemberOrValidator => matches!(caller, Caller::Member(_) | Caller::Validator(_)),
            Self::Role(role) => caller.has_role(role),
            Self::Key => matches!(caller, Caller::Key(_)),
        }
    }
}

/// How much of a body a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    Whole,
    /// The first message of a stream; it must commit to all that follows.
    FirstMessage,
}

/// One method and its rule.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// gRPC path.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
    /// What the signature covers.
    pub body: Body,
    /// Largest request message, in bytes.
    pub max_request: usize,
}

const fn method(path: &'static str, who: Who, max_request: usize) -> Method {
    Method {
        path,
        who,
        body: Body::Whole,
        max_request,
    }
}

const PLATFORM: Who = Who::Role(Role::Platform);
const ISSUER: Who = Who::Role(Role::Issuer);
const REVIEWER: Who = Who::Role(Role::Reviewer);
const SMALL: usize = limits::MAX_SMALL_REQUEST;
const TX: usize = limits::MAX_TRANSACTION_REQUEST;
const KEYS: usize = limits::MAX_KEYS_REQUEST;
const DOCUMENT: usize = limits::MAX_DOCUMENT_REQUEST;
const SEALED: usize = limits::MAX_SEALED_REQUEST;

/// Every method of every service.
pub const METHODS: &[Method] = &[
    method("/tacit.v1.LedgerService/GetChainInfo", Who::Anyone, SMALL),
    method(
        "/tacit.v1.LedgerService/SubmitTransaction",
        Who::MemberOrValidator,
        TX,
    ),
    method("/tacit.v1.LedgerService/SubmitEnding", Who::Anyone, TX),
    method("/tacit.v1.LedgerService/GetHeaders", Who::Anyone, SMALL),
    method("/tacit.v1.LedgerService/ListHandovers", Who::Anyone, SMALL),
    method("/tacit.v1.LedgerService/GetBlock", Who::Anyone, SMALL),
    method("/tacit.v1.LedgerService/GetTransaction", Who::Anyone, SMALL),
    method("/tacit.v1.LedgerService/GetStateProof", Who::Anyone, SMALL),
    method("/tacit.v1.LedgerService/GetStateProofs", Who::Anyone, KEYS),
    method("/tacit.v1.LedgerService/GetNoteBucket", Who::Anyone, SMALL),
    method("/tacit.v1.LedgerService/GetEndedShard", Who::Anyone, SMALL),
    method(
        "/tacit.v1.LedgerService/GetPlatformTree",
        Who::Anyone,
        SMALL,
    ),
    method("/tacit.v1.LedgerService/ListMembers", Who::Anyone, SMALL),
    method("/tacit.v1.LedgerService/WatchBlocks", Who::Anyone, SMALL),
    method("/tacit.v1.SyncService/StreamBlocks", Who::Anyone, SMALL),
    method("/tacit.v1.SyncService/StreamSnapshot", Who::Anyone, SMALL),
    method("/tacit.v1.IdentityService/ResolveDid", Who::Anyone, SMALL),
    method("/tacit.v1.IdentityService/GetSchema", Who::Anyone, SMALL),
    method(
        "/tacit.v1.IssuanceService/GetIssuerInfo",
        Who::Anyone,
        SMALL,
    ),
    method("/tacit.v1.IssuanceService/IssueCredential", Who::Key, SMALL),
    method(
        "/tacit.v1.CredentialService/VerifyCredential",
        Who::Anyone,
        DOCUMENT,
    ),
    method(
        "/tacit.v1.CredentialService/VerifyPresentation",
        Who::Anyone,
        DOCUMENT,
    ),
    method(
        "/tacit.v1.CredentialService/SignCredential",
        ISSUER,
        DOCUMENT,
    ),
    method(
        "/tacit.v1.CredentialService/SetCredentialStatus",
        ISSUER,
        SMALL,
    ),
    method(
        "/tacit.v1.CredentialService/GetStatusList",
        Who::Anyone,
        SMALL,
    ),
    method("/tacit.v1.CredentialService/IssueSdJwt", ISSUER, DOCUMENT),
    method(
        "/tacit.v1.CredentialService/VerifySdJwt",
        Who::Anyone,
        DOCUMENT,
    ),
    method(
        "/tacit.v1.CredentialService/GetStatusListToken",
        Who::Anyone,
        SMALL,
    ),
    method("/tacit.v1.SharingService/PostRequest", PLATFORM, SEALED),
    method("/tacit.v1.SharingService/WatchRequest", PLATFORM, SMALL),
    method("/tacit.v1.SharingService/WithdrawRequest", PLATFORM, SMALL),
    method("/tacit.v1.SharingService/RelayAccess", PLATFORM, TX),
    method("/tacit.v1.SharingService/FetchObject", PLATFORM, SMALL),
    method("/tacit.v1.SharingService/AcknowledgeFetch", PLATFORM, SMALL),
    method("/tacit.v1.VaultService/GetVaultInfo", Who::Anyone, SMALL),
    Method {
        path: "/tacit.v1.VaultService/UploadObject",
        who: Who::Key,
        body: Body::FirstMessage,
        max_request: limits::MAX_CHUNK_MESSAGE,
    },
    method("/tacit.v1.VaultService/BindObject", Who::Key, SMALL),
    method("/tacit.v1.VaultService/DeleteObject", Who::Key, SMALL),
    method("/tacit.v1.VaultService/PollInbox", Who::Key, SMALL),
    method("/tacit.v1.VaultService/AcknowledgeInbox", Who::Key, SMALL),
    method("/tacit.v1.VaultService/ReplyToRequest", Who::Key, SEALED),
    Method {
        path: "/tacit.v1.VaultService/PutBackup",
        who: Who::Key,
        body: Body::FirstMessage,
        max_request: limits::MAX_CHUNK_MESSAGE,
    },
    method("/tacit.v1.VaultService/GetBackup", Who::Key, SMALL),
    method("/tacit.v1.VaultService/DeleteBackup", Who::Key, SMALL),
    method("/tacit.v1.VaultService/RelayTransaction", Who::Key, TX),
    method("/tacit.v1.AuditService/GetSidecar", REVIEWER, SMALL),
    method("/tacit.v1.AuditService/ListSidecars", REVIEWER, SMALL),
];

/// Standard services beside ours: health everywhere, reflection on development chains. They tell nothing secret.
pub const PUBLIC_PREFIXES: &[&str] = &[
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

/// The rule for a path; `None` when no such method exists.
pub fn rule(path: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use std::collections::BTreeMap;

    #[test]
    fn the_table_has_every_method_of_the_descriptors_and_no_other() {
        let files = prost_types::FileDescriptorSet::decode(tacit_proto::DESCRIPTORS).unwrap();
        let mut described = BTreeMap::new();
        for file in files
            .file
            .iter()
            .filter(|file| file.package() == "tacit.v1")
        {
            for service in &file.service {
                for method in &service.method {
                    let path = format!("/tacit.v1.{}/{}", service.name(), method.name());
                    described.insert(path, method.client_streaming());
                }
            }
        }
        let listed: BTreeMap<_, _> = METHODS
            .iter()
            .map(|m| (m.path.to_owned(), m.body == Body::FirstMessage))
            .collect();
        assert_eq!(listed.len(), METHODS.len(), "a method is listed twice");
        assert_eq!(listed, described);
    }
}
