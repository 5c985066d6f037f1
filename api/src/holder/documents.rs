//! Documents: sealed here, kept by the vault, committed on the ledger.

use ed25519_dalek::SigningKey;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use tacit_circuits::types::{Category, Position};
use tacit_ledger::ids::Height;
use tacit_wallet::derive::Counter;
use tacit_wallet::record::NewRecord;
use tacit_wallet::wallet::Wallet;

use super::vault::parts;
use super::{Holder, VaultClient};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;

/// A document that was erased.
#[derive(Debug, serde::Serialize)]
pub struct Erased {
    /// Height at which the record was ended.
    pub height: Height,
    /// The vault's signed statement, canonical bytes in hex.
    pub statement: String,
}

impl Holder {
    /// Seals a document, stores it at the vault, and registers its record. Every step that is done already is skipped, so
    /// the same call again, after a kill at any moment, ends with one record.
    ///
    /// # Errors
    /// When a step fails; the call can be made again.
    pub async fn put(
        &mut self,
        document: &Path,
        title: &str,
        category: Category,
    ) -> ApiResult<(Counter, Position)> {
        self.sync()?;
        let vault = VaultClient::member(&self.net)?;
        let sealed = self.dir.join(".sealed");
        let failed = |path: &Path, error: &std::io::Error| files::failed(path, error);
        let number = {
            let mut plain = File::open(document).map_err(|error| failed(document, &error))?;
            let object =
                BufWriter::new(File::create(&sealed).map_err(|error| failed(&sealed, &error))?);
            let bar = self.output.spinner("sealing");
            let wallet = &mut self.wallet;
            let added = tokio::task::block_in_place(|| {
                wallet.add_record(
                    NewRecord {
                        title,
                        category,
                        vault,
                    },
                    &mut plain,
                    object,
                )
            });
            bar.finish_and_clear();
            added?
        };
        let stored = self.store(number, &sealed).await;
        // What is left is ciphertext; the next call would write it anew.
        drop(std::fs::remove_file(&sealed));
        stored.map(|position| (number, position))
    }

    async fn store(&mut self, number: Counter, sealed: &Path) -> ApiResult<Position> {
        let key = SigningKey::from_bytes(self.wallet.object_owner(number)?.expose());
        let mut vault = self.vault(key).await?;
        let object = self.wallet.record(number)?.object.id;
        if !self.wallet.record(number)?.uploaded {
            let file = File::open(sealed).map_err(|error| files::failed(sealed, &error))?;
            let size = file
                .metadata()
                .map_err(|error| files::failed(sealed, &error))?
                .len();
            let bar = self.output.progress("uploading", size, true);
            let shown = bar.clone();
            vault
                .upload(object, size, file, move |sent| shown.inc(sent))
                .await?;
            bar.finish_and_clear();
            self.wallet.note_uploaded(number)?;
        }
        if self.wallet.record(number)?.progress.position().is_none() {
            let (body, sidecar) = parts(self.wallet.record_submission(number)?);
            let outcome = vault.relay(body, sidecar).await?;
            self.wallet.note_outcome(number, &outcome)?;
        }
        // Only a leaf that was seen in the tree is bound: the relay's word is not enough.
        let live = |wallet: &Wallet| {
            wallet
                .record(number)
                .is_ok_and(|record| record.progress.live().is_some())
        };
        self.settle(live).await?;
        let missing = || ApiError::new(&reason::NODE_BEHIND, "the record is not on the ledger yet");
        let position = self
            .wallet
            .record(number)?
            .progress
            .live()
            .ok_or_else(missing)?;
        if !self.wallet.record(number)?.bound {
            vault.bind(object, position).await?;
            self.wallet.note_bound(number)?;
        }
        Ok(position)
    }

    /// Ends a document's record and has the vault erase the object.
    ///
    /// # Errors
    /// When the record is not on the ledger, or the vault does not answer; the call can be made again.
    pub async fn erase(&mut self, number: Counter) -> ApiResult<Erased> {
        self.sync()?;
        let height = if self.wallet.record(number)?.progress.live().is_some() {
            self.end(number).await?
        } else {
            self.sync()?.tip
        };
        let key = SigningKey::from_bytes(self.wallet.object_owner(number)?.expose());
        let object = self.wallet.record(number)?.object.id;
        let statement = self.vault(key).await?.delete(object).await?;
        Ok(Erased {
            height,
            statement: hex::encode(statement),
        })
    }
}
