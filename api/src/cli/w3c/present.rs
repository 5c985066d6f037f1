//! `tacit w3c present`: a presentation document becomes a presentation.

use clap::Args;
use std::path::PathBuf;

use super::place::{IssuerPlace, ProofArgs};
use super::{Signed, Trust, document, signed, write};
use crate::errors::ApiResult;

/// Arguments of `w3c present`.
#[derive(Clone, Debug, Args)]
pub struct PresentArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The presentation document (JSON); the holder is filled in where it names none.
    pub document: PathBuf,
    /// The proof.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// Where the signed presentation goes.
    #[arg(long)]
    pub out: PathBuf,
}

pub(super) async fn present(args: &PresentArgs) -> ApiResult<Signed> {
    let service = args.place.service(&Trust::default()).await?;
    let options = args.proof.options(&[]);
    let presented = service.present(document(&args.document)?, options).await?;
    write(&args.out, &presented)?;
    signed(&service, &args.out)
}
