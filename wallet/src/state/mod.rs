//! What a wallet knows, and its encoding: the content of the wallet file.
//!
//! Keys are not kept: they follow from the seed ([`crate::derive`]). Every leaf carries its own journal entry
//! ([`Progress`]), written before the step it announces, so that a step that was cut off is taken again with the very same
//! leaf, request id and bytes.

mod credential;
mod grant;
mod inbox;
mod persona;
mod progress;
mod record;
mod shown;
mod slot;
#[cfg(test)]
mod tests;
mod uses;

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error as CodecError, FixedSize, Read, ReadExt, Write};
use tacit_ledger::ids::Height;
use zeroize::Zeroizing;

pub use credential::{HeldCredential, Issued, MAX_DOCUMENT};
pub use grant::{GrantEntry, GrantedTerms, MAX_NAME};
pub use inbox::{Answer, Decision, Inbox, Incoming, MAX_LABEL, MAX_MESSAGE, MAX_REQUEST, Route};
pub use persona::{MAX_PERSONA_NAME, Persona};
pub use progress::{MAX_SIDECAR, Progress, Submission};
pub use record::{MAX_TITLE, RecordEntry};
pub use shown::Shown;
pub use slot::Slot;
pub use uses::Use;

use crate::codec::{List, codec_struct, decode_exact, encode_secret, terse_debug};
use crate::derive::{Counter, Generation};
use crate::seed::Seed;
use crate::sync::Checkpoint;

const MAGIC: [u8; 4] = *b"TCWS";
/// Versions before this one were never released, and are not read.
const VERSION: u8 = 3;

/// Most leaves of one kind that a wallet keeps.
pub const MAX_LEAVES: usize = 4096;
/// Most inboxes of a wallet, and most requests and answers it keeps.
pub const MAX_INBOXES: usize = 1024;
/// Most uses of grants that a wallet keeps in its access log.
pub const MAX_USES_KEPT: usize = 1 << 16;

/// Why stored state could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// It does not begin with the magic of wallet state.
    #[error("this is not a wallet's state")]
    Magic,
    /// A version this program does not know.
    #[error("wallet state version {0} is not known to this program")]
    UnknownVersion(u8),
    /// Not exactly one canonical state.
    #[error("the wallet's state cannot be read: {0}")]
    Malformed(#[from] CodecError),
}

/// Most pseudonyms that a wallet remembers to have shown.
pub const MAX_SHOWN: usize = 4096;

/// Everything that one persona of a wallet knows on one chain.
pub struct State {
    /// The persona.
    pub(crate) persona: Persona,
    /// Its seed.
    pub(crate) seed: Seed,
    /// What the wallet holds for true about the chain.
    pub(crate) checkpoint: Checkpoint,
    /// The next counter to hand out.
    pub(crate) next: Counter,
    /// Generation of the holder's secret that new leaves are bound to.
    pub(crate) generation: Generation,
    /// Pseudonyms that were shown.
    pub(crate) shown: List<Shown, MAX_SHOWN>,
    /// The next inbox number to hand out.
    pub(crate) next_inbox: u32,
    /// Credentials, asked for and held.
    pub(crate) credentials: List<HeldCredential, MAX_LEAVES>,
    /// Documents.
    pub(crate) records: List<RecordEntry, MAX_LEAVES>,
    /// Grants.
    pub(crate) grants: List<GrantEntry, MAX_LEAVES>,
    /// Leaves found on the chain by their E, of which the wallet knows no content.
    pub(crate) found: List<FoundLeaf, MAX_LEAVES>,
    /// Inboxes, one per relationship.
    pub(crate) inboxes: List<Inbox, MAX_INBOXES>,
    /// Requests that came and are not answered yet.
    pub(crate) incoming: List<Incoming, MAX_INBOXES>,
    /// Requests that were answered.
    pub(crate) answers: List<Answer, MAX_LEAVES>,
    /// Uses of own grants, found on the chain.
    pub(crate) uses: List<Use, MAX_USES_KEPT>,
    /// Whether this wallet was moved elsewhere, and is only kept for another backup.
    pub(crate) retired: bool,
    /// The backup at a vault, while it is on.
    pub(crate) slot: Option<Slot>,
    /// Whether this wallet was recovered and has not read the chain since: no number is handed out before.
    pub(crate) recovered: bool,
}

