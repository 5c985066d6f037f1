//! Status lists of other issuers: where they are looked for.
//!
//! A list is signed by the issuer of the credential, so it does not matter who hands it over; how old it is does. What no place
//! has is missing, and the status is then unknown.

mod folder;
mod given;

use std::sync::Arc;
use tacit_circuits::types::Timestamp;
use tacit_identity::sd_jwt::status::MAX_TOKEN_BYTES;
use tacit_w3c::status::MAX_LIST_DOCUMENT_BYTES;

pub use folder::ListFolder;
pub use given::GivenLists;

/// Which of the two standards a list follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListKind {
    /// Bitstring Status List: a credential.
    Bitstring,
    /// Token Status List: a JWT.
    Token,
}

impl ListKind {
    /// What to ask a web server for.
    pub fn accept(self) -> &'static str {
        match self {
            Self::Bitstring => "application/vc, application/json;q=0.9",
            Self::Token => "application/statuslist+jwt",
        }
    }

    /// Longest list that is read, in bytes.
    pub fn max_bytes(self) -> usize {
        match self {
            Self::Bitstring => MAX_LIST_DOCUMENT_BYTES,
            Self::Token => MAX_TOKEN_BYTES,
        }
    }
}

/// A list as it was found, not verified.
#[derive(Clone, Debug)]
pub struct FoundList {
    /// What stands under its URL: JSON of the credential, or the JWT.
    pub content: Vec<u8>,
    /// When it was fetched: its time to live counts from then.
    pub at: Timestamp,
}

/// A place where lists of other issuers are looked for.
#[async_trait::async_trait]
pub trait ListSource: Send + Sync {
    /// The list under a URL; `None` when it cannot be had here, whatever the reason.
    async fn list(&self, kind: ListKind, url: &str) -> Option<FoundList>;
}

/// The places of a service, in the order in which they are asked.
#[derive(Clone, Default)]
pub struct Lists {
    places: Vec<Arc<dyn ListSource>>,
}

impl Lists {
    /// Adds a place, to be asked after those that are there.
    pub fn add(&mut self, place: Arc<dyn ListSource>) {
        self.places.push(place);
    }

    /// The list under a URL: from the first place that has it, else one that came with the request. What the verifier looked
    /// for itself counts more than what it was handed.
    pub async fn find(&self, kind: ListKind, url: &str, given: &GivenLists) -> Option<FoundList> {
        for place in &self.places {
            if let Some(found) = place.list(kind, url).await {
                return Some(found);
            }
        }
        given.find(kind, url)
    }
}
