//! When the vault serves an object: pure rules, facts of the chain in, a decision out.
//!
//! An access is on the chain before anything is served. The vault opens its receipt, compares every part with who asks for
//! what, and serves one object under one receipt to one session within [`SERVE_WINDOW`]. A broken download may resume, a few
//! times, until the platform acknowledges that it has everything: with the acknowledgement, a platform that was killed at any
//! moment needs no second access. Liveness is checked again while the stream runs ([`LivenessGuard`]).

use bytes::BufMut;
use commonware_codec::{Buf, Error as CodecError, FixedSize, Read, ReadExt, Write};
use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::types::{MemberId, Position, Receipt, Timestamp};

use crate::ids::{SessionPublicKey, VaultIdentity};
use crate::object::ObjectId;

/// Seconds of block time within which a finalized receipt is served.
pub const SERVE_WINDOW: u64 = 300;
/// How often one receipt may be started: once, and resumed the other times.
pub const MAX_ATTEMPTS: u8 = 8;

/// What a platform asks for.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// What the receipt on the chain is a commitment to.
    pub opening: ReceiptOpening,
    /// The object wanted.
    pub object: ObjectId,
    /// First byte wanted: 0, or where a broken download resumes.
    pub offset: u64,
    /// The session key whose hash the receipt holds.
    pub session_key: SessionPublicKey,
    /// Its signature over vault, receipt, object and offset ([`crate::ids::SessionKey::sign_fetch`]).
    pub signature: [u8; 64],
}

/// What the chain says about grant, record and grantee now. All from the vault's own newest finalized state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveFacts {
    /// Time of the newest finalized block: the only "now" of these rules.
    pub newest_time: Timestamp,
    /// Whether the bit of the grant's position is set.
    pub grant_ended: bool,
    /// Whether the bit of the record's position is set.
    pub record_ended: bool,
    /// Whether the grantee is a member that is neither suspended nor gone.
    pub grantee_active: bool,
}

/// What the chain says about a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainFacts {
    /// Time of the finalized block that holds the receipt, if there is one.
    pub receipt_time: Option<Timestamp>,
    /// Liveness.
    pub live: LiveFacts,
}

/// What the vault knows about the object itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObjectFacts {
    /// The record it was bound to by its owner.
    pub record: Option<Position>,
    /// Its length in bytes.
    pub length: u64,
}

/// What has been served under a receipt; kept durably.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Served {
    /// The object served.
    pub object: ObjectId,
    /// The session it was served to.
    pub session_key: SessionPublicKey,
    /// Block time after which the receipt is not served any more.
    pub until: Timestamp,
    /// Streams started, resumed ones counted.
    pub attempts: u8,
    /// Whether the platform has acknowledged the whole object.
    pub acknowledged: bool,
}

impl FixedSize for Served {
    const SIZE: usize = 32 + 32 + 8 + 1 + 1;
}

impl Write for Served {
    fn write(&self, buf: &mut impl BufMut) {
        self.object.write(buf);
        self.session_key.write(buf);
        self.until.write(buf);
        self.attempts.write(buf);
        self.acknowledged.write(buf);
    }
}

impl Read for Served {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        Ok(Self {
            object: ObjectId::read(buf)?,
            session_key: SessionPublicKey::read(buf)?,
            until: Timestamp::read(buf)?,
            attempts: u8::read(buf)?,
            acknowledged: bool::read(buf)?,
        })
    }
}

/// Leave to serve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Serve {
    /// The receipt served under.
    pub receipt: Receipt,
    /// The journal entry to make durable before the first byte leaves.
    pub entry: Served,
    /// To be asked while the stream runs.
    pub guard: LivenessGuard,
}

/// Why an object is not served, or no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The receipt names another vault.
    #[error("the receipt is for another vault")]
    OtherVault,
    /// The receipt names another grantee than the member that asks.
    #[error("the receipt is for another member")]
    OtherMember,
    /// The session key is not the one of the receipt.
    #[error("the receipt is for another session key")]
    OtherSessionKey,
    /// The session key did not sign this request.
    #[error("the request is not signed by the session key")]
    SessionSignature,
    /// The grantee is suspended or no member.
    #[error("the grantee is not an active member")]
    GranteeInactive,
    /// No finalized block holds the receipt.
    #[error("no finalized access has this receipt")]
    ReceiptUnknown,
    /// The receipt is older than [`SERVE_WINDOW`].
    #[error("the access is older than {SERVE_WINDOW} seconds: make a new one")]
    ReceiptTooOld,
    /// The grant's time is over.
    #[error("the grant has expired")]
    Expired,
    /// The grant was revoked.
    #[error("the grant has been revoked")]
    GrantEnded,
    /// The record was ended.
    #[error("the record has been ended by its owner")]
    RecordEnded,
    /// The vault has no such object.
    #[error("the vault does not have this object")]
    ObjectUnknown,
    /// The object does not belong to the record of the grant.
    #[error("the object does not belong to the record of the grant")]
    OtherRecord,
    /// The receipt has been used up: acknowledged, for another object, or resumed too often.
    #[error("this access has already been served: make a new one")]
    AlreadyServed,
    /// The offset lies behind the end of the object.
    #[error("the object is shorter than the offset asked for")]
    Offset,
    /// The same receipt was resumed in another stream, which replaces this one.
    #[error("the download was resumed in another stream")]
    Superseded,
}

