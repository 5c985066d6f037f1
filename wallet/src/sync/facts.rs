//! Facts of the state, each with a proof to a certified header: members, the audit key, the counters.

use std::collections::{BTreeMap, BTreeSet};

use tacit_circuits::field::{Fr, fr_to_bytes};
use tacit_circuits::types::MemberId;
use tacit_identity::did::{MemberResolver, ResolvedMember};
use tacit_identity::keys::VerifyKey;
use tacit_ledger::bundle::{MAX_HANDOVERS, StateEvidence};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::genesis::GrantPolicy;
use tacit_ledger::governance::register_audit_key::AuditKeyRecord;
use tacit_ledger::handover::Handover;
use tacit_ledger::ids::{Epoch, Height};
use tacit_ledger::keys::{self, StateKey};
use tacit_ledger::member::{MemberRecord, MemberStatus, Role};
use tacit_ledger::state::{Counters, StateProof};

use super::{LedgerSource, MAX_ATTEMPTS, SyncError, SyncReport, View};
use crate::error::WalletError;
use crate::wallet::Wallet;

/// Members are read in pages of so many successive numbers, so that a node does not learn which one somebody deals with.
pub const MEMBER_PAGE: u32 = 16;

impl Wallet {
    /// Reads members, page by page, with proofs. Pages that were read since the wallet was opened are read again: keys
    /// rotate and members are suspended.
    ///
    /// # Errors
    /// [`WalletError::Sync`].
    pub fn read_members(
        &mut self,
        source: &mut dyn LedgerSource,
        ids: &[MemberId],
    ) -> Result<(), WalletError> {
        let mut report = SyncReport::default();
        for id in pages(ids) {
            let value = self.proven_value(source, &keys::member(id), &mut report)?;
            let record = value.map(|bytes| decode_slice(&bytes)).transpose();
            let record: Option<MemberRecord> =
                record.map_err(|_| SyncError::Malformed("member"))?;
            self.view.members.insert(id, record);
        }
        Ok(())
    }

    /// Reads the key that grants have to be encrypted to.
    pub(super) fn read_audit_key(
        &mut self,
        source: &mut dyn LedgerSource,
        report: &mut SyncReport,
    ) -> Result<(), WalletError> {
        let malformed = |_| SyncError::Malformed("audit key");
        let Some(id) = self.proven_value(source, &keys::current_audit_key(), report)? else {
            self.view.audit_key = None;
            return Ok(());
        };
        let id = decode_slice(&id).map_err(malformed)?;
        let record = self.proven_value(source, &keys::audit_key(&id), report)?;
        let record: AuditKeyRecord =
            decode_slice(&record.ok_or(SyncError::Malformed("audit key"))?).map_err(malformed)?;
        self.view.audit_key = Some(record.key);
        Ok(())
    }

    /// Reads what grants may say.
    pub(super) fn read_policy(
        &mut self,
        source: &mut dyn LedgerSource,
        report: &mut SyncReport,
    ) -> Result<(), WalletError> {
        let value = self.proven_value(source, &keys::policy(), report)?;
        let bytes = value.ok_or(SyncError::Malformed("policy"))?;
        let policy = decode_slice(&bytes).map_err(|_| SyncError::Malformed("policy"))?;
        self.view.policy = Some(policy);
        Ok(())
    }

    /// What grants may say, as of the last sync; before the first one since the wallet was opened, what genesis says.
    pub(crate) fn policy(&self) -> GrantPolicy {
        self.view.policy.unwrap_or(self.spec().genesis().policy)
    }

    /// The counters of the newest state.
    pub(super) fn counters(
        &mut self,
        source: &mut dyn LedgerSource,
        report: &mut SyncReport,
    ) -> Result<Counters, WalletError> {
        let value = self.proven_value(source, &keys::counters(), report)?;
        let bytes = value.ok_or(SyncError::Malformed("counters"))?;
        Ok(decode_slice(&bytes).map_err(|_| SyncError::Malformed("counters"))?)
    }

    /// A value of the newest state.
    fn proven_value(
        &mut self,
        source: &mut dyn LedgerSource,
        key: &StateKey,
        report: &mut SyncReport,
    ) -> Result<Option<Vec<u8>>, WalletError> {
        Ok(self.proven(source, key, report)?.value)
    }

