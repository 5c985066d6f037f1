//! Seed, credentials, proofs, documents, endings, the access log.

use tacit_circuits::types::{Category, LeafKind, MemberId, Timestamp};
use tacit_identity::issuance::IssuanceOffer;
use tacit_identity::presentation::{PresentationRequest, ProofTerms};
use tacit_wallet::derive::Counter;
use tacit_wallet::review::Warning;
use tacit_wallet::state::{HeldCredential, Progress};
use tacit_wallet::wallet::Wallet;
use zeroize::Zeroizing;

use super::args::{
    ImportArgs, InitArgs, ListArgs, LogArgs, ProveArgs, PutArgs, RequestCredentialArgs, RevokeArgs,
};
use super::results::{
    AccessLine, AccessLog, CredentialAsked, CredentialHeld, CredentialLine, Ended, FoundLine,
    GrantLine, Held, InboxLine, Proved, RecordLine, Stored, VaultBackupLine, WalletMade,
};
use crate::bundle_file::BundleFile;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::holder::Holder;

/// Largest credential or opening file, in bytes.
const MAX_DOCUMENT: u64 = 1 << 20;

/// `wallet init`: makes a wallet.
///
/// # Errors
/// When the folder has a wallet already.
pub fn init(args: &InitArgs) -> ApiResult<WalletMade> {
    let place = &args.place;
    let wallet = Holder::create(
        &place.dir,
        &place.net_dir(),
        &args.persona,
        &place.password().new_one()?,
    )?;
    if let Some(path) = &args.seed_out {
        files::write_secret(path, wallet.seed_text().as_bytes())?;
    }
    Ok(WalletMade {
        chain: wallet.chain(),
        dir: place.dir.clone(),
        warning: wallet.spec().warning(),
    })
}

/// `wallet request-credential`: redeems an offer, or writes the request for an issuer that works by files.
///
/// # Errors
/// When the offer cannot be redeemed. [`reason::PERSONA_LINKED`] when redeeming it would link two personas, and `--yes` is not given:
/// nothing is sent then.
pub async fn request_credential(
    args: &RequestCredentialArgs,
    context: &Context,
) -> ApiResult<CredentialAsked> {
    let link = Zeroizing::new(files::read_text(&args.offer, files::MAX_SMALL_FILE)?);
    let offer =
        IssuanceOffer::from_link(&link).map_err(|error| files::invalid(&args.offer, error))?;
    let work = async |holder: &mut Holder| {
        let found = holder.wallet.offer_warnings(&offer);
        let warnings = found.iter().map(Warning::text).collect::<Vec<_>>();
        if let Some(out) = &args.out {
            let (number, request) = holder.credential_request(&offer)?;
            files::write_secret(out, &request.to_json().map_err(ApiError::internal)?)?;
            return Ok(CredentialAsked {
                number: number.0,
                position: None,
                request: Some(out.clone()),
                warnings,
            });
        }
        // What is sent cannot be taken back, and tells the issuer that both are one person.
        if !args.yes && found.iter().any(Warning::links_personas) {
            return Err(ApiError::new(&reason::PERSONA_LINKED, warnings.join("; ")));
        }
        let number = holder.request_credential(&offer).await?;
        let position = holder
            .wallet
            .credential(number)?
            .issued
            .as_ref()
            .map(|issued| issued.position);
        Ok(CredentialAsked {
            number: number.0,
            position,
            request: None,
            warnings,
        })
    };
    args.place.work(context, work).await
}

/// `wallet import`: takes in a credential that came as files.
///
/// # Errors
/// When it is not for this wallet or does not check.
pub async fn import(args: &ImportArgs, context: &Context) -> ApiResult<CredentialHeld> {
    let credential = files::read(&args.credential, MAX_DOCUMENT)?;
    let opening = Zeroizing::new(files::read(&args.opening, MAX_DOCUMENT)?);
    let work = async |holder: &mut Holder| {
        let number = holder.import(&credential, &opening).await?;
        let issued = holder.wallet.credential(number)?.issued.as_ref();
        let missing = || ApiError::plain(&reason::CREDENTIAL_MISSING);
        Ok(CredentialHeld {
            number: number.0,
            position: issued.ok_or_else(missing)?.position,
        })
    };
    args.place.work(context, work).await
}

