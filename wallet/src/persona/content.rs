//! The content of a wallet file and of a backup: the root seed, and the state of every persona.
//!
//! ```text
//! magic "TCWP" | version 1 | root seed 32 | next number u32 | certain u8 | count | per persona: length, state (with magic and version)
//! ```

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error as CodecError, Read, ReadExt, Write};
use zeroize::Zeroizing;

use super::PersonaError;
use crate::codec::{List, decode_exact, encode_secret};
use crate::derive::persona_seed;
use crate::error::WalletError;
use crate::file::MAX_PLAINTEXT;
use crate::seed::Seed;
use crate::state::{Persona, State, StateError};
use crate::sync::Checkpoint;

const MAGIC: [u8; 4] = *b"TCWP";
const VERSION: u8 = 1;

/// Most personas of a wallet.
pub const MAX_PERSONAS: usize = 32;

/// Every persona of a wallet, and what new ones follow from. No key of any of them is computed here.
pub(crate) struct Content {
    root: Seed,
    /// The number of the next persona.
    next: u32,
    /// Whether it is certain that no persona ever had that number or a higher one. What was brought back from the seed or a
    /// backup cannot know.
    certain: bool,
    /// By rising numbers; at least one.
    states: Vec<State>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content(redacted)")
    }
}

/// What a file holds beside the persona that is at work: kept, compared with, and never made keys of.
pub(crate) struct Others(Content);

impl Content {
    /// A wallet with its first persona.
    pub fn first(root: Seed, name: &str, checkpoint: Checkpoint) -> Result<Self, WalletError> {
        let mut content = Content {
            root,
            next: 0,
            certain: true,
            states: Vec::new(),
        };
        content.add(name, None, checkpoint, 0)?;
        Ok(content)
    }

    /// A wallet of this root seed, with one persona that was recovered.
    pub fn recovered(root: Seed, state: State) -> Result<Self, WalletError> {
        let mut content = Content {
            root,
            next: 0,
            certain: false,
            states: Vec::new(),
        };
        content.insert(state)?;
        Ok(content)
    }

    /// Puts a persona of this root seed back, that was recovered.
    pub fn insert(&mut self, state: State) -> Result<(), WalletError> {
        let number = state.persona.number;
        self.named(number, state.persona.name.as_str())?;
        let at = self
            .states
            .partition_point(|other| other.persona.number < number);
        let there = self.states.get(at);
        if there.is_some_and(|other| other.persona.number == number) {
            return Err(PersonaError::Exists.into());
        }
        if self.states.len() >= MAX_PERSONAS {
            return Err(WalletError::Full("persona"));
        }
        let next = number.checked_add(1).ok_or(WalletError::Full("persona"))?;
        self.next = self.next.max(next);
        self.states.insert(at, state);
        Ok(())
    }

    /// Adds a persona, which has read nothing of the chain: one that began where another stands would show that both are in
    /// one wallet. Where it is not certain which numbers were used, the person says one; should it have been used after all,
    /// no leaf's number and no inbox is: `inboxes` is where those begin then.
    pub fn add(
        &mut self,
        name: &str,
        number: Option<u32>,
        checkpoint: Checkpoint,
        inboxes: u32,
    ) -> Result<u32, WalletError> {
        let number = match number {
            None if self.certain => self.next,
            Some(number) if number >= self.next => number,
            _ => return Err(PersonaError::Number(self.next).into()),
        };
        let persona = self.named(number, name)?;
        if self.states.len() >= MAX_PERSONAS {
            return Err(WalletError::Full("persona"));
        }
        self.next = number.checked_add(1).ok_or(WalletError::Full("persona"))?;
        let seed = persona_seed(&self.root, number);
        let mut state = State::new(persona, seed, checkpoint);
        if !self.certain {
            state.recovered = true;
            state.next_inbox = inboxes;
        }
        self.certain = true;
        self.states.push(state);
        Ok(number)
    }

    /// A persona of this number and name, if no other has the name.
    pub fn named(&self, number: u32, name: &str) -> Result<Persona, WalletError> {
        let persona = Persona::new(number, name).ok_or(WalletError::Text("persona's name"))?;
        let mut others = self.states.iter().map(|state| &state.persona);
        match others.any(|other| other.name == persona.name && other.number != number) {
            true => Err(PersonaError::Exists.into()),
            false => Ok(persona),
        }
    }

    /// The number of the next persona.
    pub fn next_number(&self) -> u32 {
        self.next
    }

    /// Notes that this comes from a backup, and that its wallet may have made personas since.
    pub fn set_uncertain(&mut self) {
        self.certain = false;
    }

    /// The root seed.
    pub fn root(&self) -> &Seed {
        &self.root
    }

    /// The states, by rising numbers of their personas.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// The states, to change.
    pub fn states_mut(&mut self) -> &mut Vec<State> {
        &mut self.states
    }

