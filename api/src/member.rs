//! An organisation's secrets: one seed in an encrypted file, from which its keys derive, and the public half that the
//! operator registers.

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use std::path::Path;
use tacit_circuits::audit::AuditSecretKey;
use tacit_circuits::commit::platform_commitment;
use tacit_circuits::field::{Fr, digest_to_fr};
use tacit_circuits::tags::{self, Tag, tagged_sha256};
use tacit_circuits::types::Secret;
use tacit_ledger::member::{
    MAX_KEY_HISTORY, MemberKeys, MemberRecord, MemberStatus, PlatformCommitment, Role, Roles,
};
use tacit_ledger::signature::{HpkePublicKey, SigningPublicKey};
use tacit_ledger::text::Name;
use tacit_vault::hpke_keys::HpkeSecretKey;
use tacit_wallet::file::{KdfCost, WalletFile};
use zeroize::Zeroizing;

use crate::auth::client::Credentials;
use crate::cli::password::PasswordSource;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::follower::Follower;
use crate::net::NetDir;

/// The encrypted seed in an organisation's folder.
const SECRET_FILE: &str = "secrets.tacit";
/// What the organisation gives to the operator.
pub const REGISTRATION_FILE: &str = "member.json";
/// The newest header that was followed.
pub(crate) const CHECKPOINT_FILE: &str = "checkpoint";
const MAGIC: &[u8; 5] = b"TCMS\x02";
/// Most seeds: the first, and one for each rotation that the ledger allows.
const MAX_SEEDS: usize = 1 + MAX_KEY_HISTORY;

/// An organisation's seeds, or a node's.
///
/// The first one lasts: governance key, voting key and sealed files derive from it. Each rotation adds a seed, from which the
/// keys that members register derive, and reviewers' audit keys; old ones are kept, for what was sealed to them.
#[derive(Debug)]
pub struct Secrets {
    seeds: Vec<Secret<[u8; 32]>>,
    /// Whether the newest seed was made for a rotation that is not known to be on the chain.
    pending: bool,
    /// Which seed's keys are used.
    current: usize,
}

/// What an organisation asks the operator to register.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Its name.
    pub name: Name,
    /// What it wants to do.
    pub roles: Roles,
    /// Its public keys.
    pub keys: MemberKeys,
}

impl Secrets {
    /// Makes a fresh seed and keeps it encrypted in the folder.
    ///
    /// # Errors
    /// When the folder has one already, or cannot be written.
    pub fn create(dir: &Path, password: &PasswordSource) -> ApiResult<Self> {
        files::make_dir(dir)?;
        Self::create_with(dir, &password.new_one()?)
    }

    /// Like [`Secrets::create`], under a password that was asked for before.
    ///
    /// # Errors
    /// As [`Secrets::create`].
    pub fn create_with(dir: &Path, password: &[u8]) -> ApiResult<Self> {
        files::make_dir(dir)?;
        let secrets = Self {
            seeds: vec![fresh_seed()?],
            pending: false,
            current: 0,
        };
        WalletFile::create(
            &dir.join(SECRET_FILE),
            password,
            KdfCost::RECOMMENDED,
            &secrets.to_bytes(),
            &mut rand::rng(),
        )?;
        Ok(secrets)
    }

    /// Opens the seeds of a folder.
    ///
    /// # Errors
    /// When there are none, the password is wrong, or the file is damaged.
    pub fn open(dir: &Path, password: &PasswordSource) -> ApiResult<Self> {
        Ok(Self::open_file(dir, password)?.1)
    }

    /// Opens the seeds of a folder to change them. As long as the file is held nobody else opens it.
    pub(crate) fn open_file(
        dir: &Path,
        password: &PasswordSource,
    ) -> ApiResult<(WalletFile, Self)> {
        let path = dir.join(SECRET_FILE);
        if !path.exists() {
            return Err(files::failed(&path, &std::io::ErrorKind::NotFound.into()));
        }
        let (file, plaintext) = WalletFile::open(&path, &password.existing()?)?;
        let secrets = Self::from_bytes(&plaintext)
            .ok_or_else(|| files::invalid(&path, "holds no organisation's seed"))?;
        Ok((file, secrets))
    }

