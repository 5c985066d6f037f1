//! Every key derivation of this crate.
//!
//! ```text
//! chain key = HKDF-SHA512-Extract(salt = tag, seed || chain id)
//! secret    = HKDF-SHA512-Expand(chain key, tag, parts)          32 or 64 bytes; 64 are reduced into the field
//! ```
//!
//! The seed is that of one persona ([`persona_seed`]); nothing below is shared by two of them, and from one persona's seed
//! no other follows, but from the root, which is persona 0's, all do.
//!
//! A wallet numbers its leaves by a [`Counter`]. What must be found again by scanning the chain with nothing but the
//! seed follows from the counter alone: the end secret `e`, and the request id. Everything else also follows from the
//! [`Plan`], a digest of what the leaf is going to say.
//!
//! The holder's secret has a [`Generation`]. A leaf keeps the one that it was made under; a scan needs none, since E and
//! request id do not depend on it.
//!
//! # Why a counter that runs back cannot reuse a leaf for other content
//!
//! A wallet file restored from an old copy may hand out a counter a second time. Then
//! - `rho`, salt and data key differ as soon as the content differs: no key is shared, K differs, and whoever knows the
//!   opening of one leaf learns nothing about the other;
//! - for the same content under the same generation everything is equal: the same leaf value, which the chain takes once.
//!   Under another generation K differs, and so the leaf, while nonce, salt and data key are the same: what they protect is
//!   the same content;
//! - the request id is equal, so while the first transaction is still on its way or within the chain's window, the chain
//!   refuses the second content (`REQUEST_ID_REUSED`);
//! - once the first leaf is final, the next sync sees its E among the wallet's coming ones and moves the counter past it
//!   ([`crate::sync`]) before anything new is made.
//!
//! Sources: RFC 5869 (HKDF); the tags stand in `tacit_circuits::tags`.

use ark_ff::PrimeField;
use commonware_codec::{Error as CodecError, FixedSize, Read, ReadExt, Write};
use hkdf::Hkdf;
use sha2::{Sha256, Sha512};
use tacit_circuits::field::Fr;
use tacit_circuits::tags::{self, Tag, tagged_sha256};
use tacit_circuits::types::{Digest32, MemberId, Position, Secret};
use zeroize::{Zeroize, Zeroizing};

use crate::file::seal::Kind;
use crate::seed::Seed;

/// Number of a leaf among those this wallet makes on one chain, from 0. A wallet hands each out once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter(pub u32);

impl Counter {
    /// The counter after this one; `None` at the end of the range.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Counter)
    }
}

impl std::fmt::Display for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FixedSize for Counter {
    const SIZE: usize = 4;
}

impl Write for Counter {
    fn write(&self, buf: &mut impl bytes::BufMut) {
        self.0.write(buf);
    }
}

impl Read for Counter {
    type Cfg = ();

    fn read_cfg(buf: &mut impl commonware_codec::Buf, (): &()) -> Result<Self, CodecError> {
        u32::read(buf).map(Counter)
    }
}

/// Number of a holder's secret among those that a persona has had on one chain, from 0: a rotation begins the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u8);

impl Generation {
    /// Generations that a persona can have on one chain. What is brought back from the seed alone is tried under each.
    pub const COUNT: u8 = 64;

    /// The generation after this one; `None` at the end of the range.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Some(Generation(self.0.checked_add(1)?)).filter(|next| next.0 < Self::COUNT)
    }

    /// Its number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// All that there can be, from the first on.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Generation)
    }
}

impl std::fmt::Display for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FixedSize for Generation {
    const SIZE: usize = 1;
}

impl Write for Generation {
    fn write(&self, buf: &mut impl bytes::BufMut) {
        self.0.write(buf);
    }
}

impl Read for Generation {
    type Cfg = ();

    fn read_cfg(buf: &mut impl commonware_codec::Buf, (): &()) -> Result<Self, CodecError> {
        match u8::read(buf)? {
            number if number < Self::COUNT => Ok(Generation(number)),
            _ => Err(CodecError::Invalid("Generation", "beyond the last")),
        }
    }
}

/// The seed of a wallet's persona. The first persona has the root seed itself, so that a wallet that never has another is the
/// seed that was written down.
#[must_use]
pub fn persona_seed(root: &Seed, number: u32) -> Seed {
    let mut seed = Zeroizing::new(*root.expose());
    if number != 0 {
        let hkdf = Hkdf::<Sha512>::new(Some(tags::WALLET_PERSONA.bytes()), root.expose());
        let by = |info: &[u8], out: &mut [u8]| hkdf.expand(info, out).is_ok();
        expand(
            by,
            tags::WALLET_PERSONA,
            &[&number.to_be_bytes()],
            &mut *seed,
        );
    }
    Seed::from_bytes(&seed)
}

