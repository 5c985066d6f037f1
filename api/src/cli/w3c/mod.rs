//! `tacit w3c`: credentials in the W3C's formats, at the command line and over HTTP.
//!
//! | module | command |
//! | --- | --- |
//! | [`issue`], [`present`] | documents signed with an organisation's key |
//! | [`verify`] | credentials and presentations of anybody |
//! | [`status`] | revocation and suspension |
//! | [`resolve`] | DID documents |
//! | [`serve`](mod@serve) | all of it over HTTP and gRPC |

pub mod issue;
pub mod place;
pub mod present;
pub mod resolve;
pub mod serve;
pub mod status;
pub mod trust;
pub mod verify;

use clap::Subcommand;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};
use tacit_w3c::model::{self, MAX_DOCUMENT_BYTES};

pub use place::IssuerPlace;
pub use serve::{ServeArgs, serve};
pub use trust::Trust;

use crate::cli::node::stop_signal;
use crate::cli::run::Context;
use crate::errors::ApiResult;
use crate::files;
use crate::w3c::problem::Problem;
use crate::w3c::service::Service;

/// Commands for the W3C's formats.
#[derive(Debug, Subcommand)]
pub enum W3cCommand {
    /// Sign a credential document with an issuer's key.
    #[command(
        after_help = "Example: tacit w3c issue --dir issuer degree.json --out degree.vc.json"
    )]
    Issue(issue::IssueArgs),
    /// Sign a presentation document with an organisation's key.
    #[command(
        after_help = "Example: tacit w3c present --dir issuer presentation.json --challenge 3f2a --out presentation.vp.json"
    )]
    Present(present::PresentArgs),
    /// Verify a credential or presentation of anybody.
    #[command(after_help = "Example: tacit w3c verify degree.vc.json --net net")]
    Verify(verify::VerifyArgs),
    /// Revoke a credential, or suspend and resume it: by the status entries in it.
    #[command(
        after_help = "Examples:\n  tacit w3c status --dir issuer --net net degree.vc.json --set revocation\n  tacit w3c \
                      status --dir issuer degree.vc.json --clear suspension"
    )]
    Status(status::StatusArgs),
    /// Show the DID document of a DID, or what a DID URL names.
    #[command(after_help = "Example: tacit w3c resolve did:key:z6Mk… ")]
    Resolve(resolve::ResolveArgs),
    /// Show the issuer's own DID document, to be published for a did:web.
    #[command(after_help = "Example: tacit w3c did --dir issuer --did web:issuer.example")]
    Did(IssuerPlace),
    /// Serve all of it over HTTP, as the VC API names it, with a DID resolver.
    #[command(
        after_help = "Examples:\n  tacit w3c serve --net net\n  tacit w3c serve --dir issuer --net net --did \
                      web:issuer.example --url https://issuer.example"
    )]
    Serve(ServeArgs),
}

/// A document that was signed.
#[derive(Debug, Serialize)]
pub struct Signed {
    file: PathBuf,
    by: String,
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signed by {}: {}", self.by, self.file.display())
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: W3cCommand, context: &Context) -> ApiResult<()> {
    let output = context.output;
    match command {
        W3cCommand::Issue(args) => output.result(&issue::issue(&args).await?, Signed::to_string),
        W3cCommand::Present(args) => {
            output.result(&present::present(&args).await?, Signed::to_string)
        }
        W3cCommand::Verify(args) => {
            output.result(&verify::verify(&args).await?, verify::Said::to_string)
        }
        W3cCommand::Status(args) => {
            output.result(&status::status(&args).await?, status::StatusSet::to_string)
        }
        W3cCommand::Resolve(args) => {
            let document = resolve::resolve(&args).await?;
            output.result(&document, |document| format!("{document:#}"))
        }
        W3cCommand::Did(place) => {
            let document = place.issuer().await?.identity().document();
            output.result(&document, |document| format!("{document:#}"))
        }
        W3cCommand::Serve(args) => serve(&args, context, stop_signal()).await,
    }
}

fn document(path: &Path) -> ApiResult<Value> {
    let bytes = files::read(path, MAX_DOCUMENT_BYTES as u64)?;
    model::read(&bytes).map_err(|error| Problem::from(error).into())
}

fn write(path: &Path, document: &Value) -> ApiResult<()> {
    files::write_atomic(path, format!("{document:#}\n").as_bytes())
}

fn signed(service: &Service, out: &Path) -> ApiResult<Signed> {
    Ok(Signed {
        file: out.to_owned(),
        by: service.issuer()?.identity().did().to_owned(),
    })
}