    /// Where the persona of a name stands; without a name the only one.
    pub fn find(&self, name: Option<&str>) -> Result<usize, PersonaError> {
        match name {
            Some(name) => {
                let mut names = self.states.iter().map(|state| state.persona.name.as_str());
                names.position(|n| n == name).ok_or(PersonaError::Unknown)
            }
            None if self.states.len() == 1 => Ok(0),
            None => Err(PersonaError::Which),
        }
    }

    /// Takes one persona out, to go to work.
    pub fn take(mut self, at: usize) -> Result<(State, Others), PersonaError> {
        if at >= self.states.len() {
            return Err(PersonaError::Unknown);
        }
        let state = self.states.remove(at);
        Ok((state, Others(self)))
    }

    /// Canonical bytes, wiped when dropped.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.encoded(&self.states.iter().collect::<Vec<_>>())
    }

    fn encoded(&self, states: &[&State]) -> Zeroizing<Vec<u8>> {
        encode_secret(&Encoded {
            root: &self.root,
            next: self.next,
            certain: self.certain,
            states: states.iter().map(|state| state.to_bytes()).collect(),
        })
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        if bytes.get(..4) != Some(MAGIC.as_slice()) {
            return Err(StateError::Magic);
        }
        match bytes.get(4) {
            Some(&VERSION) => {}
            Some(&other) => return Err(StateError::UnknownVersion(other)),
            None => return Err(CodecError::EndOfBuffer.into()),
        }
        let Decoded {
            root,
            next,
            certain,
            states,
        } = decode_exact(bytes)?;
        let states = states
            .iter()
            .map(|state| State::from_bytes(state.as_bytes()));
        let content = Content {
            root,
            next,
            certain,
            states: states.collect::<Result<_, _>>()?,
        };
        content.check()?;
        Ok(content)
    }

    fn check(&self) -> Result<(), CodecError> {
        let wrong = |what| Err(CodecError::Invalid("Content", what));
        let Some(first) = self.states.first() else {
            return wrong("no persona");
        };
        for (at, state) in self.states.iter().enumerate() {
            let persona = &state.persona;
            let rest = self.states.get(at + 1..).unwrap_or_default();
            if rest.iter().any(|other| {
                other.persona.number <= persona.number || other.persona.name == persona.name
            }) {
                return wrong("a number or name twice");
            }
            if persona.number >= self.next
                || state.seed.expose() != persona_seed(&self.root, persona.number).expose()
            {
                return wrong("a persona that is none of this seed");
            }
            if state.checkpoint.genesis != first.checkpoint.genesis {
                return wrong("personas of two chains");
            }
        }
        Ok(())
    }
}

impl Others {
    /// The whole content again, with the state of the persona that is at work.
    pub fn with(&self, own: &State) -> Zeroizing<Vec<u8>> {
        let mut states: Vec<&State> = self.0.states.iter().chain([own]).collect();
        states.sort_by_key(|state| state.persona.number);
        self.0.encoded(&states)
    }

    /// The other personas, to compare with.
    pub fn states(&self) -> &[State] {
        &self.0.states
    }

    /// The seed that was written down.
    pub fn root(&self) -> &Seed {
        &self.0.root
    }

    /// Notes whether all of them were moved to another device; on the disk with the next save.
    pub fn set_retired(&mut self, retired: bool) {
        self.0
            .states
            .iter_mut()
            .for_each(|state| state.retired = retired);
    }
}

/// Bytes of one state within a content.
type Bytes = crate::codec::Blob<MAX_PLAINTEXT>;

struct Encoded<'a> {
    root: &'a Seed,
    next: u32,
    certain: bool,
    states: Vec<Zeroizing<Vec<u8>>>,
}

impl EncodeSize for Encoded<'_> {
    fn encode_size(&self) -> usize {
        let states = self
            .states
            .iter()
            .map(|state| state.as_slice().encode_size());
        MAGIC.len() + 1 + 32 + 4 + 1 + self.states.len().encode_size() + states.sum::<usize>()
    }
}

impl Write for Encoded<'_> {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&MAGIC);
        buf.put_u8(VERSION);
        buf.put_slice(self.root.expose());
        self.next.write(buf);
        self.certain.write(buf);
        self.states.len().write(buf);
        for state in &self.states {
            state.as_slice().write(buf);
        }
    }
}

struct Decoded {
    root: Seed,
    next: u32,
    certain: bool,
    states: List<Bytes, MAX_PERSONAS>,
}

impl Read for Decoded {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        let (magic, version) = (<[u8; 4]>::read(buf)?, u8::read(buf)?);
        if magic != MAGIC || version != VERSION {
            return Err(CodecError::Invalid("Content", "wrong magic or version"));
        }
        let root = Zeroizing::new(<[u8; 32]>::read(buf)?);
        Ok(Decoded {
            root: Seed::from_bytes(&root),
            next: u32::read(buf)?,
            certain: bool::read(buf)?,
            states: ReadExt::read(buf)?,
        })
    }
}
