//! The holder's side over gRPC: a wallet, the node it reads from, and the vault that keeps its documents.
//!
//! Proofs are made and data is sealed in the wallet; what leaves this process is sealed, committed or public.

mod bundles;
mod documents;
mod issuance;
mod sharing;
mod slot;
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
use tacit_wallet::backup::Backup;
use tacit_wallet::derive::Counter;
use tacit_wallet::file::KdfCost;
use tacit_wallet::persona::Personas;
use tacit_wallet::prove::Bundled;
use tacit_wallet::seed::Seed;
use tacit_wallet::state::FoundLeaf;
use tacit_wallet::sync::SyncReport;
use tacit_wallet::wallet::Wallet;

pub use documents::Erased;
pub use sharing::Answered;
pub use slot::Removed;
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
    /// What turning a person's password or passphrase into a key costs.
    pub const COST: KdfCost = KdfCost::RECOMMENDED;

    /// Makes a wallet for the chain of the net folder, with a new seed and its first persona.
    ///
    /// # Errors
    /// When the folder has a wallet already.
    pub fn create(dir: &Path, net: &NetDir, persona: &str, password: &[u8]) -> ApiResult<Wallet> {
        let spec = follower::genesis(net)?;
        files::make_dir(dir)?;
        let mut rng = Box::new(generator());
        let seed = Seed::generate(&mut rng);
        Ok(Wallet::create(
            &dir.join(FILE),
            password,
            Self::COST,
            &spec,
            (seed, persona),
            rng,
        )?)
    }

    /// Makes a wallet from a backup, for the chain of the net folder.
    ///
    /// # Errors
    /// When the folder has a wallet already, or the backup does not open or is of another chain.
    pub fn restore(
        dir: &Path,
        net: &NetDir,
        backup: &Backup<'_>,
        password: &[u8],
    ) -> ApiResult<Wallet> {
        let spec = follower::genesis(net)?;
        files::make_dir(dir)?;
        let (path, rng) = (dir.join(FILE), Box::new(generator()));
        Ok(Wallet::restore(
            &path,
            password,
            Self::COST,
            &spec,
            backup,
            rng,
        )?)
    }

    /// Opens the wallet of a folder without a network, one that was moved elsewhere too.
    ///
    /// # Errors
    /// When there is none, or the password does not fit.
    pub fn open_to_back_up(dir: &Path, password: &[u8]) -> ApiResult<Wallet> {
        let wallet = Wallet::open_to_back_up(&dir.join(FILE), password, Box::new(generator()))?;
        output::about(wallet.spec());
        Ok(wallet)
    }

    /// Opens the wallet of a folder without a network, as one persona.
    ///
    /// # Errors
    /// When there is none, the password does not fit, or the persona is not said.
    pub fn offline(dir: &Path, password: &[u8], persona: Option<&str>) -> ApiResult<Wallet> {
        let path = dir.join(FILE);
        let wallet = Wallet::open(&path, password, persona, Box::new(generator()))?;
        output::about(wallet.spec());
        Ok(wallet)
    }

    /// The personas of the wallet of a folder.
    ///
    /// # Errors
    /// When there is none, or the password does not fit.
    pub fn personas(dir: &Path, password: &[u8]) -> ApiResult<Personas> {
        let personas = Personas::open(&dir.join(FILE), password, Box::new(generator()))?;
        output::about(&personas.spec()?);
        Ok(personas)
    }

    /// Opens the wallet of a folder as one persona and connects to the node. Another persona is another holder, on connections
    /// of its own.
    ///
    /// # Errors
    /// When the password does not fit, the persona is not said, or no node answers.
    pub async fn open(
        (dir, persona): (&Path, Option<&str>),
        net: &NetDir,
        password: &[u8],
        output: Output,
    ) -> ApiResult<Self> {
        let wallet = Self::offline(dir, password, persona)?;
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
        let report = tokio::task::block_in_place(|| wallet.sync(source))?;
        self.tell(&report);
        Ok(report)
    }

    /// Tells what only another copy of this wallet can have done, a newer file or another device.
    fn tell(&self, report: &SyncReport) {
        let numbers = |counters: &[Counter]| -> String {
            let texts: Vec<String> = counters.iter().map(ToString::to_string).collect();
            texts.join(", ")
        };
        if !report.found.is_empty() {
            self.output.note(&format!(
                "found on the chain, made with this seed and unknown to this file: leaf {}. The file is older than that, or \
                 another copy of this wallet is in use: go on with one copy only",
                numbers(&report.found)
            ));
        }
        if !report.displaced.is_empty() {
            self.output.note(&format!(
                "another copy of this wallet used number {} first: take the steps that had it here again",
                numbers(&report.displaced)
            ));
        }
    }

    /// A leaf of which only the seed is left.
    ///
    /// # Errors
    /// When no leaf of this number was found.
    pub fn found(&mut self, number: Counter) -> ApiResult<FoundLeaf> {
        self.sync()?;
        let mut found = self.wallet.found().iter();
        let leaf = found.find(|found| found.counter == number).copied();
        leaf.ok_or_else(|| ApiError::plain(&reason::WALLET_UNKNOWN))
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
