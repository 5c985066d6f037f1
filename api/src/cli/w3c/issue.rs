//! `tacit w3c issue`: a credential document becomes a credential.

use clap::Args;
use std::path::PathBuf;

use super::place::{IssuerPlace, ProofArgs, check_url};
use super::{Signed, Trust, document, signed, write};
use crate::errors::ApiResult;
use crate::w3c::options::Purpose;

/// Arguments of `w3c issue`.
#[derive(Clone, Debug, Args)]
pub struct IssueArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The credential document (JSON); the issuer is filled in where it names none.
    pub document: PathBuf,
    /// Statuses that the credential can get later. They need --url.
    #[arg(long, value_enum)]
    pub status: Vec<Purpose>,
    /// The proof.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// Where the signed credential goes.
    #[arg(long)]
    pub out: PathBuf,
}

pub(super) async fn issue(args: &IssueArgs) -> ApiResult<Signed> {
    check_url(&args.place, &args.status)?;
    let service = args.place.service(&Trust::default()).await?;
    let options = args.proof.options(&args.status);
    let issued = service.issue(document(&args.document)?, options).await?;
    write(&args.out, &issued)?;
    signed(&service, &args.out)
}
