//! Validators that do not follow the rules.

use super::world::World;
use crate::engine::{App, EngineBlock, Env};
use commonware_consensus::{
    Application, marshal::ancestry::Ancestry, simplex::scheme::ed25519::Scheme,
    simplex::types::Context as Round,
};
use commonware_cryptography::{Digested, Digestible as _, ed25519, sha256::Digest};
use std::sync::Arc;
use tacit_circuits::types::Digest32;
use tacit_ledger::{
    block::{Block, Txs},
    header::Header,
    ids::{BlockTime, StateRoot},
    merkle::tx_root,
    tx::Tx,
};

/// What a validator does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// It runs twice under one key and tells either half of the others something else.
    Equivocation,
    /// It proposes blocks with a grant whose proof is false.
    FalseProof,
    /// It proposes blocks without their sidecars.
    WithheldSidecars,
    /// It proposes blocks with another state root.
    FalseRoot,
    /// It proposes blocks from the future.
    FutureTime,
}

impl Mischief {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Equivocation,
        Self::FalseProof,
        Self::WithheldSidecars,
        Self::FalseRoot,
        Self::FutureTime,
    ];
}

/// A node's application with something wrong around it; with nothing wrong it is the application itself.
#[derive(Clone)]
pub(super) struct Mischievous {
    app: App,
    mischief: Option<Mischief>,
    world: Arc<World>,
}

impl Mischievous {
    pub(super) fn new(app: App, mischief: Option<Mischief>, world: Arc<World>) -> Self {
        Self {
            app,
            mischief,
            world,
        }
    }

    /// The block that is proposed instead of an honest one.
    fn spoil(&self, block: &EngineBlock) -> Option<EngineBlock> {
        let Block {
            mut header,
            mut txs,
        } = block.block().clone();
        let mut sidecars = block
            .sidecars()
            .map(|(_, one)| one.clone())
            .collect::<Vec<_>>();
        match self.mischief? {
            Mischief::Equivocation => return None,
            Mischief::WithheldSidecars => sidecars.clear(),
            Mischief::FalseRoot => header.state_root = StateRoot(Digest32([0xbd; 32])),
            Mischief::FutureTime => header.time = BlockTime(header.time.0 + 3_600_000),
            Mischief::FalseProof => {
                let anchor = header.anchor_view().or_else(|| self.newest_anchor())?;
                let (tx, sidecar) = self.world.false_grant(header.height.0, &anchor).ok()?;
                txs.0.push(tx);
                sidecars.extend(sidecar);
                header.tx_root = tx_root(&txs.0.iter().map(Tx::id).collect::<Vec<_>>());
            }
        }
        make(header, txs, sidecars)
    }

    fn newest_anchor(&self) -> Option<tacit_circuits::types::AnchorView> {
        self.app
            .core
            .chain
            .read(|tip, view| tacit_ledger::state::anchor(view, tip.anchor).ok())
    }
}

fn make(
    header: Header,
    txs: Txs,
    sidecars: Vec<tacit_ledger::block::Sidecar>,
) -> Option<EngineBlock> {
    EngineBlock::new(Block { header, txs }, sidecars).ok()
}

impl<E: Env> Application<E> for Mischievous {
    type SigningScheme = Scheme;
    type Context = Round<Digest, ed25519::PublicKey>;
    type Block = EngineBlock;
    type Input = ();

    async fn propose(
        &mut self,
        context: (E, Self::Context),
        ancestry: impl Ancestry<EngineBlock>,
        input: (),
    ) -> Option<Digested<EngineBlock>> {
        let block = self.app.propose(context, ancestry, input).await?;
        let honest = block.clone().inner_shared();
        match self.spoil(&honest) {
            None => Some(block),
            Some(spoiled) => {
                let digest = spoiled.digest();
                Some(Digested::precomputed(spoiled, digest))
            }
        }
    }

    async fn verify(
        &mut self,
        context: (E, Self::Context),
        ancestry: impl Ancestry<EngineBlock>,
    ) -> bool {
        match self.mischief {
            // It votes for whatever it is shown.
            Some(_) => true,
            None => self.app.verify(context, ancestry).await,
        }
    }
}
