//! From which epoch on this node votes: never in one in which its key may have signed what the folder does not show.
//!
//! The journals of votes say what was signed, as long as nobody loses them. So beside them stands, for each key, from which
//! epoch on they are whole. Where that is not known, because the disk is a new one, the node makes up a transaction and
//! waits until it is final. The block that holds it was made after the loss, and so belongs to the newest epoch in which the
//! key can have signed, or to a later one: from the next epoch on the node votes. Until then it follows.

use super::{
    core::{Core, blocking},
    ending::ADVICE,
    env::Env,
};
use crate::{
    error::{NodeError, SubmitError},
    handle::TxReceipt,
    mempool::{Entry, admit},
};
use commonware_codec::varint::UInt;
use commonware_cryptography::ed25519::PublicKey;
use commonware_storage::metadata::{self, Metadata};
use rand_core::Rng;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tacit_circuits::{
    field::fr_from_bytes,
    types::{Body, EndTag, HolderKey},
};
use tacit_ledger::{
    action::{Action, RegisterRecord},
    ids::RequestId,
    tx::Tx,
};

/// How long the node waits before it tries again to get its transaction onto the chain.
const RETRY: Duration = Duration::from_secs(1);

/// Takes away what says that a key has signed nothing yet; called once the folder says so itself.
pub(crate) type Unmark = Box<dyn FnOnce() -> Result<(), NodeError> + Send>;

/// The first epoch in which this node votes, once it is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct VotesFrom(Arc<OnceLock<u64>>);

impl VotesFrom {
    /// The epoch.
    pub(crate) fn get(&self) -> Option<u64> {
        self.0.get().copied()
    }

    /// Whether this node votes in an epoch, if it is one of the validators.
    pub(super) fn covers(&self, epoch: u64) -> bool {
        self.get().is_some_and(|from| from <= epoch)
    }

    fn set(&self, epoch: u64) {
        // It is set once.
        let _ = self.0.set(epoch);
    }
}

/// What the folder says, by key.
pub(super) struct Voting<E: Env> {
    folder: Metadata<E, PublicKey, UInt<u64>>,
    me: PublicKey,
    from: VotesFrom,
}

impl<E: Env> Voting<E> {
    /// Reads what the folder says of this key. A key that has signed nothing yet votes at once.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) async fn open(
        context: E,
        partition: String,
        me: PublicKey,
        unused: Option<Unmark>,
        from: VotesFrom,
    ) -> Result<Self, NodeError> {
        let config = metadata::Config {
            partition,
            codec_config: (),
        };
        let folder = Metadata::init(context, config).await.map_err(failed)?;
        let mut voting = Self { folder, me, from };
        if let Some(unmark) = unused {
            if voting.folder.get(&voting.me).is_none() {
                voting = voting.enter(0).await?;
            }
            // Before the first vote: whoever copies the keys later must not find the mark.
            unmark()?;
        }
        if let Some(epoch) = voting.folder.get(&voting.me) {
            voting.from.set(epoch.0);
        }
        Ok(voting)
    }

    async fn enter(mut self, epoch: u64) -> Result<Self, NodeError> {
        let folder = self.folder.put_sync(self.me.clone(), UInt(epoch)).await;
        self.folder = folder.map_err(failed)?;
        Ok(self)
    }

    /// Finds out from which epoch on the node may vote, where the folder does not say so. Never ends but by an error.
    pub(super) async fn settle(self, context: E, core: Core) {
        if self.from.get().is_none()
            && let Err(error) = self.prove(&context, &core).await
        {
            return core.fault.set(error);
        }
        std::future::pending().await
    }

    async fn prove(self, context: &E, core: &Core) -> Result<(), NodeError> {
        tracing::warn!(
            "this folder does not show what this validator's key has signed: it does not vote before the next epoch"
        );
        let tx = made_up(&mut context.child("voting"));
        let height = loop {
            match submit(context, core, tx.clone()).await {
                Ok(receipt) => break receipt.height,
                Err(SubmitError::Node(error)) => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "what shows that the chain is a running one is not taken yet")
                }
            }
            context.sleep(RETRY).await;
        };
        let epoch = core.chain.epoch_after(height);
        let from = self.from.clone();
        self.enter(epoch).await?;
        tracing::warn!(%height, epoch, "this validator votes from this epoch on");
        from.set(epoch);
        Ok(())
    }
}