/// `wallet prove`: proves facts, in a bundle.
///
/// # Errors
/// When a fact does not hold, or no credential fits.
pub async fn prove(args: &ProveArgs, context: &Context) -> ApiResult<Proved> {
    let verifier = args
        .to
        .parse()
        .map_err(|_| ApiError::plain(&reason::DID_INVALID))?;
    let work = async |holder: &mut Holder| {
        holder.sync()?;
        let held = credential(holder, args.credential)?;
        let (number, issuer) = (held.counter, held.issuer);
        let issued = held
            .live()
            .ok_or_else(|| ApiError::plain(&reason::CREDENTIAL_REVOKED))?;
        let schema = tacit_identity::credential::Credential::parse(issued.credential.as_bytes())
            .and_then(|credential| credential.schema_id())
            .map_err(|error| ApiError::new(&reason::CREDENTIAL_INVALID, error.to_string()))?;
        let mut issuers = args
            .issuers
            .iter()
            .map(|id| {
                MemberId::new(*id)
                    .map_err(|_| ApiError::bad_field("issuers", "members are numbered from 1"))
            })
            .collect::<ApiResult<Vec<_>>>()?;
        issuers.push(issuer);
        issuers.sort_unstable();
        issuers.dedup();
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(ApiError::internal)?;
        let request = PresentationRequest {
            chain: holder.wallet.chain().0,
            verifier,
            terms: ProofTerms {
                label: args.label.clone(),
                schema,
                issuers,
                query: args.predicates.clone(),
                oldest_anchor: Timestamp(0),
            },
            channel: None,
            nonce,
            expires: holder
                .wallet
                .newest_time()
                .saturating_add(args.valid.secs()),
        };
        request
            .terms
            .query()
            .map_err(|error| ApiError::new(&reason::PREDICATE_INVALID, error.to_string()))?;
        let warnings = holder.wallet.presentation_warnings(number, &request)?;
        let bar = context.output.spinner("proving");
        let (bundled, took) = holder.prove_bundle(number, request)?;
        bar.finish_and_clear();
        let file = BundleFile::new(&bundled.presentation, &bundled.bundle).to_json()?;
        files::write_secret(&args.out, &file)?;
        Ok(Proved {
            file: args.out.clone(),
            bytes: file.len(),
            height: bundled.bundle.public.anchor.height,
            time: bundled.bundle.public.anchor.time,
            prove_ms: took.as_millis(),
            warnings: warnings.iter().map(Warning::text).collect(),
            warning: holder.wallet.spec().warning(),
        })
    };
    args.place.work(context, work).await
}