/// Digest of what a leaf is going to say, before any secret of it exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Plan(pub Digest32);

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whoever guesses the content could confirm the guess.
        f.write_str("Plan(redacted)")
    }
}

impl FixedSize for Plan {
    const SIZE: usize = Digest32::SIZE;
}

impl Write for Plan {
    fn write(&self, buf: &mut impl bytes::BufMut) {
        self.0.write(buf);
    }
}

impl Read for Plan {
    type Cfg = ();

    fn read_cfg(buf: &mut impl commonware_codec::Buf, (): &()) -> Result<Self, CodecError> {
        Digest32::read(buf).map(Plan)
    }
}

impl Plan {
    /// The plan of a leaf of some kind with the given content.
    #[must_use]
    pub fn of(kind: PlanKind, parts: &[&[u8]]) -> Self {
        let kind = [kind as u8];
        let mut all: Vec<&[u8]> = vec![&kind];
        all.extend(parts);
        Plan(tagged_sha256(tags::WALLET_PLAN, &all))
    }
}

/// What a plan is for; part of its digest.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum PlanKind {
    /// A credential to ask for.
    Credential = 1,
    /// A record.
    Record = 2,
    /// A grant.
    Grant = 3,
}

/// All secrets of one persona on one chain follow from this.
pub struct ChainKeys(Hkdf<Sha512>);

impl std::fmt::Debug for ChainKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainKeys(redacted)")
    }
}

impl ChainKeys {
    /// The keys that a seed has on a chain.
    #[must_use]
    pub fn new(seed: &Seed, chain: &Digest32) -> Self {
        let mut input = Zeroizing::new([0; 64]);
        input[..32].copy_from_slice(seed.expose());
        input[32..].copy_from_slice(&chain.0);
        ChainKeys(Hkdf::new(Some(tags::WALLET_CHAIN.bytes()), input.as_ref()))
    }

    /// sk: the holder's secret. One for a generation, so that nyms are stable and a grant's K opens to the record's secret.
    #[must_use]
    pub fn holder_secret(&self, generation: Generation) -> Secret<Fr> {
        self.element(tags::WALLET_HOLDER_SECRET, &[&[generation.0]])
    }

    /// e: revealing it ends the leaf. From the counter alone, so that the seed finds its leaves by scanning for E.
    #[must_use]
    pub fn end_secret(&self, counter: Counter) -> Secret<Fr> {
        self.element(tags::WALLET_END_SECRET, &[&counter.0.to_be_bytes()])
    }

    /// The id under which the leaf's transaction is sent, always the same for one counter.
    #[must_use]
    pub fn request_id(&self, counter: Counter) -> [u8; 16] {
        self.bytes(tags::WALLET_REQUEST_ID, &[&counter.0.to_be_bytes()])
    }

    /// The id under which the ending of the leaf at a position is sent.
    #[must_use]
    pub fn ending_request_id(&self, counter: Counter, position: Position) -> [u8; 16] {
        let (counter, position) = (counter.0.to_be_bytes(), position.0.to_be_bytes());
        self.bytes(tags::WALLET_ENDING_REQUEST_ID, &[&counter, &position])
    }

    /// rho: the nonce in K.
    #[must_use]
    pub fn leaf_nonce(&self, counter: Counter, plan: &Plan) -> Secret<Fr> {
        self.planned(tags::WALLET_LEAF_NONCE, counter, plan)
    }

    /// The salt of the leaf's body.
    #[must_use]
    pub fn body_salt(&self, counter: Counter, plan: &Plan) -> Secret<Fr> {
        self.planned(tags::WALLET_BODY_SALT, counter, plan)
    }

    /// The data key of a record's object.
    #[must_use]
    pub fn data_key(&self, counter: Counter, plan: &Plan) -> Secret<[u8; 32]> {
        Secret::new(self.bytes(
            tags::WALLET_DATA_KEY,
            &[&counter.0.to_be_bytes(), &plan.0.0],
        ))
    }

    /// Seed of the Ed25519 key with which the holder owns a record's object at the vault.
    #[must_use]
    pub fn object_owner_key(&self, counter: Counter, plan: &Plan) -> Secret<[u8; 32]> {
        Secret::new(self.bytes(
            tags::WALLET_OBJECT_OWNER,
            &[&counter.0.to_be_bytes(), &plan.0.0],
        ))
    }

    /// Seed of the Ed25519 key behind the `did:key` that a credential names as its subject: one for each credential.
    #[must_use]
    pub fn subject_key(&self, counter: Counter, plan: &Plan) -> Secret<[u8; 32]> {
        Secret::new(self.bytes(tags::WALLET_SUBJECT, &[&counter.0.to_be_bytes(), &plan.0.0]))
    }

