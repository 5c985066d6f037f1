//! Members: the public organisations of a chain.

use crate::codec::{bounded_vec, codec_struct};
use crate::ids::Height;
use crate::signature::{HpkePublicKey, SigningPublicKey};
use crate::text::Name;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};
use tacit_circuits::field::{Fr, fr_to_bytes, read_fr, serde_hex, write_fr};
use tacit_circuits::types::MemberId;

/// Most past key sets a member may have; rotation beyond it is refused.
pub const MAX_KEY_HISTORY: usize = 256;

/// Most members of a chain: the positions of the platform tree (4^8), less the one of id 0 that nobody has.
pub const MAX_MEMBERS: u32 = (1 << 16) - 1;

/// What a member may do: a set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

/// One thing a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Role {
    /// Registers schemas, issues and ends credentials.
    Issuer = 1,
    /// Requests and reads data; has a platform secret.
    Platform = 1 << 1,
    /// Holds audit keys and opens audit records.
    Reviewer = 1 << 2,
    /// Keeps encrypted objects, runs inboxes, relays holders' transactions.
    Vault = 1 << 3,
    /// Runs a validator.
    Validator = 1 << 4,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [
        Role::Issuer,
        Role::Platform,
        Role::Reviewer,
        Role::Vault,
        Role::Validator,
    ];

    /// Name in lower case, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Role::Issuer => "issuer",
            Role::Platform => "platform",
            Role::Reviewer => "reviewer",
            Role::Vault => "vault",
            Role::Validator => "validator",
        }
    }
}

impl Roles {
    const MASK: u8 = (1 << 5) - 1;

    /// The set of these roles; `None` when it would be empty, for a member without a role can do nothing.
    pub fn new(roles: &[Role]) -> Option<Self> {
        let bits = roles.iter().fold(0, |bits, role| bits | *role as u8);
        (bits != 0).then_some(Self(bits))
    }

    /// Whether the role is in the set.
    pub fn has(self, role: Role) -> bool {
        self.0 & role as u8 != 0
    }

    /// The roles in the set.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl std::fmt::Debug for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl TryFrom<Vec<Role>> for Roles {
    type Error = &'static str;
    fn try_from(roles: Vec<Role>) -> Result<Self, Self::Error> {
        Self::new(&roles).ok_or("a member needs at least one role")
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        roles.iter().collect()
    }
}

impl Write for Roles {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_u8(self.0);
    }
}

impl FixedSize for Roles {
    const SIZE: usize = 1;
}

impl Read for Roles {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            0 => Err(Error::Invalid("Roles", "no role")),
            bits if bits & !Self::MASK != 0 => Err(Error::Invalid("Roles", "unknown role")),
            bits => Ok(Self(bits)),
        }
    }
}

/// Commitment to a platform's secret, entered in the platform tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlatformCommitment(#[serde(with = "serde_hex")] pub Fr);

impl PlatformCommitment {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        fr_to_bytes(&self.0)
    }
}

impl Write for PlatformCommitment {
    fn write(&self, buf: &mut impl BufMut) {
        write_fr(&self.0, buf);
    }
}

impl FixedSize for PlatformCommitment {
    const SIZE: usize = 32;
}

impl Read for PlatformCommitment {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        read_fr(buf).map(Self)
    }
}

/// A member's public keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberKeys {
    /// Signs transactions and requests.
    pub signing: SigningPublicKey,
    /// Data is sealed to it.
    pub hpke: HpkePublicKey,
    /// Commitment to the platform secret; present exactly for platforms.
    pub platform: Option<PlatformCommitment>,
}
codec_struct!(MemberKeys {
    signing,
    hpke,
    platform
});

/// Keys a member had before, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastKeys {
    /// The keys.
    pub keys: MemberKeys,
    /// First height at which they counted.
    pub from: Height,
    /// First height at which they no longer counted.
    pub until: Height,
}
codec_struct!(PastKeys { keys, from, until });

/// Whether a member may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberStatus {
    /// The member may act.
    Active,
    /// The validators suspended the member: it may neither sign nor read.
    Suspended,
}

impl Write for MemberStatus {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_u8(matches!(self, Self::Suspended).into());
    }
}

impl FixedSize for MemberStatus {
    const SIZE: usize = 1;
}

impl Read for MemberStatus {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(if bool::read(buf)? {
            Self::Suspended
        } else {
            Self::Active
        })
    }
}

/// A member as the state holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// Number of the member, never reused.
    pub id: MemberId,
    /// Name, unique on the chain.
    pub name: Name,
    /// What the member may do.
    pub roles: Roles,
    /// Whether it may act.
    pub status: MemberStatus,
    /// Height of its registration.
    pub registered: Height,
    /// Current keys.
    pub keys: MemberKeys,
    /// First height at which the current keys counted.
    pub keys_from: Height,
    /// Keys it had before, oldest first.
    pub past_keys: KeyHistory,
}
codec_struct!(MemberRecord {
    id,
    name,
    roles,
    status,
    registered,
    keys,
    keys_from,
    past_keys
});

impl MemberRecord {
    /// The keys that counted at a height; `None` before the registration.
    pub fn keys_at(&self, height: Height) -> Option<&MemberKeys> {
        if height >= self.keys_from {
            return Some(&self.keys);
        }
        self.past_keys
            .0
            .iter()
            .find(|past| past.from <= height && height < past.until)
            .map(|past| &past.keys)
    }

    /// Whether the member is active and has the role.
    pub fn may_act_as(&self, role: Role) -> bool {
        self.status == MemberStatus::Active && self.roles.has(role)
    }
}

/// Past keys, oldest first; at most [`MAX_KEY_HISTORY`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHistory(pub Vec<PastKeys>);

impl Write for KeyHistory {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for KeyHistory {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for KeyHistory {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        bounded_vec(buf, MAX_KEY_HISTORY).map(Self)
    }
}

/// Signature of a member together with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberSignature {
    /// Who signs.
    pub member: MemberId,
    /// The signature.
    pub signature: crate::signature::Signature,
}
codec_struct!(MemberSignature { member, signature });
