//! What the tests of this crate share: a chain in memory, its members, a node that serves it, and wallets on it.

mod chain;
mod members;
mod node;
pub mod steps;

use std::path::PathBuf;
use std::sync::OnceLock;

use rand::{SeedableRng, rngs::StdRng};

pub use chain::Chain;
pub use members::{IssuedDocuments, Issuer, Platform};
pub use node::{Call, Node};

use tacit_circuits::grant::Grant;
use tacit_circuits::keys::{ProvingKey, insecure_development_setup};
use tacit_circuits::open::Open;
use tacit_circuits::show::Show;

use crate::file::KdfCost;
use crate::persona::{FIRST, Personas};
use crate::seed::Seed;
use crate::wallet::Wallet;

/// The password of every wallet in tests.
pub const PASSWORD: &[u8] = b"correct horse battery staple";

/// Randomness that is the same in every run.
pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// The development key of the open statement.
pub fn open_key() -> &'static ProvingKey {
    static KEY: OnceLock<ProvingKey> = OnceLock::new();
    KEY.get_or_init(|| insecure_development_setup::<Open>().unwrap())
}

/// The development key of the show statement. Making it takes seconds.
pub fn show_key() -> &'static ProvingKey {
    static KEY: OnceLock<ProvingKey> = OnceLock::new();
    KEY.get_or_init(|| insecure_development_setup::<Show>().unwrap())
}

/// The development key of the grant statement. Making it takes seconds.
pub fn grant_key() -> &'static ProvingKey {
    static KEY: OnceLock<ProvingKey> = OnceLock::new();
    KEY.get_or_init(|| insecure_development_setup::<Grant>().unwrap())
}

/// A wallet in a folder of its own.
pub struct Home {
    folder: tempfile::TempDir,
    openings: u64,
}

impl Home {
    /// A new wallet of the person with this number.
    pub fn new(chain: &Chain, person: u8) -> (Self, Wallet) {
        let home = Home {
            folder: tempfile::tempdir().unwrap(),
            openings: 0,
        };
        let seed = Seed::from_bytes(&[person; 32]);
        let rng = Box::new(rng(u64::from(person)));
        let cost = KdfCost::INSECURE_TEST;
        let wallet = Wallet::create(
            &home.path(),
            PASSWORD,
            cost,
            &chain.spec,
            (seed, FIRST),
            rng,
        )
        .unwrap();
        (home, wallet)
    }

    /// Where the wallet file is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("wallet.tacit")
    }

    /// Adds a persona. The wallet must be closed.
    pub fn persona(&self, name: &str) -> u32 {
        self.personas().add(name, None).unwrap()
    }

    /// The list of personas. The wallet must be closed.
    pub fn personas(&self) -> Personas {
        Personas::open(&self.path(), PASSWORD, Box::new(rng(2000))).unwrap()
    }

    /// Opens the wallet as a persona. It must be closed.
    pub fn work_as(&mut self, persona: &str) -> Wallet {
        self.openings += 1;
        let rng = Box::new(rng(3000 + self.openings));
        Wallet::open(&self.path(), PASSWORD, Some(persona), rng).unwrap()
    }

    /// Opens the wallet again, with other randomness, as after a kill.
    pub fn reopen(&mut self) -> Wallet {
        self.openings += 1;
        Wallet::open(
            &self.path(),
            PASSWORD,
            None,
            Box::new(rng(1000 + self.openings)),
        )
        .unwrap()
    }

    /// The bytes of the wallet file.
    pub fn copy(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    /// Puts an older copy of the file back. The wallet must be closed.
    pub fn restore(&self, copy: &[u8]) {
        std::fs::write(self.path(), copy).unwrap();
    }
}
