//! Groth16 keys on disk: made at first use by the insecure development setup, kept under their hash.
//!
//! A cached file is only taken when its hash is the one that is pinned in the source, so a changed cache costs the making of
//! a new key and nothing more.

use std::fs::File;
use std::path::{Path, PathBuf};
use tacit_circuits::access::Access;
use tacit_circuits::context::StatementId;
use tacit_circuits::grant::Grant;
use tacit_circuits::keys::{ProvingKey, SetupKind, insecure_development_setup};
use tacit_circuits::open::Open;
use tacit_circuits::pins::Pins;
use tacit_circuits::show::Show;
use tacit_circuits::statement::Statement;
use tacit_circuits::types::Digest32;
use tacit_ledger::genesis::{ChainSpec, PinnedKey, PinnedKeys};
use tacit_ledger::verifier::ProofKeys;

use crate::cli::output::Output;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;

/// Environment variable that names another folder for cached keys.
pub const KEY_FOLDER_VARIABLE: &str = "TACIT_KEYS";
/// Largest key file, in bytes.
const MAX_KEY_FILE: u64 = 256 << 20;

/// A folder of cached keys.
#[derive(Clone, Debug)]
pub struct KeyCache {
    dir: PathBuf,
    output: Output,
}

impl KeyCache {
    /// The user's cache: `$TACIT_KEYS`, else `tacit/keys` in the user's cache folder.
    pub fn of_user(output: Output) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let dir = variable(KEY_FOLDER_VARIABLE)
            .map(PathBuf::from)
            .unwrap_or_else(|| {
                let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
                let home = || variable("HOME").map(|home| PathBuf::from(home).join(".cache"));
                cache
                    .or_else(home)
                    .unwrap_or_else(std::env::temp_dir)
                    .join("tacit")
                    .join("keys")
            });
        Self { dir, output }
    }

    /// A cache in this folder.
    pub fn at(dir: impl Into<PathBuf>, output: Output) -> Self {
        Self {
            dir: dir.into(),
            output,
        }
    }

    /// The proving key of a statement, from the cache or made now. Several processes may ask at once: one makes it.
    ///
    /// # Errors
    /// When the folder cannot be used or the setup fails.
    pub fn proving<S: Statement>(&self) -> ApiResult<ProvingKey> {
        files::make_dir(&self.dir)?;
        let lock_path = self.dir.join("lock");
        let lock = File::create(&lock_path).map_err(|error| files::failed(&lock_path, &error))?;
        lock.lock()
            .map_err(|error| files::failed(&lock_path, &error))?;
        let pinned =
            Pins::of(S::ID).ok_or_else(|| ApiError::internal("a statement without pins"))?;
        let name = format!(
            "{}-{}.key",
            S::ID.name(),
            hex::encode(&pinned.proving_key.0[..8])
        );
        let path = self.dir.join(name);
        if let Some(key) = cached::<S>(&path, &pinned.proving_key) {
            return Ok(key);
        }
        let bar = self
            .output
            .spinner("making the proving key (once on this machine, insecure development setup)");
        let key = insecure_development_setup::<S>().map_err(ApiError::internal)?;
        let bytes = key.to_bytes().map_err(ApiError::internal)?;
        if ProvingKey::id_of(&bytes) != pinned.proving_key {
            return Err(ApiError::internal(
                "the setup made another key than the pinned one",
            ));
        }
        files::write_atomic(&path, &bytes)?;
        bar.finish_and_clear();
        Ok(key)
    }

    /// The proving key of a statement, which must be the one that the chain pins.
    ///
    /// # Errors
    /// As [`KeyCache::proving`], and when the chain pins another key.
    pub fn proving_for<S: Statement>(&self, spec: &ChainSpec) -> ApiResult<ProvingKey> {
        let key = self.proving::<S>()?;
        let pinned = spec.genesis().statements.of(S::ID);
        if key.verifying_key().id() != pinned.verifying_key {
            return Err(other_keys(S::ID));
        }
        Ok(key)
    }

    /// The verifying keys of all statements, as the chain pins them.
    ///
    /// # Errors
    /// When a key cannot be made or the chain pins another.
    pub fn verifying(&self, spec: &ChainSpec) -> ApiResult<ProofKeys> {
        ProofKeys::new(
            spec,
            self.proving::<Show>()?.into_verifying_key(),
            self.proving::<Grant>()?.into_verifying_key(),
            self.proving::<Access>()?.into_verifying_key(),
            self.proving::<Open>()?.into_verifying_key(),
        )
        .map_err(|wrong| ApiError::new(&reason::CHAIN_MISMATCH, wrong.to_string()))
    }

    /// What a genesis of this version pins.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn pins(&self) -> ApiResult<PinnedKeys> {
        Ok(PinnedKeys {
            show: pin(&self.proving::<Show>()?),
            grant: pin(&self.proving::<Grant>()?),
            access: pin(&self.proving::<Access>()?),
            open: pin(&self.proving::<Open>()?),
        })
    }
}

fn pin(key: &ProvingKey) -> PinnedKey {
    PinnedKey {
        verifying_key: key.verifying_key().id(),
        setup: SetupKind::InsecureDevelopment,
    }
}

fn other_keys(statement: StatementId) -> ApiError {
    let what = format!(
        "the chain pins another verifying key of the statement {}",
        statement.name()
    );
    ApiError::new(&reason::CHAIN_MISMATCH, what)
}

/// A key from the cache; `None` when it is not there or not the pinned one.
fn cached<S: Statement>(path: &Path, pinned: &Digest32) -> Option<ProvingKey> {
    let bytes = files::read(path, MAX_KEY_FILE).ok()?;
    ProvingKey::load::<S>(&bytes, pinned).ok()
}