/// Nobody can have known it before: a record of random numbers, which means nothing to anybody.
fn made_up(rng: &mut impl Rng) -> Tx {
    let mut value = || {
        let mut bytes = [0; 32];
        // The first byte stays zero, so that it is below the field's order.
        rng.fill_bytes(&mut bytes[1..]);
        fr_from_bytes(&bytes).unwrap_or_default()
    };
    let record = RegisterRecord {
        holder_key: HolderKey(value()),
        body: Body(value()),
        end_tag: EndTag(value()),
    };
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    Tx::unsigned(RequestId(id), Action::RegisterRecord(record))
}

async fn submit<E: Env>(context: &E, core: &Core, tx: Tx) -> Result<TxReceipt, SubmitError> {
    if let Some(receipts) = core.pool.join(&tx.id(), &tx.request_id)? {
        return receipts.await.unwrap_or(Err(SubmitError::Interrupted));
    }
    let (chain, pool, now) = (core.chain.clone(), core.pool.clone(), core.now(context));
    let entry = blocking(context, move || Ok(admit(&chain, &pool, now, tx, None)));
    match entry.await?? {
        Entry::Done(receipt) => Ok(receipt),
        Entry::Waits(receipts) => receipts.await.unwrap_or(Err(SubmitError::Interrupted)),
    }
}

fn failed(error: metadata::Error) -> NodeError {
    NodeError::Stopped(format!(
        "what the folder says of this validator's votes is damaged ({error}): {ADVICE}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_cryptography::{Signer as _, ed25519::PrivateKey};
    use commonware_runtime::{Runner as _, Supervisor as _, deterministic};
    use std::sync::atomic::{AtomicBool, Ordering};

    async fn open(
        context: &deterministic::Context,
        partition: &str,
        seed: u64,
        unused: Option<Unmark>,
    ) -> Option<u64> {
        let from = VotesFrom::default();
        let me = PrivateKey::from_seed(seed).public_key();
        let context = context.child("voting");
        let opened = Voting::open(context, partition.into(), me, unused, from.clone()).await;
        opened.unwrap();
        assert_eq!(from.get().is_some(), from.covers(u64::MAX));
        from.get()
    }

    #[test]
    fn a_key_votes_where_the_folder_or_the_mark_says_so() {
        deterministic::Runner::default().start(|context| async move {
            assert_eq!(open(&context, "a", 1, None).await, None, "a new disk");
            let taken = Arc::new(AtomicBool::new(false));
            let flag = taken.clone();
            let unmark: Unmark = Box::new(move || {
                flag.store(true, Ordering::Relaxed);
                Ok(())
            });
            assert_eq!(open(&context, "a", 1, Some(unmark)).await, Some(0));
            assert!(taken.load(Ordering::Relaxed));
            assert_eq!(open(&context, "a", 1, None).await, Some(0), "it is noted");
            assert_eq!(open(&context, "a", 2, None).await, None, "another key");
            assert_eq!(open(&context, "b", 1, None).await, None, "another disk");
        });
    }

    #[test]
    fn a_mark_that_stays_is_no_vote() {
        deterministic::Runner::default().start(|context| async move {
            let stays: Unmark = Box::new(|| Err(NodeError::Stopped("read only".into())));
            let me = PrivateKey::from_seed(1).public_key();
            let from = VotesFrom::default();
            let opened = Voting::open(
                context.child("voting"),
                "a".into(),
                me,
                Some(stays),
                from.clone(),
            );
            assert!(opened.await.is_err());
            assert!(!from.covers(u64::MAX));
        });
    }

    #[test]
    fn a_later_proof_leaves_earlier_epochs_out() {
        let from = VotesFrom::default();
        from.set(3);
        assert!(!from.covers(2) && from.covers(3) && from.covers(4));
    }

    #[test]
    fn what_is_made_up_is_never_the_same() {
        deterministic::Runner::default().start(|mut context| async move {
            let (one, two) = (made_up(&mut context), made_up(&mut context));
            assert_ne!(one.id(), two.id());
            assert_ne!(one.request_id, two.request_id);
        });
    }
}