    /// What the file holds: magic and version, whether a rotation is under way, and the seeds, oldest first.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(6 + 32 * self.seeds.len()));
        bytes.extend_from_slice(MAGIC);
        bytes.push(self.pending.into());
        for seed in &self.seeds {
            bytes.extend_from_slice(seed.expose());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pending, seeds) = bytes.strip_prefix(MAGIC.as_slice())?.split_first()?;
        let (seeds, rest) = seeds.as_chunks::<32>();
        let pending = match (pending, seeds.len()) {
            (0, 1..=MAX_SEEDS) => false,
            (1, 2..=MAX_SEEDS) => true,
            _ => return None,
        };
        rest.is_empty().then(|| Self {
            seeds: seeds.iter().copied().map(Secret::new).collect(),
            pending,
            // Until the chain has been asked: the newest that is known to count.
            current: seeds.len() - 1 - usize::from(pending),
        })
    }

    /// Whether a rotation was begun that is not known to have ended.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending
    }

    /// Begins a rotation: adds a seed, unless one waits already.
    pub(crate) fn begin_rotation(&mut self) -> ApiResult<()> {
        if !self.pending {
            if self.seeds.len() == MAX_SEEDS {
                return Err(ApiError::plain(&reason::ROTATIONS_FULL));
            }
            self.seeds.push(fresh_seed()?);
            self.pending = true;
        }
        Ok(())
    }

    /// Ends a rotation: the newest seed's keys are the registered ones.
    pub(crate) fn end_rotation(&mut self) {
        self.pending = false;
        self.current = self.seeds.len() - 1;
    }

    /// Uses the newest seed whose keys are as `is_ours` says; without one nothing changes.
    pub(crate) fn choose(&mut self, is_ours: impl Fn(&Self) -> bool) -> bool {
        let before = self.current;
        for index in (0..self.seeds.len()).rev() {
            self.current = index;
            if is_ours(self) {
                return true;
            }
        }
        self.current = before;
        false
    }

    /// Whether the newest seed is the one in use.
    pub(crate) fn uses_newest(&self) -> bool {
        self.current + 1 == self.seeds.len()
    }

    /// The public keys of the newest seed.
    pub(crate) fn newest_keys(&self, name: Name, roles: Roles) -> ApiResult<Registration> {
        let newest = self.seeds.last().unwrap_or_else(|| self.first());
        Self {
            seeds: vec![Secret::new(*newest.expose())],
            pending: false,
            current: 0,
        }
        .registration(name, roles)
    }

    /// The key that signs transactions and calls.
    pub fn signing(&self) -> SigningKey {
        SigningKey::from_bytes(&derive(self.seed(), tags::MEMBER_SIGNING_KEY))
    }

    /// The key that data is sealed to.
    pub fn hpke(&self) -> HpkeSecretKey {
        hpke(self.seed())
    }

    /// Opens what was sealed to this organisation, also before its keys were rotated. `open` fails with keys that do not fit.
    ///
    /// # Errors
    /// The error with the key in use, when no key fits.
    pub fn open_sealed<T, E>(&self, open: impl Fn(&HpkeSecretKey) -> Result<T, E>) -> Result<T, E> {
        open(&self.hpke()).or_else(|error| {
            let mut older = self.seeds.iter().rev().map(hpke);
            older.find_map(|key| open(&key).ok()).ok_or(error)
        })
    }

    /// The secret behind a platform's entry in the platform tree.
    pub fn platform(&self) -> Secret<Fr> {
        let digest = tagged_sha256(tags::MEMBER_PLATFORM_SECRET, &[self.seed().expose()]);
        Secret::new(digest_to_fr(&digest))
    }

    /// A reviewer's audit key, to be registered.
    ///
    /// # Errors
    /// Never in practice: the digest is reduced until it is a usable scalar.
    pub fn audit(&self) -> ApiResult<AuditSecretKey> {
        audit(self.seed())
    }

    /// All audit keys that this reviewer ever had, the oldest first: what is encrypted to one stays so.
    ///
    /// # Errors
    /// As [`Secrets::audit`].
    pub fn audits(&self) -> ApiResult<Vec<AuditSecretKey>> {
        self.seeds.iter().map(audit).collect()
    }

    /// The key with which a validator's operator votes about changes of the chain.
    pub fn governance(&self) -> SigningKey {
        SigningKey::from_bytes(&derive(self.first(), tags::GOVERNANCE_KEY))
    }

    /// A validator's voting seed, derived from its node's seed.
    pub fn validator(&self) -> Zeroizing<[u8; 32]> {
        derive(self.first(), tags::VALIDATOR_KEY)
    }

    /// The password of the organisation's other sealed files: 256 random bits, so [`KdfCost::RANDOM_KEY`] will do.
    pub fn files(&self) -> Zeroizing<[u8; 32]> {
        derive(self.first(), tags::MEMBER_FILES)
    }

    /// The seed whose keys are in use.
    fn seed(&self) -> &Secret<[u8; 32]> {
        &self.seeds[self.current]
    }

    fn first(&self) -> &Secret<[u8; 32]> {
        &self.seeds[0]
    }

    /// The public half, for the operator to register.
    ///
    /// # Errors
    /// Never in practice: a derived key is never of small order.
    pub fn registration(&self, name: Name, roles: Roles) -> ApiResult<Registration> {
        let platform = roles
            .has(Role::Platform)
            .then(|| PlatformCommitment(platform_commitment(self.platform().expose())));
        Ok(Registration {
            name,
            roles,
            keys: MemberKeys {
                signing: SigningPublicKey::of(&self.signing()),
                hpke: HpkePublicKey::new(self.hpke().public_key().0).map_err(ApiError::internal)?,
                platform,
            },
        })
    }
}

