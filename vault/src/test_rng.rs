//! A reproducible generator for tests: SHA-256 of a seed and a counter.

use sha2::{Digest, Sha256};

pub(crate) struct TestRng {
    seed: [u8; 8],
    counter: u64,
}

impl rand_core::SeedableRng for TestRng {
    type Seed = [u8; 8];

    fn from_seed(seed: Self::Seed) -> Self {
        Self { seed, counter: 0 }
    }
}

impl rand_core::TryRng for TestRng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|value| value as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for block in out.chunks_mut(32) {
            self.counter += 1;
            let digest = Sha256::new()
                .chain_update(self.seed)
                .chain_update(self.counter.to_be_bytes())
                .finalize();
            block.copy_from_slice(&digest[..block.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for TestRng {}
