//! Who signs in which epoch.

use commonware_consensus::{simplex::scheme::ed25519::Scheme, types::Epoch};
use commonware_cryptography::certificate::{Provider, Scoped};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Most epochs that are remembered. The engine looks back one epoch at most.
const REMEMBERED: usize = 8;

/// The signing schemes of the newest epochs this node has reached.
#[derive(Clone, Default)]
pub(super) struct Schemes(Arc<RwLock<BTreeMap<Epoch, Arc<Scheme>>>>);

impl Schemes {
    /// Enters the scheme of an epoch.
    pub(super) fn enter(&self, epoch: Epoch, scheme: Scheme) {
        let mut schemes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        schemes.insert(epoch, Arc::new(scheme));
        while schemes.len() > REMEMBERED {
            schemes.pop_first();
        }
    }
}

impl Provider for Schemes {
    type Scope = Epoch;
    type Scheme = Scheme;

    fn scoped(&self, epoch: Epoch) -> Option<Scoped<Scheme>> {
        let schemes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        schemes.get(&epoch).cloned().map(Scoped::scheme)
    }
}
