//! The holder's side over gRPC: a wallet, the node it reads from, and the vault that keeps its documents.
//!
//! Proofs are made and data is sealed in the wallet; what leaves this process is sealed, committed or public.

mod bundles;
mod documents;
mod issuance;
mod sharing;
mod source;
mod vault;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tacit_circuits::show::Show;
use tacit_circuits::types::MemberId;
use tacit_identity::presentation::PresentationRequest;
use tacit_ledger::ids::Height;
use tacit_ledger::tx::Tx;
use tacit_proto::v1::SubmitEndingRequest;
use tacit_wallet::derive::Counter;
use tacit_wallet::file::KdfCost;
use tacit_wallet::prove::Bundled;
use tacit_wallet::seed::Seed;
use tacit_wallet::sync::SyncReport;
use tacit_wallet::wallet::Wallet;

pub use documents::Erased;
pub use sharing::Answered;
pub use source::Source;
pub use vault::VaultClient;

use crate::cli::output::{self, Output};
use crate::client::connect::connect;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower;
use crate::keys::KeyCache;
use crate::net::{Kind, NetDir};
use crate::{files, wire};

/// How long a leaf may take to be seen, beside the anchor interval.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause between two looks at the chain.
const PAUSE: Duration = Duration::from_millis(250);
/// The wallet's file in its folder.
const FILE: &str = "wallet";

/// A holder at work: an open wallet and its servers.
pub struct Holder {
    /// The wallet.
    pub wallet: Wallet,
    dir: PathBuf,
    net: NetDir,
    output: Output,
    source: Source,
}

impl Holder {
    /// Makes a wallet for the chain of the net folder, with a new seed or one that was written down.
    ///
    /// # Errors
    /// When the folder has a wallet already.
    pub fn create(
        dir: &Path,
        net: &NetDir,
        seed: Option<Seed>,
        password: &[u8],
    ) -> ApiResult<Wallet> {
        let spec = follower::genesis(net)?;
        files::make_dir(dir)?;
        let mut rng = Box::new(generator());
        let seed = seed.unwrap_or_else(|| Seed::generate(&mut rng));
        Ok(Wallet::create(
            &dir.join(FILE),
            password,
            KdfCost::RECOMMENDED,
            &spec,
            seed,
            rng,
        )?)
    }

    /// Opens the wallet of a folder and connects to the node.
    ///
    /// # Errors
    /// When the password does not fit or no node answers.
    pub async fn open(
        dir: &Path,
        net: &NetDir,
        password: &[u8],
        output: Output,
    ) -> ApiResult<Self> {
        let wallet = Wallet::open(&dir.join(FILE), password, Box::new(generator()))?;
        output::about(wallet.spec());
        let endpoint = net.endpoint(Kind::Node)?;
        if endpoint.chain != wallet.chain() {
            return Err(ApiError::plain(&reason::WALLET_OTHER_CHAIN));
        }
        let source = Source::new(connect(&endpoint, None).await?);
        Ok(Self {
            wallet,
            dir: dir.to_owned(),
            net: net.clone(),
            output,
            source,
        })
    }

    /// Reads the chain up to now.
    ///
    /// # Errors
    /// When the node cannot be asked, or its answers do not verify.
    pub fn sync(&mut self) -> ApiResult<SyncReport> {
        let Self { wallet, source, .. } = self;
        Ok(tokio::task::block_in_place(|| wallet.sync(source))?)
    }

    /// Reads the chain until a leaf of this wallet stands in the note tree of an anchor: only then can it be proven about.
    ///
    /// # Errors
    /// When that takes far longer than the chain's anchor interval.
    async fn settle(&mut self, settled: impl Fn(&Wallet) -> bool) -> ApiResult<()> {
        let interval = u64::from(self.wallet.spec().genesis().anchor_interval_secs);
        let late = tokio::time::Instant::now() + PATIENCE + Duration::from_secs(interval);
        loop {
            self.sync()?;
            if settled(&self.wallet) {
                return Ok(());
            }
            if tokio::time::Instant::now() >= late {
                return Err(ApiError::plain(&reason::NODE_BEHIND));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads members with proofs.
    ///
    /// # Errors
    /// When the node cannot be asked, or its answers do not verify.
    pub fn read_members(&mut self, ids: &[MemberId]) -> ApiResult<()> {
        let Self { wallet, source, .. } = self;
        Ok(tokio::task::block_in_place(|| {
            wallet.read_members(source, ids)
        })?)
    }

    /// Ends a leaf of this wallet. The node takes it from anybody, so nobody can stand in the way.
    ///
    /// # Errors
    /// When the leaf is not on the chain, or no longer.
    pub async fn end(&mut self, number: Counter) -> ApiResult<Height> {
        self.sync()?;
        let tx = self.wallet.ending(number)?;
        let height = self.submit_ending(&tx).await?;
        // From the anchor on that says so, no proof can leave it out.
        self.settle(|wallet| {
            wallet
                .newest_anchor()
                .is_ok_and(|anchor| anchor.height >= height.0)
        })
        .await?;
        Ok(height)
    }

    async fn submit_ending(&mut self, tx: &Tx) -> ApiResult<Height> {
        let request = SubmitEndingRequest {
            transaction: Some(wire::transaction(tx, None)),
        };
        let response = self
            .source
            .ledger()
            .submit_ending(request)
            .await?
            .into_inner();
        Ok(wire::read_finality(response.finality)?.0)
    }

    /// The proving keys of this machine.
    fn keys(&self) -> KeyCache {
        KeyCache::of_user(self.output)
    }

    /// The vault of the net folder, called with a person's key.
    async fn vault(&self, key: ed25519_dalek::SigningKey) -> ApiResult<VaultClient> {
        VaultClient::connect(&self.net, key).await
    }

    /// Proves facts from a credential, with everything that a verifier without a network needs. Also says how long that
    /// took, reading the chain included and loading the key not.
    ///
    /// # Errors
    /// When a fact does not hold, or the credential is not on the chain.
    pub fn prove_bundle(
        &mut self,
        credential: Counter,
        request: PresentationRequest,
    ) -> ApiResult<(Bundled, Duration)> {
        let key = self.keys().proving_for::<Show>(self.wallet.spec())?;
        let Self { wallet, source, .. } = self;
        let started = Instant::now();
        let bundled =
            tokio::task::block_in_place(|| wallet.prove_bundle(source, credential, request, &key))?;
        Ok((bundled, started.elapsed()))
    }
}

/// Randomness seeded by the operating system.
fn generator() -> rand::rngs::StdRng {
    rand::make_rng()
}
