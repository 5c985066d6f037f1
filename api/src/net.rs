//! The net folder: where servers write their endpoints and clients find them.
//!
//! It stands in for whatever publishes addresses in a real deployment. A client takes from it an address, the one
//! certificate it will trust there, and the chain it expects.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tacit_circuits::types::MemberId;
use tacit_ledger::ids::ChainId;

use crate::auth::request::Audience;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::{files, tls};

/// What kind of server an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A ledger node.
    Node,
    /// A vault.
    Vault,
    /// An issuer.
    Issuer,
    /// Credentials in the W3C's formats.
    W3c,
}

impl Kind {
    /// Name in lower case: the file's name too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Vault => "vault",
            Self::Issuer => "issuer",
            Self::W3c => "w3c",
        }
    }
}

/// A server as its clients need to know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// What it is.
    pub kind: Kind,
    /// Where it listens, as an https URL.
    pub url: String,
    /// The certificate to trust there, PEM.
    pub certificate: String,
    /// The chain it serves.
    pub chain: ChainId,
    /// The member that runs it; absent for nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
}

impl Endpoint {
    /// The audience that signed requests to it must name.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub fn audience(&self) -> ApiResult<Audience> {
        tls::audience_of(&self.certificate)
    }
}

/// A net folder.
#[derive(Clone, Debug)]
pub struct NetDir(PathBuf);

impl NetDir {
    /// The net folder at this path; it need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Path of the chain's genesis file.
    pub fn genesis(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// Writes an endpoint, replacing an older one of the same kind.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn publish(&self, endpoint: &Endpoint) -> ApiResult<()> {
        files::make_dir(&self.0)?;
        files::write_json(&self.file(endpoint.kind), endpoint)
    }

    /// Takes the endpoint of a kind.
    ///
    /// # Errors
    /// When there is none, or its file is not one.
    pub fn endpoint(&self, kind: Kind) -> ApiResult<Endpoint> {
        let path = self.file(kind);
        if !path.exists() {
            let what = format!("{} is not there", path.display());
            return Err(ApiError::new(&reason::ENDPOINT_MISSING, what));
        }
        let endpoint: Endpoint = files::read_json(&path, files::MAX_SMALL_FILE)?;
        if endpoint.kind != kind || !endpoint.url.starts_with("https://") {
            return Err(files::invalid(&path, "not an endpoint of this kind"));
        }
        Ok(endpoint)
    }

    /// Path of the endpoint file of a kind.
    pub fn file(&self, kind: Kind) -> PathBuf {
        self.0.join(format!("{}.json", kind.name()))
    }
}