fn fresh_seed() -> ApiResult<Secret<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(ApiError::internal)?;
    Ok(Secret::new(*seed))
}

fn derive(seed: &Secret<[u8; 32]>, tag: Tag) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(tagged_sha256(tag, &[seed.expose()]).0)
}

fn hpke(seed: &Secret<[u8; 32]>) -> HpkeSecretKey {
    HpkeSecretKey::new(*derive(seed, tags::MEMBER_HPKE_KEY))
}

fn audit(seed: &Secret<[u8; 32]>) -> ApiResult<AuditSecretKey> {
    // The subgroup order has 252 bits: with the top five cleared a digest is a scalar at once, or almost never not.
    for attempt in 0u8..=255 {
        let mut digest = tagged_sha256(tags::MEMBER_AUDIT_KEY, &[seed.expose(), &[attempt]]).0;
        digest[0] &= 0x07;
        if let Ok(key) = AuditSecretKey::from_bytes(&digest) {
            return Ok(key);
        }
    }
    Err(ApiError::internal("no audit key derives from this seed"))
}

/// Makes an organisation's folder: the encrypted seed and the registration that its operator needs.
///
/// # Errors
/// When the folder has a seed already, or cannot be written.
pub fn create(
    dir: &Path,
    name: Name,
    roles: Roles,
    password: &PasswordSource,
) -> ApiResult<Registration> {
    // A folder with secrets and without a registration is one whose making was cut off: it goes on from there.
    let begun = dir.join(SECRET_FILE).exists() && !dir.join(REGISTRATION_FILE).exists();
    let secrets = match begun {
        true => Secrets::open(dir, password)?,
        false => Secrets::create(dir, password)?,
    };
    let registration = secrets.registration(name, roles)?;
    files::write_json(&dir.join(REGISTRATION_FILE), &registration)?;
    Ok(registration)
}

/// The registration in an organisation's folder.
///
/// # Errors
/// When there is none.
pub fn registration(dir: &Path) -> ApiResult<Registration> {
    files::read_json(&dir.join(REGISTRATION_FILE), files::MAX_SMALL_FILE)
}

