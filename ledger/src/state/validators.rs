//! The validators in the state: those of this epoch, those of the next, and every set there ever was.

use super::records::{read, write};
use super::{Overlay, StateError, StateRead};
use crate::genesis::ChainSpec;
use crate::ids::{Height, ValidatorsHash};
use crate::keys;
use crate::validators::{ValidatorSet, Validators};

/// The validators of the epoch that the state's height belongs to.
///
/// # Errors
/// [`StateError::Corrupt`] when there are none: the view is not the state of a chain.
pub fn validators(view: &dyn StateRead) -> Result<Validators, StateError> {
    read(view, &keys::active_validators())?.ok_or(StateError::Corrupt("no active validators"))
}

/// The validators of the next epoch, as far as it is decided. In the state after the last block of an epoch it is decided
/// for good.
///
/// # Errors
/// [`StateError::Corrupt`] when there are none: the view is not the state of a chain.
pub fn scheduled_validators(view: &dyn StateRead) -> Result<Validators, StateError> {
    read(view, &keys::scheduled_validators())?.ok_or(StateError::Corrupt("no scheduled validators"))
}

/// The validator set with a hash, if it certifies blocks, did so ever, or will from the next block on.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn validator_set(
    view: &dyn StateRead,
    hash: &ValidatorsHash,
) -> Result<Option<ValidatorSet>, StateError> {
    read(view, &keys::validator_set(hash))
}

/// Enters the validators of genesis.
pub(crate) fn begin_validators(overlay: &mut Overlay<'_>, spec: &ChainSpec) {
    let (first, set) = (spec.first_validators(), spec.validators());
    write(overlay, keys::active_validators(), first);
    write(overlay, keys::scheduled_validators(), first);
    write(overlay, keys::validator_set(&set.hash()), set);
}

/// Before the first transaction of a block: in the first block of an epoch the scheduled validators become active.
pub(crate) fn enter_epoch(
    overlay: &mut Overlay<'_>,
    spec: &ChainSpec,
    height: Height,
) -> Result<(), StateError> {
    if spec.epochs().begins_at(height) {
        let scheduled = scheduled_validators(overlay)?;
        if scheduled != validators(overlay)? {
            write(overlay, keys::active_validators(), &scheduled);
        }
    }
    Ok(())
}

/// After the last transaction of a block: the hash of the scheduled set, which was `before` when the block began. The last
/// block of an epoch enters the set that follows, so that whoever knows its state has it.
pub(crate) fn commit_validators(
    overlay: &mut Overlay<'_>,
    spec: &ChainSpec,
    height: Height,
    before: ValidatorsHash,
) -> Result<ValidatorsHash, StateError> {
    let touched = overlay
        .changes()
        .contains_key(&keys::scheduled_validators());
    let mut hash = before;
    if touched || spec.epochs().ends_at(height) {
        let next = scheduled_validators(overlay)?.set();
        hash = next.hash();
        if spec.epochs().ends_at(height) && validator_set(overlay, &hash)?.is_none() {
            write(overlay, keys::validator_set(&hash), &next);
        }
    }
    Ok(hash)
}