    /// The X25519 secret to which requests to an inbox are sealed.
    #[must_use]
    pub fn inbox_encryption_key(&self, inbox: u32) -> Secret<[u8; 32]> {
        Secret::new(self.bytes(tags::WALLET_INBOX_ENCRYPTION, &[&inbox.to_be_bytes()]))
    }

    /// Seed of the Ed25519 key with which the holder owns an inbox; the address follows from its public half.
    #[must_use]
    pub fn inbox_owner_key(&self, inbox: u32) -> Secret<[u8; 32]> {
        Secret::new(self.bytes(tags::WALLET_INBOX_OWNER, &[&inbox.to_be_bytes()]))
    }

    /// Seed of the Ed25519 key with which the holder owns the slot of this wallet's backup at a vault: one for each vault.
    #[must_use]
    pub fn slot_owner_key(&self, vault: MemberId) -> Secret<[u8; 32]> {
        Secret::new(self.bytes(tags::WALLET_SLOT_OWNER, &[&vault.get().to_be_bytes()]))
    }

    /// The secret from which the keys of the backup in that slot follow. 256 random bits: nothing is gained by stretching it.
    #[must_use]
    pub(crate) fn slot_secret(&self, vault: MemberId) -> Secret<[u8; 32]> {
        Secret::new(self.bytes(tags::WALLET_SLOT_SECRET, &[&vault.get().to_be_bytes()]))
    }

    fn planned(&self, tag: Tag, counter: Counter, plan: &Plan) -> Secret<Fr> {
        self.element(tag, &[&counter.0.to_be_bytes(), &plan.0.0])
    }

    /// 512 bits reduced into the field: the bias is below 2^-256.
    fn element(&self, tag: Tag, parts: &[&[u8]]) -> Secret<Fr> {
        let mut wide: [u8; 64] = self.bytes(tag, parts);
        let element = Fr::from_be_bytes_mod_order(&wide);
        wide.zeroize();
        Secret::new(element)
    }

    fn bytes<const N: usize>(&self, tag: Tag, parts: &[&[u8]]) -> [u8; N] {
        const { assert!(N <= 64) };
        let mut out = [0; N];
        expand(
            |info, out| self.0.expand(info, out).is_ok(),
            tag,
            parts,
            &mut out,
        );
        out
    }
}

/// Encryption key and password check of a sealed file of some kind, from the stretched password.
pub(crate) fn file_keys(kind: Kind, stretched: &[u8; 32]) -> (Zeroizing<[u8; 32]>, [u8; 32]) {
    let (key, checks) = match kind {
        Kind::Wallet => (tags::WALLET_FILE_KEY, tags::WALLET_FILE_CHECK),
        Kind::Backup => (tags::WALLET_BACKUP_KEY, tags::WALLET_BACKUP_CHECK),
        Kind::Slot => (tags::WALLET_SLOT_KEY, tags::WALLET_SLOT_CHECK),
    };
    let hkdf = Hkdf::<Sha256>::new(None, stretched);
    let mut encryption = Zeroizing::new([0; 32]);
    let mut check = [0; 32];
    let by = |info: &[u8], out: &mut [u8]| hkdf.expand(info, out).is_ok();
    expand(by, key, &[], encryption.as_mut());
    expand(by, checks, &[], &mut check);
    (encryption, check)
}

