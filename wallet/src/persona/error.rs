//! Why a persona was not found, made or ended.

/// What can be wrong with a persona. Names are not repeated: they are the holder's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonaError {
    /// The wallet has no persona of this name.
    #[error("the wallet has no persona of this name")]
    Unknown,
    /// The wallet has several, and none was named: working as the wrong one would link two.
    #[error("the wallet has several personas: say which one is meant")]
    Which,
    /// The wallet has a persona of this name already.
    #[error("the wallet has a persona of this name already")]
    Exists,
    /// Something of the persona is on the chain, or on its way there.
    #[error(
        "the persona has {0} leaves that are not ended: end them first, since afterwards the wallet cannot"
    )]
    Live(usize),
    /// The vault keeps a backup of the persona.
    #[error("the persona keeps a backup at a vault: turn it off first")]
    Slot,
    /// The number is used, or nobody but the person knows which ones are: the wallet was brought back, and persons that it made
    /// after the backup would meet theirs again.
    #[error(
        "the number was used, or it is not known which ones were: give one from {0} on that no persona of this wallet ever had"
    )]
    Number(u32),
    /// A wallet has at least one.
    #[error("it is the wallet's last persona")]
    Last,
}

impl PersonaError {
    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unknown => "PERSONA_UNKNOWN",
            Self::Which => "PERSONA_MISSING",
            Self::Exists => "PERSONA_EXISTS",
            Self::Live(_) | Self::Slot => "PERSONA_LIVE",
            Self::Number(_) => "PERSONA_NUMBER",
            Self::Last => "PERSONA_LAST",
        }
    }
}
