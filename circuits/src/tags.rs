//! The one registry of domain tags: Poseidon, SHA-256, HKDF info, signature contexts, HPKE info.
//!
//! A tag separates one use of a primitive from every other use. Each is listed once, in [`ALL`]; a test refuses
//! duplicates and Poseidon tags that do not fit.

use crate::field::Fr;
use crate::types::Digest32;
use ark_ff::PrimeField;
use sha2::{Digest, Sha256};

/// A domain tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(pub &'static str);

impl Tag {
    /// Longest tag, in bytes, that may be used with Poseidon: tag, its length and the number of inputs share one
    /// field element.
    pub const MAX_FIELD_BYTES: usize = 24;

    /// The tag's bytes.
    pub const fn bytes(&self) -> &'static [u8] {
        self.0.as_bytes()
    }

    /// The tag as a field element: its length byte followed by its bytes, read as a big-endian number.
    ///
    /// Injective for tags of at most [`Tag::MAX_FIELD_BYTES`] bytes, and then below 2^200.
    pub fn field(&self) -> Fr {
        let mut bytes = Vec::with_capacity(1 + self.0.len());
        bytes.push(self.0.len() as u8);
        bytes.extend_from_slice(self.bytes());
        Fr::from_be_bytes_mod_order(&bytes)
    }
}

/// SHA-256 of the tag (length-prefixed by one byte) and of each part (length-prefixed by eight, big-endian).
pub fn tagged_sha256(tag: Tag, parts: &[&[u8]]) -> Digest32 {
    let mut hash = Sha256::new();
    hash.update([tag.0.len() as u8]);
    hash.update(tag.bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Digest32(hash.finalize().into())
}

macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Tag = Tag($text);)*
        /// Every tag of the workspace.
        pub const ALL: &[Tag] = &[$($name),*];
    };
}

