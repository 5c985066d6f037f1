//! What the chain holds in the end: bytes for each kind of action.

use serde::Serialize;
use std::collections::BTreeMap;
use tacit_ledger::codec::encode_vec;
use tacit_ledger::ids::Height;

use super::stage::{NET, Stage};
use crate::errors::ApiResult;
use crate::follower::Follower;
use crate::net::NetDir;

/// The chain in numbers.
#[derive(Debug, Default, Serialize)]
pub struct Chain {
    /// Blocks after genesis.
    pub blocks: u64,
    /// Bytes of them, headers included.
    pub bytes: u64,
    /// Transactions by action.
    pub actions: BTreeMap<&'static str, Size>,
    /// Bytes of sidecars on the node's disk: audit ciphertexts, which are no part of the chain and can be erased.
    pub sidecar_bytes: u64,
}

/// How many, how large.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Size {
    /// How many.
    pub count: u64,
    /// Bytes in all.
    pub bytes: u64,
}

impl Chain {
    /// Reads the chain from the node, as anybody may.
    ///
    /// # Errors
    /// When the node does not deliver what its certificates cover.
    pub async fn read(stage: &Stage) -> ApiResult<Self> {
        let follower = Follower::connect(&NetDir::new(stage.path(NET)), None).await?;
        let tip = follower.sync().await?.header().height;
        let mut chain = Self::default();
        for height in 1..=tip.0 {
            let block = follower.block(Height(height)).await?;
            chain.blocks += 1;
            chain.bytes += encode_vec(&block).len() as u64;
            for tx in &block.txs.0 {
                let size = chain.actions.entry(tx.action.name()).or_default();
                size.count += 1;
                size.bytes += tx.to_bytes().len() as u64;
            }
        }
        let logs = ["node", "network/validator-1"].map(|node| format!("{node}/chain/sidecars.log"));
        let sizes = logs
            .iter()
            .filter_map(|log| std::fs::metadata(stage.path(log)).ok());
        chain.sidecar_bytes = sizes.map(|data| data.len()).sum();
        Ok(chain)
    }
}
