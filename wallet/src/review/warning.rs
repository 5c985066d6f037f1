//! What a person should know before saying yes.

use tacit_circuits::types::{Category, MemberId, Purpose};

/// Something a person should know before saying yes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// This wallet never gave this platform anything.
    Stranger,
    /// A category is asked for that is not usual for the purpose.
    UnusualCategory {
        /// The category.
        category: Category,
        /// The purpose.
        purpose: Purpose,
    },
    /// This platform had access before, but not to this category.
    MoreThanBefore(Category),
    /// An age can be proven without showing any document.
    ProofSuffices,
    /// The validity asked for is longer than usual for the purpose.
    LongValidity {
        /// Asked for, in seconds.
        asked: u64,
        /// Usual at most, in seconds.
        usual: u64,
    },
    /// More uses are asked for than usual for the purpose.
    ManyUses {
        /// Asked for.
        asked: u16,
        /// Usual at most.
        usual: u16,
    },
    /// More categories are asked for than usual.
    ManyCategories {
        /// Asked for.
        asked: u32,
        /// Usual at most.
        usual: u32,
    },
    /// The category is of the kind that the law protects most.
    Sensitive(Category),
    /// Nothing that the wallet keeps is of a category asked for.
    NothingFits,
    /// The chain allows no grant for this purpose.
    PurposeRefused(Purpose),
    /// Beside the document a claim is to be shown in plain.
    Reveals(String),
    /// Proving what is wanted tells which issuer the credential is from.
    NamesIssuer(MemberId),
    /// Another persona gave this platform something: it may see that both are one person.
    GivenByPersona(String),
    /// Another persona got this very request: two answers to one request are of one person.
    AskedPersona(String),
    /// Another persona keeps a document of the same content.
    DocumentOfPersona(String),
    /// Another persona has the credential that is wanted, and this one has none.
    HeldByPersona(String),
    /// Another persona proved something to this verifier.
    ShownByPersona {
        /// The persona's name.
        persona: String,
        /// Whether it was for the same label as well.
        same_label: bool,
    },
    /// Another persona showed a credential in plain to this verifier.
    PresentedByPersona(String),
    /// Another persona has a credential of this issuer, which knows whom it issues to.
    IssuedToPersona {
        /// The persona's name.
        persona: String,
        /// The issuer.
        issuer: MemberId,
    },
    /// Another member used the address before: the two know of each other.
    SharedAddress(MemberId),
    /// The verifier knows this persona by a pseudonym from before a rotation, and would see another.
    NewPseudonym,
}

impl Warning {
    /// Whether it is about two personas being known for one person.
    #[must_use]
    pub fn links_personas(&self) -> bool {
        matches!(
            self,
            Self::GivenByPersona(_)
                | Self::AskedPersona(_)
                | Self::DocumentOfPersona(_)
                | Self::HeldByPersona(_)
                | Self::ShownByPersona { .. }
                | Self::PresentedByPersona(_)
                | Self::IssuedToPersona { .. }
        )
    }

    /// The warning in words.
    #[must_use]
    pub fn text(&self) -> String {
        let days = |secs: &u64| secs.div_ceil(86_400);
        match self {
            Self::Stranger => "you never gave this platform anything before".into(),
            Self::UnusualCategory { category, purpose } => format!(
                "`{}` is not usually asked for when the purpose is `{}`",
                category.slug(),
                purpose.slug()
            ),
            Self::MoreThanBefore(category) => {
                format!(
                    "you gave this platform access before, but not to `{}`",
                    category.slug()
                )
            }
            Self::ProofSuffices => {
                "your age can be proven without showing a document: deny, and offer a proof".into()
            }
            Self::LongValidity { asked, usual } => {
                format!(
                    "asks for {} days of access; up to {} are usual",
                    days(asked),
                    days(usual)
                )
            }
            Self::ManyUses { asked, usual } => {
                format!("asks to read {asked} times; up to {usual} are usual")
            }
            Self::ManyCategories { asked, usual } => {
                format!("asks for {asked} categories of data; up to {usual} are usual")
            }
            Self::Sensitive(category) => {
                format!("`{}` is specially protected data", category.slug())
            }
            Self::NothingFits => "you keep no document of a category asked for".into(),
            Self::PurposeRefused(purpose) => {
                format!(
                    "this chain allows no grant for the purpose `{}`",
                    purpose.slug()
                )
            }
            Self::Reveals(claim) => format!("wants to see the claim `{claim}` in plain"),
            Self::NamesIssuer(issuer) => {
                format!("the proof would tell that member {issuer} issued your credential")
            }
            Self::GivenByPersona(persona) => format!(
                "links personas: your persona `{persona}` gave this platform something, which may tell that both are you"
            ),
            Self::AskedPersona(persona) => format!(
                "links personas: your persona `{persona}` got this very request; answer it as one of them only"
            ),
            Self::DocumentOfPersona(persona) => format!(
                "links personas: your persona `{persona}` keeps the same document; whoever reads both sees that"
            ),
            Self::HeldByPersona(persona) => format!(
                "links personas: only your persona `{persona}` has the credential that is wanted; answering as it tells that \
                 both are you"
            ),
            Self::ShownByPersona { persona, same_label } => {
                let label = if *same_label { ", under the same label" } else { "" };
                format!(
                    "links personas: your persona `{persona}` proved facts to this verifier{label}; what is shown, or when and \
                     from where, may tell that both are you"
                )
            }
            Self::PresentedByPersona(persona) => format!(
                "links personas: your persona `{persona}` showed a credential in plain to this verifier; equal claims, or when and from \
                 where, may tell that both are you"
            ),
            Self::IssuedToPersona { persona, issuer } => format!(
                "links personas: member {issuer} issued a credential to your persona `{persona}`, and knows whom it issues to"
            ),
            Self::SharedAddress(member) => format!(
                "came to an address that member {member} used before: they can tell that they ask the same person"
            ),
            Self::NewPseudonym => {
                "changes your pseudonym: this verifier knows you by one from before your key was rotated".into()
            }
        }
    }
}
