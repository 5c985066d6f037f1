//! Who the wallet is, for its owner only.

use crate::codec::{Text, codec_struct};

/// Most bytes of a persona's name.
pub const MAX_PERSONA_NAME: usize = 64;

/// One of the persons that a wallet is towards others.
#[derive(Debug, PartialEq, Eq)]
pub struct Persona {
    /// Number; gives the seed. None is handed out twice.
    pub number: u32,
    /// Name, for the holder only: it leaves the device in sealed backups alone.
    pub name: Text<MAX_PERSONA_NAME>,
}
codec_struct!(Persona { number, name });

impl Persona {
    /// A persona of some number and name; `None` when the name is empty, has white space around it, is longer than
    /// [`MAX_PERSONA_NAME`] bytes, or has control characters.
    #[must_use]
    pub fn new(number: u32, name: &str) -> Option<Self> {
        let fits = !name.is_empty() && name.trim() == name;
        let name = Text::new(name).filter(|_| fits)?;
        Some(Persona { number, name })
    }
}
