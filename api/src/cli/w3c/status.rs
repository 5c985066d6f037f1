//! `tacit w3c status`: revoke a credential, or suspend and resume it.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

use super::place::IssuerPlace;
use super::{Trust, document};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::w3c::options::Purpose;
use crate::w3c::status::Update;

/// Arguments of `w3c status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The credential.
    pub credential: PathBuf,
    /// The status that is set.
    #[arg(long, value_enum)]
    pub set: Option<Purpose>,
    /// The status that is cleared.
    #[arg(
        long,
        value_enum,
        conflicts_with = "set",
        required_unless_present = "set"
    )]
    pub clear: Option<Purpose>,
}

/// A status that was set or cleared.
#[derive(Debug, Serialize)]
pub struct StatusSet {
    purpose: &'static str,
    set: bool,
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.set { "set" } else { "clear" };
        write!(f, "{} is {what}", self.purpose)
    }
}

pub(super) async fn status(args: &StatusArgs) -> ApiResult<StatusSet> {
    let (purpose, set) = match (args.set, args.clear) {
        (Some(purpose), _) => (purpose, true),
        (None, Some(purpose)) => (purpose, false),
        (None, None) => return Err(ApiError::plain(&reason::USAGE)),
    };
    let update = Update::of_credential(&document(&args.credential)?, purpose.name(), set)?;
    // The list's own URL says where lists stand; that the issuer signed the credential is checked next.
    let mut place = args.place.clone();
    if place.url.is_none() {
        let end = format!("/status/{}/", purpose.name());
        let base = update
            .list
            .rsplit_once(&end)
            .map(|(base, _)| base.to_owned());
        place.url = base;
    }
    let service = place.service(&Trust::default()).await?;
    service.set_status(&update).await?;
    Ok(StatusSet {
        purpose: purpose.name(),
        set,
    })
}