registry! {
    // Poseidon: at most 24 bytes.
    /// Holder key K from the holder's secret and a nonce.
    HOLDER = "holder";
    /// End tag E from the secret that ends a leaf.
    END = "end";
    /// Body of a credential.
    CREDENTIAL = "cred";
    /// Body of a record.
    RECORD = "record";
    /// Body of a grant.
    GRANT = "grant";
    /// Body of a certificate.
    CERTIFICATE = "cert";
    /// A leaf of the note tree.
    LEAF = "leaf";
    /// Pseudonym of a holder towards one scope.
    NYM_SHOW = "nym-show";
    /// Pseudonym of a holder towards the reviewers, for one audit key and year.
    NYM_AUDIT = "nym-audit";
    /// Nullifier of one use of a grant.
    USE = "use";
    /// Receipt of one access.
    RECEIPT = "receipt";
    /// What a receipt says about the session it is for.
    RECEIPT_SESSION = "receipt-session";
    /// Id of an audit key.
    AUDIT_KEY = "audit-key";
    /// Nonce of an audit encryption.
    AUDIT_NONCE = "audit-nonce";
    /// Pad of one word of an audit encryption.
    AUDIT_PAD = "audit-pad";
    /// Digest of an audit ciphertext.
    AUDIT_DIGEST = "audit-digest";
    /// Commitment to a platform's secret.
    PLATFORM_SECRET = "platform-secret";
    /// A leaf of the platform tree.
    PLATFORM_LEAF = "platform-leaf";
    /// Inner node of the note tree.
    NOTE_NODE = "note-node";
    /// Inner node of the ended tree.
    ENDED_NODE = "ended-node";
    /// Inner node of the platform tree.
    PLATFORM_NODE = "platform-node";
    /// A 256-bit digest brought into the field.
    DIGEST = "digest";
    /// A text attribute.
    TEXT = "text";

    // SHA-256.
    /// What a proof is bound to.
    CONTEXT = "tacit/context/v1";
    /// Scope of a pseudonym: a verifier's identity and its label.
    SCOPE = "tacit/scope/v1";
    /// Challenge of a verifier.
    CHALLENGE = "tacit/challenge/v1";
    /// Challenge of a proof of possession of an audit key.
    AUDIT_POSSESSION = "tacit/audit-possession/v1";
    /// Challenge of a proof about a share of an audit decryption.
    AUDIT_SHARE = "tacit/audit-share/v1";
    /// Nonce of the two proofs above.
    AUDIT_PROOF_NONCE = "tacit/audit-proof-nonce/v1";
    /// Id of a verifying key.
    VERIFYING_KEY = "tacit/verifying-key/v1";
    /// Id of a proving key.
    PROVING_KEY = "tacit/proving-key/v1";
    /// Digest of a statement's constraints.
    CONSTRAINTS = "tacit/constraints/v1";
    /// Seed of the insecure development setup.
    INSECURE_SETUP = "tacit/insecure-development-setup/v1";

    // Vault: SHA-256, HKDF info, HPKE info.
    /// HKDF: encryption key of an object.
    VAULT_OBJECT_KEY = "tacit/vault/object-key/v1";
    /// HKDF: commitment to an object's data key.
    VAULT_KEY_COMMITMENT = "tacit/vault/key-commitment/v1";
    /// HKDF: object nonce that follows from key and content.
    VAULT_CONTENT_NONCE = "tacit/vault/content-nonce/v1";
    /// Hash of an object's header.
    VAULT_OBJECT_HEADER = "tacit/vault/object-header/v1";
    /// Id of an object.
    VAULT_OBJECT_ID = "tacit/vault/object-id/v1";
    /// Digest of an object's plaintext.
    VAULT_CONTENT = "tacit/vault/content/v1";
    /// HPKE: data key for a grantee.
    VAULT_HPKE_ENVELOPE = "tacit/vault/hpke-envelope/v1";
    /// HPKE: a request for a person's inbox.
    VAULT_HPKE_REQUEST = "tacit/vault/hpke-request/v1";
    /// HPKE: an answer for a platform.
    VAULT_HPKE_ANSWER = "tacit/vault/hpke-answer/v1";
    /// Address of an inbox from its owner's key.
    VAULT_INBOX_ADDRESS = "tacit/vault/inbox-address/v1";
    /// Hash of a session key, as a receipt holds it.
    VAULT_SESSION_KEY = "tacit/vault/session-key/v1";
    /// Session signature: fetch an object.
    VAULT_FETCH = "tacit/vault/fetch/v1";
    /// Session signature: the object has arrived.
    VAULT_ACKNOWLEDGE = "tacit/vault/acknowledge/v1";
    /// Member signature: an object was erased.
    VAULT_ERASURE = "tacit/vault/erasure/v1";
    /// Digest of a sealed message.
    VAULT_MESSAGE = "tacit/vault/message/v1";
    /// Checksum of one of the vault's files.
    VAULT_FILE = "tacit/vault/file/v1";
    /// Name of a slot from its owner's key.
    VAULT_SLOT_NAME = "tacit/vault/slot-name/v1";
    /// Digest of the sealed bytes in a slot.
    VAULT_SLOT_DIGEST = "tacit/vault/slot-digest/v1";
    /// Chain id: hash of the canonical genesis.
    CHAIN = "tacit/chain/v1";
    /// Block id: hash of the header.
    BLOCK = "tacit/block/v1";
    /// Transaction id.
    TX = "tacit/tx/v1";
    /// Leaf of the tree over a block's transactions.
    TX_LEAF = "tacit/tx-leaf/v1";
    /// Inner node of the tree over a block's transactions.
    TX_NODE = "tacit/tx-node/v1";
    /// Root over a block's transactions and their number.
    TX_ROOT = "tacit/tx-root/v1";
    /// Validator set.
    VALIDATOR_SET = "tacit/validator-set/v1";
    /// What a member signs under a transaction.
    TX_MEMBER = "tacit/tx-member-signature/v1";
    /// What a validator's operator signs under a transaction, with the governance key.
    TX_VALIDATOR = "tacit/tx-validator-signature/v1";
    /// Name of a change that validators vote about.
    GOVERNANCE_CHANGE = "tacit/governance-change/v1";
    /// Content of a grant action, bound by its proof.
    ACTION_GRANT = "tacit/action-grant/v1";
    /// Content of an access action, bound by its proof.
    ACTION_ACCESS = "tacit/action-access/v1";
    /// What the proof of possession of an audit key is bound to.
    AUDIT_KEY_REGISTRATION = "tacit/audit-key-registration/v1";
    /// Name of a claim about a proof, for remembering that it was verified.
    PROOF_CLAIM = "tacit/proof-claim/v1";
    /// Schema id: hash of the canonical document.
    SCHEMA = "tacit/schema/v1";

    // The wallet's derivations.
    /// Seed of a wallet's persona.
    WALLET_PERSONA = "tacit/wallet/persona/v1";
    /// Salt of the keys that a seed has on a chain.
    WALLET_CHAIN = "tacit/wallet/chain/v1";
    /// The holder's secret sk.
    WALLET_HOLDER_SECRET = "tacit/wallet/holder-secret/v1";
    /// Secret that ends a leaf.
    WALLET_END_SECRET = "tacit/wallet/end-secret/v1";
    /// Request id of a leaf's transaction.
    WALLET_REQUEST_ID = "tacit/wallet/request-id/v1";
    /// Request id of the ending of a leaf.
    WALLET_ENDING_REQUEST_ID = "tacit/wallet/ending-request-id/v1";
    /// Nonce rho in K.
    WALLET_LEAF_NONCE = "tacit/wallet/leaf-nonce/v1";
    /// Salt of a body.
    WALLET_BODY_SALT = "tacit/wallet/body-salt/v1";
    /// Data key of an object.
    WALLET_DATA_KEY = "tacit/wallet/data-key/v1";
    /// Key that owns an object at a vault.
    WALLET_OBJECT_OWNER = "tacit/wallet/object-owner/v1";
    /// Key behind a credential's subject.
    WALLET_SUBJECT = "tacit/wallet/subject/v1";
    /// Key that an inbox's requests are sealed to.
    WALLET_INBOX_ENCRYPTION = "tacit/wallet/inbox-encryption/v1";
    /// Key that owns an inbox at a vault.
    WALLET_INBOX_OWNER = "tacit/wallet/inbox-owner/v1";
    /// Digest of what a leaf is going to say.
    WALLET_PLAN = "tacit/wallet/plan/v1";
    /// Whom a credential was shown to in plain, as the wallet remembers it.
    WALLET_PLAIN_SCOPE = "tacit/wallet/plain-scope/v1";
    /// Encryption key of the wallet file.
    WALLET_FILE_KEY = "tacit/wallet/file-key/v1";
    /// Password check of the wallet file.
    WALLET_FILE_CHECK = "tacit/wallet/file-check/v1";
    /// Encryption key of a wallet's backup.
    WALLET_BACKUP_KEY = "tacit/wallet/backup-key/v1";
    /// Passphrase check of a wallet's backup.
    WALLET_BACKUP_CHECK = "tacit/wallet/backup-check/v1";
    /// Key that owns the slot of a wallet's backup at a vault.
    WALLET_SLOT_OWNER = "tacit/wallet/slot-owner/v1";
    /// Secret from which the keys of the backup in a slot follow.
    WALLET_SLOT_SECRET = "tacit/wallet/slot-secret/v1";
    /// Encryption key of the backup in a slot.
    WALLET_SLOT_KEY = "tacit/wallet/slot-key/v1";
    /// Key check of the backup in a slot.
    WALLET_SLOT_CHECK = "tacit/wallet/slot-check/v1";
    // Identity: SHA-256, also of what Ed25519 signs.
    /// What a presentation's proof is bound to.
    PRESENTATION = "tacit/presentation/v1";
    /// Signature of a request for a presentation.
    PRESENTATION_REQUEST = "tacit/presentation-request/v1";
    /// Id of a request for data.
    SHARING_REQUEST_ID = "tacit/sharing-request-id/v1";
    /// Signature of a request for data.
    SHARING_REQUEST = "tacit/sharing-request/v1";
    /// Signature of the withdrawal of a request for data.
    SHARING_WITHDRAWAL = "tacit/sharing-withdrawal/v1";
    /// What the proof of an issuance request is bound to.
    ISSUANCE = "tacit/issuance/v1";
    /// Signature of an issuance request by the key of the person's DID.
    ISSUANCE_REQUEST = "tacit/issuance-request/v1";
    /// An issuer's offer as an issuance request names it.
    ISSUANCE_OFFER = "tacit/issuance-offer/v1";

    // Interface.
    /// Password of an organisation's other sealed files, from its seed.
    MEMBER_FILES = "tacit/member-files/v1";
    /// What a platform asks for at one inbox, whatever nonce and time: name of the file that tells the request's id.
    PLATFORM_ASK = "tacit/platform-ask/v1";
    /// A call signed by a member or by a person's key: claims, method and body.
    SIGNED_REQUEST = "tacit/signed-request/v1";
    /// What a server remembers of a signed call.
    SIGNED_REQUEST_NONCE = "tacit/signed-request-nonce/v1";
    /// Request id of an action that stays the same when it is sent again.
    REQUEST_ID = "tacit/request-id/v1";
    /// An organisation's signing key from its seed.
    MEMBER_SIGNING_KEY = "tacit/member-signing-key/v1";
    /// An organisation's HPKE key from its seed.
    MEMBER_HPKE_KEY = "tacit/member-hpke-key/v1";
    /// A platform's secret from its seed.
    MEMBER_PLATFORM_SECRET = "tacit/member-platform-secret/v1";
    /// The reviewers' key from a reviewer's seed.
    MEMBER_AUDIT_KEY = "tacit/member-audit-key/v1";
    /// A validator operator's governance key from its seed.
    GOVERNANCE_KEY = "tacit/governance-key/v1";
    /// A validator's key from a node's seed.
    VALIDATOR_KEY = "tacit/validator-key/v1";
    /// What a page token is bound to.
    PAGE_TOKEN = "tacit/page-token/v1";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn tags_are_unique_and_short_enough_for_their_length_byte() {
        let seen: BTreeSet<_> = ALL.iter().map(|tag| tag.0).collect();
        assert_eq!(seen.len(), ALL.len(), "two uses share a tag");
        assert!(ALL.iter().all(|tag| !tag.0.is_empty() && tag.0.len() < 256));
    }

    #[test]
    fn a_tagged_digest_separates_tags_and_part_boundaries() {
        let a = tagged_sha256(CONTEXT, &[b"ab", b"c"]);
        assert_ne!(a, tagged_sha256(CONTEXT, &[b"a", b"bc"]));
        assert_ne!(a, tagged_sha256(SCOPE, &[b"ab", b"c"]));
        assert_ne!(a, tagged_sha256(CONTEXT, &[b"abc"]));
    }

    #[test]
    fn the_field_form_is_length_prefixed() {
        assert_eq!(Tag("a").field(), Fr::from(0x0161u64));
        assert_ne!(Tag("a").field(), Tag("\0a").field());
    }
}