/// Connects an organisation to the chain as the member that its keys are registered for.
///
/// # Errors
/// When it is not registered (any more) with these keys and this role, or the node cannot be reached.
pub async fn connect(
    dir: &Path,
    net: &NetDir,
    secrets: &mut Secrets,
    role: Role,
) -> ApiResult<(Follower, MemberRecord)> {
    let name = registration(dir)?.name;
    let checkpoint = dir.join(CHECKPOINT_FILE);
    let reader = Follower::connect(net, Some(checkpoint.clone())).await?;
    let unknown = || {
        ApiError::new(
            &reason::MEMBER_UNKNOWN,
            format!("{} is not registered", name.as_str()),
        )
    };
    let record = reader.member_named(&name).await?.ok_or_else(unknown)?;
    let registered =
        |secrets: &Secrets| record.keys.signing == SigningPublicKey::of(&secrets.signing());
    if !secrets.choose(registered) {
        let what = format!("member {} has other keys than this folder", record.id);
        return Err(ApiError::new(&reason::MEMBER_UNKNOWN, what));
    }
    if record.status != MemberStatus::Active {
        return Err(ApiError::plain(&reason::MEMBER_SUSPENDED));
    }
    if !record.roles.has(role) {
        return Err(ApiError::new(
            &reason::ROLE_MISSING,
            format!("member {} is no {}", record.id, role.name()),
        ));
    }
    let credentials = Credentials::member(record.id, secrets.signing());
    drop(reader);
    let follower = Follower::connect_as(net, Some(checkpoint), Some(credentials)).await?;
    Ok((follower, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets {
            seeds: vec![Secret::new([0xa7; 32])],
            pending: false,
            current: 0,
        }
    }

    #[test]
    fn a_rotation_changes_what_is_registered_and_nothing_that_must_last() {
        let mut rotated = secrets();
        rotated.begin_rotation().unwrap();
        rotated.begin_rotation().unwrap();
        assert_eq!(rotated.seeds.len(), 2, "one rotation at a time");
        let read = Secrets::from_bytes(&rotated.to_bytes()).unwrap();
        assert!(read.is_pending() && !read.uses_newest());
        assert_eq!(read.signing().to_bytes(), secrets().signing().to_bytes());
        rotated.end_rotation();
        let read = Secrets::from_bytes(&rotated.to_bytes()).unwrap();
        assert!(!read.is_pending() && read.uses_newest());
        let old = secrets();
        assert_ne!(read.signing().to_bytes(), old.signing().to_bytes());
        assert_ne!(read.hpke().expose(), old.hpke().expose());
        assert_ne!(read.platform(), old.platform());
        assert_eq!(*read.files(), *old.files());
        assert_eq!(*read.validator(), *old.validator());
        // The audit key is another one, and the old one is kept.
        let audits = read.audits().unwrap();
        let audits: Vec<_> = audits.iter().map(AuditSecretKey::public).collect();
        let current = |secrets: &Secrets| secrets.audit().unwrap().public();
        assert_ne!(current(&read), current(&old));
        assert_eq!(audits, [current(&old), current(&read)]);
        // What was sealed to the old key opens; what was sealed to neither does not.
        let sealed_to = |wanted: [u8; 32]| {
            read.open_sealed(move |key| (*key.expose() == wanted).then_some(()).ok_or("no"))
        };
        assert_eq!(sealed_to(*old.hpke().expose()), Ok(()));
        assert_eq!(sealed_to(*read.hpke().expose()), Ok(()));
        assert_eq!(sealed_to([0; 32]), Err("no"));
    }

    #[test]
    fn what_is_no_file_of_seeds_is_refused() {
        let good = secrets().to_bytes();
        assert!(Secrets::from_bytes(&good).is_some());
        let longest = [&MAGIC[..], &[0], &vec![1; 32 * MAX_SEEDS]].concat();
        assert!(Secrets::from_bytes(&longest).is_some());
        let bad = [
            [&MAGIC[..], &[1], &[1; 32]].concat(),
            [&MAGIC[..], &[2], &[1; 64]].concat(),
            [&MAGIC[..], &[0]].concat(),
            [&good[..], &[0]].concat(),
            [&longest[..], &[1; 32]].concat(),
            good[..good.len() - 1].to_vec(),
            [&b"TCMS\x01"[..], &[1; 32]].concat(),
            Vec::new(),
        ];
        for bytes in bad {
            assert!(
                Secrets::from_bytes(&bytes).is_none(),
                "{} bytes",
                bytes.len()
            );
        }
        assert!(!format!("{:?}", secrets()).contains("167"));
    }
}