/// `wallet put`: keeps a document.
///
/// # Errors
/// When a step fails; the command can be run again.
pub async fn put(args: &PutArgs, context: &Context) -> ApiResult<Stored> {
    let category = Category::from_slug(&args.category).ok_or_else(|| {
        ApiError::bad_field("category", "no category of the vocabulary has this name")
    })?;
    let name = || {
        args.document
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let title = if args.title.is_empty() {
        name()
    } else {
        args.title.clone()
    };
    let work = async |holder: &mut Holder| {
        let (number, position) = holder.put(&args.document, &title, category).await?;
        let object = holder.wallet.record(number)?.object;
        Ok(Stored {
            number: number.0,
            position,
            object: object.id.to_string(),
            bytes: object.object_length,
        })
    };
    args.place.work(context, work).await
}

/// `wallet revoke`: ends a grant, a credential or a document.
///
/// # Errors
/// When it is not on the chain, or no longer.
pub async fn end(args: &RevokeArgs, context: &Context) -> ApiResult<Ended> {
    let work = async |holder: &mut Holder| {
        if let Some(number) = args.what.record {
            let erased = holder.erase(Counter(number)).await?;
            return Ok(Ended {
                what: "record",
                number,
                height: erased.height,
                erasure_statement: Some(erased.statement),
            });
        }
        let (what, number) = match (args.what.grant, args.what.credential, args.what.leaf) {
            (Some(number), ..) => ("grant", number),
            (_, Some(number), _) => ("credential", number),
            (.., Some(number)) => ("leaf", number),
            _ => return Err(ApiError::plain(&reason::USAGE)),
        };
        // Looked up first, so that a grant's number never ends a credential.
        match what {
            "grant" => drop(holder.wallet.grant(Counter(number))?),
            "leaf" => drop(holder.found(Counter(number))?),
            _ => drop(holder.wallet.credential(Counter(number))?),
        }
        let height = holder.end(Counter(number)).await?;
        Ok(Ended {
            what,
            number,
            height,
            erasure_statement: None,
        })
    };
    args.place.work(context, work).await
}

/// `wallet log`: who read what.
///
/// # Errors
/// When the chain cannot be read.
pub async fn log(args: &LogArgs, context: &Context) -> ApiResult<AccessLog> {
    let work = async |holder: &mut Holder| {
        holder.sync()?;
        let rows = holder.wallet.access_log();
        let accesses = rows.iter().map(|row| AccessLine {
            height: row.height,
            time: row.time,
            platform: row.grantee,
            platform_name: row.grantee_name.to_owned(),
            document: row.title.to_owned(),
            grant: row.grant.0,
            purpose: row.purpose.slug(),
            number: row.number,
            max_uses: row.max_uses,
        });
        Ok(AccessLog {
            accesses: accesses.collect(),
        })
    };
    args.place.work(context, work).await
}

/// `wallet list`: everything the wallet has.
///
/// # Errors
/// When the chain cannot be read.
pub async fn list(args: &ListArgs, context: &Context) -> ApiResult<Held> {
    let mut holder = args.place.open(context).await?;
    holder.sync()?;
    holder.keep().await;
    let wallet = &holder.wallet;
    Ok(Held {
        chain: wallet.chain(),
        persona: wallet.persona().name.as_str().to_owned(),
        generation: wallet.generation().get(),
        time: wallet.newest_time(),
        warning: wallet.spec().warning(),
        credentials: wallet.credentials().iter().map(credential_line).collect(),
        records: wallet
            .records()
            .iter()
            .map(|record| RecordLine {
                number: record.counter.0,
                title: record.title.as_str().to_owned(),
                category: record.category.slug(),
                position: record.progress.position(),
                state: progress(&record.progress),
            })
            .collect(),
        grants: wallet
            .grants()
            .iter()
            .map(|grant| GrantLine {
                number: grant.counter.0,
                platform: grant.terms.grantee,
                platform_name: grant.grantee_name.as_str().to_owned(),
                record: grant.terms.record.0,
                purpose: grant.terms.purpose.slug(),
                not_after: grant.terms.not_after,
                max_uses: grant.terms.max_uses,
                position: grant.progress.position(),
                state: progress(&grant.progress),
            })
            .collect(),
        found: found_lines(wallet),
        vault_backup: wallet.slot().map(|slot| VaultBackupLine {
            vault: slot.vault,
            revision: slot.stored.map(|version| version.revision.0),
            up_to_date: !slot.dirty,
        }),
        inboxes: wallet
            .inboxes()
            .iter()
            .map(|inbox| InboxLine {
                number: inbox.number,
                label: inbox.label.as_str().to_owned(),
                vault: inbox.vault,
            })
            .collect(),
    })
}

/// Leaves of which only the seed is left.
pub(super) fn found_lines(wallet: &Wallet) -> Vec<FoundLine> {
    let lines = wallet.found().iter().map(|found| FoundLine {
        number: found.counter.0,
        kind: kind(found.kind),
        position: found.position,
        ended: found.ended,
    });
    lines.collect()
}

fn credential_line(held: &HeldCredential) -> CredentialLine {
    let state = match &held.issued {
        None => "requested",
        Some(issued) if issued.ended => "revoked",
        Some(issued) if issued.confirmed => "live",
        Some(_) => "unconfirmed",
    };
    let position = held.issued.as_ref().map(|issued| issued.position);
    CredentialLine {
        number: held.counter.0,
        generation: held.generation.get(),
        issuer: held.issuer,
        position,
        state,
    }
}

fn kind(kind: LeafKind) -> &'static str {
    match kind {
        LeafKind::Credential => "credential",
        LeafKind::Record => "record",
        LeafKind::Grant => "grant",
        LeafKind::Certificate => "certificate",
    }
}

fn progress(progress: &Progress) -> &'static str {
    match progress {
        Progress::Planned => "planned",
        Progress::Sent(_) => "sent",
        Progress::Claimed(..) => "unconfirmed",
        Progress::Final(_) => "live",
        Progress::Ended(_) => "ended",
    }
}

/// The credential with a number, or the newest live one.
pub(super) fn credential(holder: &Holder, number: Option<u32>) -> ApiResult<&HeldCredential> {
    match number {
        Some(number) => Ok(holder.wallet.credential(Counter(number))?),
        None => {
            let live = holder
                .wallet
                .credentials()
                .iter()
                .rev()
                .find(|held| held.live().is_some());
            let revoked =
                |held: &HeldCredential| held.issued.as_ref().is_some_and(|issued| issued.ended);
            live.ok_or_else(|| {
                let any = holder.wallet.credentials().iter().any(revoked);
                ApiError::plain(if any {
                    &reason::CREDENTIAL_REVOKED
                } else {
                    &reason::CREDENTIAL_MISSING
                })
            })
        }
    }
}
