//! Fixtures for this crate's tests: members, keys, a person.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use tacit_circuits::commit;
use tacit_circuits::field::Fr;
use tacit_circuits::keys::{ProvingKey, insecure_development_setup};
use tacit_circuits::show::{Show, ShowWitness};
use tacit_circuits::tree::{LivePath, MemoryNodes, ended, note};
use tacit_circuits::types::{
    AnchorView, Digest32, EndTag, HolderKey, Leaf, MemberId, PlatformRoot, Position, Secret,
    Timestamp,
};

use crate::credential::{Credential, CredentialTerms, Draft};
use crate::did::{MemberDid, ResolvedMember};
use crate::schema::{Claims, Schema};
use crate::signer::{HolderSigner, IssuerSigner, MemberSigner};

/// 2026-11-21T12:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_262_400);
pub(crate) const CHAIN: Digest32 = Digest32([0xc4; 32]);
pub(crate) const OTHER_CHAIN: Digest32 = Digest32([0xc5; 32]);
pub(crate) const POSITION: Position = Position(4711);

pub(crate) fn member(id: u32) -> MemberId {
    MemberId::new(id).unwrap()
}

pub(crate) fn did(id: u32) -> MemberDid {
    MemberDid {
        chain: CHAIN,
        member: member(id),
    }
}

fn secret(byte: u8) -> Secret<[u8; 32]> {
    Secret::new([byte; 32])
}

/// Issuers are members 1 and 2, platforms 3 and 4; 5 is a suspended issuer and platform.
pub(crate) fn members() -> BTreeMap<MemberId, ResolvedMember> {
    (1..=5u8)
        .map(|id| {
            let resolved = ResolvedMember {
                name: format!("Member {id}"),
                active: id != 5,
                issuer: [1, 2, 5].contains(&id),
                platform: [3, 4, 5].contains(&id),
                signing_key: signer(id).verify_key(),
                earlier_signing_keys: Vec::new(),
                hpke_key: [id; 32],
            };
            (member(id.into()), resolved)
        })
        .collect()
}

pub(crate) fn signer(id: u8) -> MemberSigner {
    MemberSigner::new(did(id.into()), &secret(id))
}

pub(crate) fn issuer(id: u8) -> IssuerSigner {
    IssuerSigner::new(did(id.into()), &secret(id))
}

pub(crate) fn holder() -> HolderSigner {
    HolderSigner::new(&secret(99))
}

pub(crate) fn person() -> Schema {
    Schema::person().unwrap()
}

pub(crate) fn claims() -> Claims {
    let text = r#"{"givenName":"Ada","familyName":"Lovelace","birthdate":"1990-12-10","country":"DE","level":3,
        "income":4200,"resident":true}"#;
    Claims::parse(&person(), text.as_bytes()).unwrap()
}

pub(crate) fn keys() -> (HolderKey, EndTag) {
    (
        commit::holder_key(&Fr::from(11u64), &Fr::from(12u64)),
        commit::end_tag(&Fr::from(13u64)),
    )
}

pub(crate) fn terms(issuer: u32, claims: Claims) -> CredentialTerms {
    let (holder_key, end_tag) = keys();
    CredentialTerms {
        issuer: did(issuer),
        subject: holder().did(),
        holder_key,
        end_tag,
        claims,
        valid_from: Timestamp(NOW.0 - 1000),
        valid_until: Timestamp(NOW.0 + 1_000_000),
        salt: Fr::from(77u64),
    }
}

pub(crate) fn draft() -> Draft {
    Draft::new(&person(), terms(1, claims())).unwrap()
}

pub(crate) fn credential() -> Credential {
    issuer(1).sign_credential(&draft(), POSITION, NOW).unwrap()
}

/// A development key of the statement show, made once.
pub(crate) fn show_key() -> &'static ProvingKey {
    static KEY: OnceLock<ProvingKey> = OnceLock::new();
    KEY.get_or_init(|| insecure_development_setup::<Show>().unwrap())
}

/// A draft's leaf as the live one of two leaves of a chain, at its anchor.
pub(crate) fn ledger_of(draft: &Draft) -> (AnchorView, LivePath) {
    let (mut notes, mut bits) = (MemoryNodes::default(), MemoryNodes::default());
    let leaves = [Leaf(Fr::from(1u64)), draft.leaf()];
    let note_root = note::append(&mut notes, 0, &leaves).unwrap();
    let ended_root = ended::set_bits(&mut bits, &[Position(0)]).unwrap();
    let at = Position(1);
    let path = LivePath::new(
        &note::path(&notes, at).unwrap(),
        &ended::path(&bits, at).unwrap(),
    )
    .unwrap();
    let anchor = AnchorView {
        height: 7,
        time: NOW,
        note_root,
        ended_root,
        platform_root: PlatformRoot(Fr::from(0u64)),
    };
    (anchor, path)
}

/// What the holder of a draft of issuer 1 knows.
pub(crate) fn witness_of(draft: &Draft, path: LivePath) -> ShowWitness {
    ShowWitness {
        sk: Secret::new(Fr::from(11u64)),
        rho: Secret::new(Fr::from(12u64)),
        issuer: member(1),
        body: draft.opening(POSITION).body().clone(),
        end: keys().1,
        path,
    }
}
