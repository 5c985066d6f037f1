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
    MemberKeys, MemberRecord, MemberStatus, PlatformCommitment, Role, Roles,
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
const MAGIC: &[u8; 5] = b"TCMS\x01";

/// An organisation's seed, or a node's.
#[derive(Debug)]
pub struct Secrets(Secret<[u8; 32]>);

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
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(ApiError::internal)?;
        let plaintext = Zeroizing::new([MAGIC.as_slice(), &seed].concat());
        let password = password.new_one()?;
        WalletFile::create(
            &dir.join(SECRET_FILE),
            &password,
            KdfCost::RECOMMENDED,
            &plaintext,
            &mut rand::rng(),
        )?;
        Ok(Self(Secret::new(seed)))
    }

    /// Opens the seed of a folder.
    ///
    /// # Errors
    /// When there is none, the password is wrong, or the file is damaged.
    pub fn open(dir: &Path, password: &PasswordSource) -> ApiResult<Self> {
        let path = dir.join(SECRET_FILE);
        if !path.exists() {
            return Err(files::failed(&path, &std::io::ErrorKind::NotFound.into()));
        }
        let (_, plaintext) = WalletFile::open(&path, &password.existing()?)?;
        let seed = plaintext
            .strip_prefix(MAGIC.as_slice())
            .and_then(|seed| seed.try_into().ok());
        seed.map(|seed| Self(Secret::new(seed)))
            .ok_or_else(|| files::invalid(&path, "holds no organisation's seed"))
    }

    /// The key that signs transactions and calls.
    pub fn signing(&self) -> SigningKey {
        SigningKey::from_bytes(&self.derive(tags::MEMBER_SIGNING_KEY))
    }

    /// The key that data is sealed to.
    pub fn hpke(&self) -> HpkeSecretKey {
        HpkeSecretKey::new(*self.derive(tags::MEMBER_HPKE_KEY))
    }

    /// The secret behind a platform's entry in the platform tree.
    pub fn platform(&self) -> Secret<Fr> {
        let digest = tagged_sha256(tags::MEMBER_PLATFORM_SECRET, &[self.0.expose()]);
        Secret::new(digest_to_fr(&digest))
    }

    /// The reviewers' key.
    ///
    /// # Errors
    /// Never in practice: the digest is reduced until it is a usable scalar.
    pub fn audit(&self) -> ApiResult<AuditSecretKey> {
        // The subgroup order has 252 bits: with the top five cleared a digest is a scalar at once, or almost never not.
        for attempt in 0u8..=255 {
            let mut digest =
                tagged_sha256(tags::MEMBER_AUDIT_KEY, &[self.0.expose(), &[attempt]]).0;
            digest[0] &= 0x07;
            if let Ok(key) = AuditSecretKey::from_bytes(&digest) {
                return Ok(key);
            }
        }
        Err(ApiError::internal("no audit key derives from this seed"))
    }

    /// The operator's key of a chain, derived from its first node's seed.
    pub fn operator(&self) -> SigningKey {
        SigningKey::from_bytes(&self.derive(tags::OPERATOR_KEY))
    }

    /// A validator's voting seed, derived from its node's seed.
    pub fn validator(&self) -> Zeroizing<[u8; 32]> {
        self.derive(tags::VALIDATOR_KEY)
    }

    /// The password of the organisation's other sealed files: 256 random bits, so [`KdfCost::RANDOM_KEY`] will do.
    pub fn files(&self) -> Zeroizing<[u8; 32]> {
        self.derive(tags::MEMBER_FILES)
    }

    fn derive(&self, tag: Tag) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(tagged_sha256(tag, &[self.0.expose()]).0)
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
    let registration = Secrets::create(dir, password)?.registration(name, roles)?;
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
    secrets: &Secrets,
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
    if record.keys.signing != SigningPublicKey::of(&secrets.signing()) {
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