impl Refusal {
    /// The stable reason code.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::OtherVault => "RECEIPT_OTHER_VAULT",
            Self::OtherMember => "RECEIPT_OTHER_MEMBER",
            Self::OtherSessionKey => "RECEIPT_OTHER_SESSION_KEY",
            Self::SessionSignature => "SESSION_SIGNATURE",
            Self::GranteeInactive => "GRANTEE_INACTIVE",
            Self::ReceiptUnknown => "RECEIPT_UNKNOWN",
            Self::ReceiptTooOld => "RECEIPT_TOO_OLD",
            Self::Expired => "GRANT_EXPIRED",
            Self::GrantEnded => "GRANT_ENDED",
            Self::RecordEnded => "RECORD_ENDED",
            Self::ObjectUnknown => "OBJECT_UNKNOWN",
            Self::OtherRecord => "OBJECT_OTHER_RECORD",
            Self::AlreadyServed => "RECEIPT_ALREADY_SERVED",
            Self::Offset => "OBJECT_OFFSET",
            Self::Superseded => "FETCH_SUPERSEDED",
        }
    }
}

/// Whether grant, record and grantee are still what they were when the stream began. The vault asks it every few chunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LivenessGuard {
    /// The grant's position: which `grant_ended` to look up.
    pub grant: Position,
    /// The record's position: which `record_ended` to look up.
    pub record: Position,
    /// The grantee: whose `grantee_active` to look up.
    pub grantee: MemberId,
    /// End of the grant's time.
    pub not_after: Timestamp,
}

impl LivenessGuard {
    /// Checks liveness with newer facts.
    ///
    /// # Errors
    /// [`Refusal::GranteeInactive`], [`Refusal::Expired`], [`Refusal::GrantEnded`], [`Refusal::RecordEnded`].
    pub const fn check(&self, facts: &LiveFacts) -> Result<(), Refusal> {
        if !facts.grantee_active {
            return Err(Refusal::GranteeInactive);
        }
        if facts.newest_time.0 >= self.not_after.0 {
            return Err(Refusal::Expired);
        }
        if facts.grant_ended {
            return Err(Refusal::GrantEnded);
        }
        if facts.record_ended {
            return Err(Refusal::RecordEnded);
        }
        Ok(())
    }
}

/// Decides about a request. `member` is who the API authenticated; `before` is what the journal holds for the receipt.
///
/// # Errors
/// The first rule that is broken, in the order of the checks below: who asks, what the chain says, what the vault has.
pub fn decide(
    vault: &VaultIdentity,
    member: MemberId,
    request: &FetchRequest,
    chain: &ChainFacts,
    object: Option<ObjectFacts>,
    before: Option<&Served>,
) -> Result<Serve, Refusal> {
    let opening = &request.opening;
    if opening.vault != vault.member {
        return Err(Refusal::OtherVault);
    }
    if opening.grantee != member {
        return Err(Refusal::OtherMember);
    }
    if opening.session_key_hash != request.session_key.hash() {
        return Err(Refusal::OtherSessionKey);
    }
    let receipt = opening.commit();
    if !request.session_key.signed_fetch(
        vault,
        &receipt,
        &request.object,
        request.offset,
        &request.signature,
    ) {
        return Err(Refusal::SessionSignature);
    }

    let since = chain.receipt_time.ok_or(Refusal::ReceiptUnknown)?;
    let until = since.saturating_add(SERVE_WINDOW);
    if chain.live.newest_time > until {
        return Err(Refusal::ReceiptTooOld);
    }
    let guard = LivenessGuard {
        grant: opening.grant,
        record: opening.record,
        grantee: opening.grantee,
        not_after: opening.not_after,
    };
    guard.check(&chain.live)?;

    let object = object.ok_or(Refusal::ObjectUnknown)?;
    if object.record != Some(opening.record) {
        return Err(Refusal::OtherRecord);
    }
    if request.offset > object.length {
        return Err(Refusal::Offset);
    }
    let attempts = match before {
        None => 0,
        Some(before) if before.acknowledged || before.object != request.object => {
            return Err(Refusal::AlreadyServed);
        }
        Some(before) => before.attempts,
    };
    if attempts >= MAX_ATTEMPTS {
        return Err(Refusal::AlreadyServed);
    }
    let entry = Served {
        object: request.object,
        session_key: request.session_key,
        until,
        attempts: attempts + 1,
        acknowledged: false,
    };
    Ok(Serve {
        receipt,
        entry,
        guard,
    })
}

/// Marks a receipt as used up, on the word of its session key.
///
/// # Errors
/// [`Refusal::ReceiptUnknown`] if nothing was served under it, [`Refusal::SessionSignature`].
pub fn acknowledge(
    vault: &VaultIdentity,
    receipt: &Receipt,
    signature: &[u8; 64],
    before: Option<&Served>,
) -> Result<Served, Refusal> {
    let before = before.ok_or(Refusal::ReceiptUnknown)?;
    if !before
        .session_key
        .signed_acknowledgement(vault, receipt, signature)
    {
        return Err(Refusal::SessionSignature);
    }
    Ok(Served {
        acknowledged: true,
        ..*before
    })
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
