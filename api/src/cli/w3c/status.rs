//! `tacit w3c status`: revoke a credential, or suspend and resume it.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

use super::place::IssuerPlace;
use super::{Trust, document};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::w3c::options::Purpose;
use crate::w3c::service::Service;
use crate::w3c::status::Update;

/// Arguments of `w3c status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The credential.
    pub credential: PathBuf,
    /// The change.
    #[command(flatten)]
    pub change: Change,
}

/// A status that is set or cleared.
#[derive(Clone, Debug, Args)]
pub struct Change {
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

impl Change {
    /// Which status, and whether it is set.
    pub(crate) fn chosen(&self) -> ApiResult<(Purpose, bool)> {
        match (self.set, self.clear) {
            (Some(purpose), _) => Ok((purpose, true)),
            (None, Some(purpose)) => Ok((purpose, false)),
            (None, None) => Err(ApiError::plain(&reason::USAGE)),
        }
    }
}

/// A status that was set or cleared.
#[derive(Debug, Serialize)]
pub struct StatusSet {
    purpose: &'static str,
    set: bool,
}

impl StatusSet {
    pub(crate) fn new(purpose: Purpose, set: bool) -> Self {
        Self {
            purpose: purpose.name(),
            set,
        }
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.set { "set" } else { "clear" };
        write!(f, "{} is {what}", self.purpose)
    }
}

pub(super) async fn status(args: &StatusArgs) -> ApiResult<StatusSet> {
    let (purpose, set) = args.change.chosen()?;
    let credential = document(&args.credential)?;
    let update = Update::of_credential(&credential, purpose.name(), set)?;
    let service = service(&args.place, &update).await?;
    service.check_own(&credential).await?;
    service.set_status(&update).await?;
    Ok(StatusSet::new(purpose, set))
}

/// The service that changes a status. Without `--url` the list's own URL says where lists stand, so the credential must be shown to
/// be this issuer's first.
pub(crate) async fn service(place: &IssuerPlace, update: &Update) -> ApiResult<Service> {
    let mut place = place.clone();
    if place.url.is_none() {
        let under = ["/status/", "/status-tokens/"];
        let base = under
            .iter()
            .find_map(|under| update.list.rsplit_once(under));
        place.url = base.map(|(base, _)| base.to_owned());
    }
    place.service(&Trust::default()).await
}
