//! `tacit wallet present`: a credential in plain, for software that reads no proofs.

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::path::PathBuf;
use tacit_identity::datetime::DateTime;
use tacit_identity::proof::ProofSigner;
use tacit_w3c::context::{CREDENTIALS_V2, Contexts};
use tacit_w3c::integrity::{ProofOptions, Purpose, Suite};
use tacit_w3c::model;
use tacit_wallet::review::Warning;

use super::args::WalletPlace;
use super::manage::credential;
use crate::cli::run::Context;
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::files;
use crate::holder::Holder;
use crate::w3c::problem::Problem;

/// Arguments of `wallet present`.
#[derive(Clone, Debug, Args)]
pub struct PresentArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// The credential, by its number in the wallet; the newest when left out.
    #[arg(long)]
    pub credential: Option<u32>,
    /// The verifier's challenge.
    #[arg(long)]
    pub challenge: String,
    /// The verifier: the domain that its request names.
    #[arg(long)]
    pub domain: String,
    /// File to write the presentation to.
    #[arg(long)]
    pub out: PathBuf,
}

/// A presentation that was made.
#[derive(Debug, Serialize)]
pub struct Presented {
    /// The presentation's file.
    pub file: PathBuf,
    /// The subject's DID, which signed it.
    pub holder: String,
    /// What handing it over would link.
    pub warnings: Vec<String>,
}

impl fmt::Display for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signed by {}: {}", self.holder, self.file.display())?;
        for warning in &self.warnings {
            write!(f, "\n  note: {warning}")?;
        }
        Ok(())
    }
}

/// `wallet present`: shows a credential whole, signed by the key of its subject for one verifier and one challenge.
///
/// # Errors
/// When no credential fits, or it is ended.
pub async fn present(args: &PresentArgs, context: &Context) -> ApiResult<Presented> {
    let work = async |holder: &mut Holder| {
        holder.sync()?;
        let number = credential(holder, args.credential)?.counter;
        let presentable = holder.wallet.presentable(number)?;
        let signed: Value = model::read(presentable.credential).map_err(Problem::from)?;
        let subject = ProofSigner::did(&presentable.subject);
        let document = json!({
            "@context": [CREDENTIALS_V2],
            "type": ["VerifiablePresentation"],
            "holder": subject,
            "verifiableCredential": [signed],
        });
        let now = DateTime::try_from(clock::now()).map_err(ApiError::internal)?;
        let mut proof = ProofOptions::new(Suite::EddsaJcs2022, Purpose::Authentication, now);
        proof.challenge = Some(args.challenge.clone());
        proof.domain = vec![args.domain.clone()];
        let contexts = Contexts::bundled().map_err(ApiError::internal)?;
        let presented = model::present(document, &proof, &presentable.subject, &contexts);
        let presented = presented.map_err(Problem::from)?;
        let warnings = holder.wallet.plain_warnings(&args.domain);
        holder.wallet.note_plain(&args.domain)?;
        files::write_secret(&args.out, format!("{presented:#}\n").as_bytes())?;
        Ok(Presented {
            file: args.out.clone(),
            holder: subject,
            warnings: warnings.iter().map(Warning::text).collect(),
        })
    };
    args.place.work(context, work).await
}