    /// A value of the newest state with its proof. The node proves it for its newest header; the wallet follows up to that
    /// one.
    fn proven(
        &mut self,
        source: &mut dyn LedgerSource,
        key: &StateKey,
        report: &mut SyncReport,
    ) -> Result<ProvenValue, WalletError> {
        for _ in 0..MAX_ATTEMPTS {
            let answer = source.state(key).map_err(SyncError::from)?;
            if self.view.recent(answer.height).is_none() {
                self.follow(source, report)?;
            }
            let Some(header) = self.view.recent(answer.height) else {
                continue;
            };
            let proof: StateProof =
                decode_slice(&answer.proof).map_err(|_| SyncError::Malformed("state proof"))?;
            header
                .verify_state(key, answer.value.as_deref(), &proof)
                .map_err(SyncError::from)?;
            return Ok(ProvenValue {
                height: answer.height,
                value: answer.value,
                proof,
            });
        }
        Err(SyncError::Moved.into())
    }

    /// The changes of the validator set before an epoch, for a bundle. Whoever puts the bundle together checks them.
    pub(crate) fn handovers(
        &self,
        source: &mut dyn LedgerSource,
        before: Epoch,
    ) -> Result<Vec<Handover>, WalletError> {
        let (mut found, mut next) = (Vec::new(), Epoch(0));
        while next < before && found.len() <= MAX_HANDOVERS {
            let range = source.handovers(next).map_err(SyncError::from)?;
            if range.next <= next {
                return Err(SyncError::Malformed("change of the validators").into());
            }
            for bytes in range.handovers {
                let handover = decode_slice(&bytes);
                found.push(handover.map_err(|_| SyncError::Malformed("change of the validators"))?);
            }
            next = range.next;
        }
        Ok(found)
    }

    /// Values that a bundle has to show: the records of issuers, read by whole pages, and the schema's.
    pub(crate) fn bundle_values(
        &mut self,
        source: &mut dyn LedgerSource,
        issuers: &[MemberId],
        schema: &Fr,
        report: &mut SyncReport,
    ) -> Result<(Vec<StateEvidence>, StateEvidence), WalletError> {
        let mut of_issuers = BTreeMap::new();
        for id in pages(issuers) {
            let proven = self.proven(source, &keys::member(id), report)?;
            if issuers.contains(&id) {
                of_issuers.insert(id, proven.evidence().ok_or(WalletError::UnknownMember(id))?);
            }
        }
        let in_order = issuers
            .iter()
            .map(|id| of_issuers.remove(id).ok_or(WalletError::UnknownMember(*id)));
        let in_order = in_order.collect::<Result<_, _>>()?;
        let schema = self.proven(source, &keys::schema(&fr_to_bytes(schema)), report)?;
        let missing = WalletError::NotYet("the schema is not registered on the ledger");
        Ok((in_order, schema.evidence().ok_or(missing)?))
    }
}

/// A value of the state, or that there is none, as it was proven.
struct ProvenValue {
    height: Height,
    value: Option<Vec<u8>>,
    proof: StateProof,
}

impl ProvenValue {
    fn evidence(self) -> Option<StateEvidence> {
        let value = Some(self.value?);
        Some(StateEvidence::new(self.height, value, self.proof))
    }
}

/// The members of all pages in which these are.
fn pages(ids: &[MemberId]) -> impl Iterator<Item = MemberId> {
    let pages: BTreeSet<u32> = ids.iter().map(|id| (id.get() - 1) / MEMBER_PAGE).collect();
    let numbers = pages.into_iter().flat_map(|page| {
        let first = page * MEMBER_PAGE;
        first + 1..=first.saturating_add(MEMBER_PAGE)
    });
    numbers.filter_map(|id| MemberId::new(id).ok())
}

/// The members that were read and verified.
#[derive(Clone, Copy)]
pub struct Members<'a>(&'a View);

impl Wallet {
    /// The members that [`Wallet::read_members`] has read.
    #[must_use]
    pub fn members(&self) -> Members<'_> {
        Members(&self.view)
    }
}

impl MemberResolver for Members<'_> {
    fn resolve(&self, member: MemberId) -> Option<ResolvedMember> {
        let record = self.0.members.get(&member)?.as_ref()?;
        let key = |bytes: &[u8; 32]| VerifyKey::from_bytes(bytes).ok();
        Some(ResolvedMember {
            name: record.name.to_string(),
            active: record.status == MemberStatus::Active,
            issuer: record.roles.has(Role::Issuer),
            platform: record.roles.has(Role::Platform),
            signing_key: key(record.keys.signing.as_bytes())?,
            earlier_signing_keys: record
                .past_keys
                .0
                .iter()
                .filter_map(|past| key(past.keys.signing.as_bytes()))
                .collect(),
            hpke_key: *record.keys.hpke.as_bytes(),
        })
    }
}