/// A leaf of this wallet that a scan of the chain found, and of which only the seed is left: it can be ended, and is
/// completed by what a backup or the issuer gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundLeaf {
    /// Its counter.
    pub counter: Counter,
    /// The leaf as the chain has it.
    pub leaf: tacit_circuits::types::Leaf,
    /// Its kind.
    pub kind: tacit_circuits::types::LeafKind,
    /// Height of the block that holds it.
    pub height: Height,
    /// Its position, as soon as it is known.
    pub position: Option<tacit_circuits::types::Position>,
    /// Whether its bit is set.
    pub ended: bool,
}
codec_struct!(FoundLeaf {
    counter,
    leaf,
    kind,
    height,
    position,
    ended
});

terse_debug!(State { next });

impl State {
    /// The state of a new persona.
    pub(crate) fn new(persona: Persona, seed: Seed, checkpoint: Checkpoint) -> Self {
        State {
            persona,
            seed,
            checkpoint,
            next: Counter(0),
            generation: Generation::default(),
            shown: List::default(),
            next_inbox: 0,
            credentials: List::default(),
            records: List::default(),
            grants: List::default(),
            found: List::default(),
            inboxes: List::default(),
            incoming: List::default(),
            answers: List::default(),
            uses: List::default(),
            retired: false,
            slot: None,
            recovered: false,
        }
    }

    /// Canonical bytes, wiped when dropped.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        encode_secret(self)
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`StateError`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        if bytes.get(..4) != Some(MAGIC.as_slice()) {
            return Err(StateError::Magic);
        }
        match bytes.get(4) {
            Some(&VERSION) => Ok(decode_exact(bytes)?),
            Some(&other) => Err(StateError::UnknownVersion(other)),
            None => Err(CodecError::EndOfBuffer.into()),
        }
    }

    /// A copy to change, so that a change that cannot be saved leaves no trace. Secrets have no `Clone`, on purpose.
    pub(crate) fn duplicate(&self) -> Result<Self, StateError> {
        Self::from_bytes(&self.to_bytes())
    }
}

impl EncodeSize for State {
    fn encode_size(&self) -> usize {
        let fixed = MAGIC.len() + 1 + 32 + Counter::SIZE + Generation::SIZE + 4;
        fixed
            + self.persona.encode_size()
            + self.shown.encode_size()
            + self.checkpoint.encode_size()
            + self.credentials.encode_size()
            + self.records.encode_size()
            + self.grants.encode_size()
            + self.found.encode_size()
            + self.inboxes.encode_size()
            + self.incoming.encode_size()
            + self.answers.encode_size()
            + self.uses.encode_size()
            + self.retired.encode_size()
            + self.slot.encode_size()
            + self.recovered.encode_size()
    }
}

impl Write for State {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&MAGIC);
        buf.put_u8(VERSION);
        self.persona.write(buf);
        buf.put_slice(self.seed.expose());
        self.checkpoint.write(buf);
        self.next.write(buf);
        self.generation.write(buf);
        self.shown.write(buf);
        self.next_inbox.write(buf);
        self.credentials.write(buf);
        self.records.write(buf);
        self.grants.write(buf);
        self.found.write(buf);
        self.inboxes.write(buf);
        self.incoming.write(buf);
        self.answers.write(buf);
        self.uses.write(buf);
        self.retired.write(buf);
        self.slot.write(buf);
        self.recovered.write(buf);
    }
}

impl Read for State {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        let (magic, version) = (<[u8; 4]>::read(buf)?, u8::read(buf)?);
        if magic != MAGIC || version != VERSION {
            return Err(CodecError::Invalid("State", "wrong magic or version"));
        }
        let persona = Persona::read(buf)?;
        let seed = Zeroizing::new(<[u8; 32]>::read(buf)?);
        Ok(State {
            persona,
            seed: Seed::from_bytes(&seed),
            checkpoint: Checkpoint::read(buf)?,
            next: Counter::read(buf)?,
            generation: Generation::read(buf)?,
            shown: ReadExt::read(buf)?,
            next_inbox: u32::read(buf)?,
            credentials: ReadExt::read(buf)?,
            records: ReadExt::read(buf)?,
            grants: ReadExt::read(buf)?,
            found: ReadExt::read(buf)?,
            inboxes: ReadExt::read(buf)?,
            incoming: ReadExt::read(buf)?,
            answers: ReadExt::read(buf)?,
            uses: ReadExt::read(buf)?,
            retired: bool::read(buf)?,
            slot: Option::read(buf)?,
            recovered: bool::read(buf)?,
        })
    }
}
