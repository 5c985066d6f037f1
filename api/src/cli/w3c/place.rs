//! An issuer's folder, and what a signer decides about a proof.

use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacit_identity::datetime::DateTime;
use tacit_w3c::integrity::Suite;

use super::Trust;
use crate::cli::password::PasswordSource;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::member::Secrets;
use crate::net::NetDir;
use crate::w3c::identity::DidChoice;
use crate::w3c::issuer::Issuer;
use crate::w3c::options::{IssueOptions, Purpose};
use crate::w3c::service::Service;

/// An issuer's folder, and under which DID its key signs.
#[derive(Clone, Debug, Args)]
pub struct IssuerPlace {
    /// The issuer's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// The net folder; did:tacit and revocation need it.
    #[arg(long)]
    pub net: Option<PathBuf>,
    /// File whose first line is the password of the keys.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// Under which DID: key, tacit, or web:HOST, also web:HOST%3APORT:PATH.
    #[arg(long, default_value_t)]
    pub did: DidChoice,
    /// The URL under which the issuer's server is reached; status lists stand below it.
    #[arg(long)]
    pub url: Option<String>,
}

/// What a signer decides about a proof.
#[derive(Clone, Debug, Args)]
pub struct ProofArgs {
    /// How the document is made canonical: jcs (JSON) or rdfc (RDF).
    #[arg(long, default_value = "jcs", value_parser = suite)]
    pub suite: Suite,
    /// When the proof is made; now without.
    #[arg(long)]
    pub created: Option<DateTime>,
    /// When the proof ends.
    #[arg(long)]
    pub expires: Option<DateTime>,
    /// A verifier's challenge.
    #[arg(long)]
    pub challenge: Option<String>,
    /// Whom the proof is for; several times for several.
    #[arg(long)]
    pub domain: Vec<String>,
    /// A URL that names the proof, so that a later one can cover it.
    #[arg(long)]
    pub proof_id: Option<String>,
    /// The id of a proof of the document that the new one covers.
    #[arg(long)]
    pub previous_proof: Vec<String>,
}

fn suite(text: &str) -> Result<Suite, String> {
    match text {
        "jcs" => Ok(Suite::EddsaJcs2022),
        "rdfc" => Ok(Suite::EddsaRdfc2022),
        _ => Err("expected jcs or rdfc".to_owned()),
    }
}

impl ProofArgs {
    pub(super) fn options(&self, status: &[Purpose]) -> IssueOptions {
        IssueOptions {
            suite: self.suite,
            created: self.created,
            expires: self.expires,
            challenge: self.challenge.clone(),
            domain: self.domain.clone(),
            proof_id: self.proof_id.clone(),
            previous: self.previous_proof.clone(),
            status: status.to_vec(),
        }
    }
}

impl IssuerPlace {
    /// A folder for its key alone.
    pub(crate) fn of_key(dir: &Path, password_file: Option<PathBuf>) -> Self {
        Self {
            dir: dir.to_owned(),
            net: None,
            password_file,
            did: DidChoice::Key,
            url: None,
        }
    }

    pub(crate) async fn issuer(&self) -> ApiResult<Arc<Issuer>> {
        let secrets = Secrets::open(&self.dir, &PasswordSource::new(self.password_file.clone()))?;
        let net = self.net.as_ref().map(NetDir::new);
        let base = self.url.as_deref().unwrap_or("urn:tacit:unpublished");
        let issuer = Issuer::open(&self.dir, secrets, net.as_ref(), &self.did, base).await?;
        Ok(Arc::new(issuer))
    }

    /// A service for this issuer, and for whoever verifies, which looks where `trust` says.
    pub(crate) async fn service(&self, trust: &Trust) -> ApiResult<Service> {
        let issuer = self.issuer().await?;
        let (places, lists) = trust.places(issuer.follower().cloned())?;
        Service::new(places, lists, Some(issuer))
    }
}

/// A status stands in a list, and a list has a URL.
pub(crate) fn check_url(place: &IssuerPlace, status: &[Purpose]) -> ApiResult<()> {
    match status.is_empty() || place.url.is_some() {
        true => Ok(()),
        false => {
            let what = "a status stands in a list with a URL: give --url";
            Err(ApiError::new(&reason::USAGE, what))
        }
    }
}