/// HKDF-Expand with info = tag and parts, each behind its length.
fn expand(by: impl Fn(&[u8], &mut [u8]) -> bool, tag: Tag, parts: &[&[u8]], out: &mut [u8]) {
    let mut info = Vec::new();
    for part in std::iter::once(&tag.bytes()).chain(parts) {
        info.extend_from_slice(&(part.len() as u64).to_be_bytes());
        info.extend_from_slice(part);
    }
    // HKDF-Expand fails only beyond 255 hash lengths; callers ask for two at most.
    let done = by(&info, out);
    debug_assert!(done);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tacit_circuits::field::fr_to_bytes;

    use super::*;

    const CHAIN: Digest32 = Digest32([7; 32]);

    fn keys(seed: u8, chain: Digest32) -> ChainKeys {
        ChainKeys::new(&Seed::from_bytes(&[seed; 32]), &chain)
    }

    fn vault(counter: Counter) -> MemberId {
        MemberId::new(counter.0.max(1)).unwrap()
    }

    fn persona(root: u8, number: u32) -> Seed {
        persona_seed(&Seed::from_bytes(&[root; 32]), number)
    }

    /// Every secret that the keys give for one counter and plan, as bytes.
    fn all(keys: &ChainKeys, counter: Counter, plan: &Plan) -> Vec<Vec<u8>> {
        let fr = |s: Secret<Fr>| fr_to_bytes(s.expose()).to_vec();
        let bytes = |s: Secret<[u8; 32]>| s.expose().to_vec();
        let generation = Generation(u8::try_from(counter.0 % 64).unwrap());
        vec![
            fr(keys.holder_secret(generation)),
            fr(keys.end_secret(counter)),
            keys.request_id(counter).to_vec(),
            keys.ending_request_id(counter, Position(9)).to_vec(),
            fr(keys.leaf_nonce(counter, plan)),
            fr(keys.body_salt(counter, plan)),
            bytes(keys.data_key(counter, plan)),
            bytes(keys.object_owner_key(counter, plan)),
            bytes(keys.subject_key(counter, plan)),
            bytes(keys.inbox_encryption_key(counter.0)),
            bytes(keys.inbox_owner_key(counter.0)),
            bytes(keys.slot_owner_key(vault(counter))),
            bytes(keys.slot_secret(vault(counter))),
        ]
    }

    #[test]
    fn the_same_seed_chain_counter_and_plan_give_the_same_secrets() {
        let plan = Plan::of(PlanKind::Record, &[b"content"]);
        assert_eq!(
            all(&keys(1, CHAIN), Counter(3), &plan),
            all(&keys(1, CHAIN), Counter(3), &plan)
        );
    }

    #[test]
    fn no_two_secrets_are_equal_across_kinds_counters_chains_and_seeds() {
        let plan = Plan::of(PlanKind::Record, &[b"content"]);
        let mut seen = BTreeSet::new();
        let mut count = 0;
        let personas = (0..4).map(|number| ChainKeys::new(&persona(1, number), &CHAIN));
        let others = [keys(2, CHAIN), keys(1, Digest32([8; 32]))];
        for keys in personas.chain(others) {
            for counter in [Counter(0), Counter(2), Counter(u32::MAX)] {
                let secrets = all(&keys, counter, &plan);
                count += secrets.len();
                seen.extend(secrets.iter().map(|s| s[..16].to_vec()));
            }
        }
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn the_first_persona_is_the_root_and_no_persona_gives_another() {
        assert_eq!(persona(1, 0).expose(), &[1; 32]);
        let mut seeds: BTreeSet<[u8; 32]> = (0..100).map(|n| *persona(1, n).expose()).collect();
        // What follows from a persona's seed as if it were a root is no persona of the root.
        let second = persona(1, 1);
        seeds.extend((1..100).map(|n| *persona_seed(&second, n).expose()));
        assert_eq!(seeds.len(), 199);
    }

    #[test]
    fn generations_have_secrets_of_their_own_and_an_end() {
        let keys = keys(1, CHAIN);
        let secrets: BTreeSet<_> = Generation::all()
            .map(|generation| fr_to_bytes(keys.holder_secret(generation).expose()))
            .collect();
        assert_eq!(secrets.len(), 64);
        let last = Generation::all().last().unwrap();
        assert_eq!((last.get(), last.next()), (63, None));
        assert_eq!(Generation::default().next(), Some(Generation(1)));
    }

    #[test]
    fn a_counter_handed_out_again_shares_no_key_with_other_content() {
        let keys = keys(1, CHAIN);
        let (old, new) = (
            Plan::of(PlanKind::Record, &[b"old"]),
            Plan::of(PlanKind::Record, &[b"new"]),
        );
        let n = Counter(5);
        assert_ne!(keys.leaf_nonce(n, &old), keys.leaf_nonce(n, &new));
        assert_ne!(keys.body_salt(n, &old), keys.body_salt(n, &new));
        assert_ne!(keys.data_key(n, &old), keys.data_key(n, &new));
        assert_ne!(
            keys.object_owner_key(n, &old),
            keys.object_owner_key(n, &new)
        );
        assert_ne!(keys.subject_key(n, &old), keys.subject_key(n, &new));
        // And the chain is made to notice: the transaction goes under the id it already knows.
        assert_eq!(keys.request_id(n), keys.request_id(n));
    }

    #[test]
    fn plans_separate_kinds_and_the_borders_of_their_parts() {
        let plan = Plan::of(PlanKind::Record, &[b"ab", b"c"]);
        assert_ne!(plan, Plan::of(PlanKind::Record, &[b"a", b"bc"]));
        assert_ne!(plan, Plan::of(PlanKind::Grant, &[b"ab", b"c"]));
    }

    #[test]
    fn debug_of_the_keys_shows_nothing() {
        assert_eq!(format!("{:?}", keys(1, CHAIN)), "ChainKeys(redacted)");
    }
}
