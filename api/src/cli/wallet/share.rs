//! Contacts, requests and their answers.

use std::path::PathBuf;
use tacit_circuits::types::CategorySet;
use tacit_identity::presentation::ProofTerms;
use tacit_identity::request::{DenialReason, RequestId};
use tacit_identity::schema::Schema;
use tacit_wallet::derive::Counter;
use tacit_wallet::review::{Review, Warning};
use tacit_wallet::share::Choice;
use tacit_wallet::state::{Answer, Decision, HeldCredential};

use super::args::{ApproveArgs, ContactArgs, DenyArgs, RequestsArgs, WhichRequest};
use super::manage::credential;
use super::results::{Answered, ContactMade, RequestLine, Requests};
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::holder::Holder;

/// `wallet contact`: makes a new address for one platform.
///
/// # Errors
/// When there is no vault.
pub async fn contact(args: &ContactArgs, context: &Context) -> ApiResult<ContactMade> {
    let work = async |holder: &mut Holder| {
        let invitation = holder.contact(&args.label)?;
        files::write_secret(&args.out, invitation.to_string().as_bytes())?;
        Ok(ContactMade {
            label: args.label.clone(),
            file: args.out.clone(),
        })
    };
    args.place.work(context, work).await
}

/// `wallet requests`: what waits for an answer.
///
/// # Errors
/// When node or vault do not answer.
pub async fn requests(args: &RequestsArgs, context: &Context) -> ApiResult<Requests> {
    let work = async |holder: &mut Holder| {
        if let Some(path) = &args.file {
            holder.receive(&files::read_text(path, files::MAX_SMALL_FILE)?)?;
        }
        let reviews = holder.requests().await?;
        Ok(Requests {
            requests: reviews.iter().map(line).collect(),
        })
    };
    args.place.work(context, work).await
}

/// `wallet approve`: gives what was asked, or less.
///
/// # Errors
/// When a step fails; the command can be run again and goes on where it was.
pub async fn approve(args: &ApproveArgs, context: &Context) -> ApiResult<Answered> {
    let work = async |holder: &mut Holder| {
        let (id, review) = which(holder, &args.which, Step::Approve).await?;
        let choice = match review {
            Some(review) => choice(holder, args, &review)?,
            // Approved before: the wallet keeps its first decision, whatever is chosen now.
            None => earlier(holder, id, args.credential)?,
        };
        let answered = holder.approve(id, &choice).await?;
        let file = write_answer(args.out.clone(), answered.file)?;
        Ok(Answered {
            request: id,
            approved: true,
            reason: None,
            grant: answered.grant.map(|number| number.0),
            prove_ms: answered.proving.map(|took| took.as_millis()),
            file,
        })
    };
    args.place.work(context, work).await
}

/// `wallet deny`: gives nothing, and says why.
///
/// # Errors
/// When the request was approved before, or the vault does not answer.
pub async fn deny(args: &DenyArgs, context: &Context) -> ApiResult<Answered> {
    let why = DenialReason::from_slug(&args.reason).ok_or_else(|| {
        let known: Vec<&str> = DenialReason::ALL
            .iter()
            .map(|reason| reason.slug())
            .collect();
        ApiError::bad_field("reason", format!("one of: {}", known.join(", ")))
    })?;
    let work = async |holder: &mut Holder| {
        let (id, _) = which(holder, &args.which, Step::Deny).await?;
        let answered = holder.deny(id, why).await?;
        let file = write_answer(args.out.clone(), answered.file)?;
        Ok(Answered {
            request: id,
            approved: false,
            reason: Some(why.slug()),
            grant: None,
            prove_ms: None,
            file,
        })
    };
    args.place.work(context, work).await
}

/// The request that is meant, and its review when it waits for an answer.
async fn which(
    holder: &mut Holder,
    asked: &WhichRequest,
    step: Step,
) -> ApiResult<(RequestId, Option<Review>)> {
    let reviews = holder.requests().await?;
    let unknown = || ApiError::new(&reason::WALLET_UNKNOWN, "no request waits that fits");
    let id = match &asked.id {
        None => latest(holder, &reviews, step).ok_or_else(unknown)?,
        Some(prefix) => {
            let mut fitting: Vec<RequestId> = reviews.iter().map(|review| review.id).collect();
            fitting.extend(holder.wallet.answers().iter().map(|answer| answer.to.id));
            fitting.retain(|id| id.to_string().starts_with(prefix.as_str()));
            fitting.sort_unstable_by_key(|id| id.0);
            fitting.dedup();
            let [id] = fitting[..] else {
                return Err(unknown());
            };
            id
        }
    };
    Ok((id, reviews.into_iter().find(|review| review.id == id)))
}

/// The request that `--latest` means. A step that was cut off goes first, so that the same command again goes on with it and
/// never says yes to another request; when nothing waits, it is the one that was answered so last.
fn latest(holder: &Holder, reviews: &[Review], step: Step) -> Option<RequestId> {
    let now = holder.wallet.newest_time();
    let answered = |open: bool| {
        let fits = move |answer: &&Answer| {
            step.is(&answer.decision) && (!open || (!answer.delivered && answer.to.expiry > now))
        };
        let answers = holder.wallet.answers().iter().filter(fits);
        answers.max_by_key(|answer| answer.to.expiry)
    };
    let cut_off = answered(true).map(|answer| answer.to.id);
    let waiting = || reviews.iter().max_by_key(|review| review.expires);
    cut_off
        .or_else(|| waiting().map(|review| review.id))
        .or_else(|| answered(false).map(|answer| answer.to.id))
}

/// What a command says to a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Approve,
    Deny,
}

impl Step {
    fn is(self, decision: &Decision) -> bool {
        match decision {
            Decision::Approved { .. } => self == Self::Approve,
            Decision::Denied(_) => self == Self::Deny,
        }
    }
}

fn choice(holder: &Holder, args: &ApproveArgs, review: &Review) -> ApiResult<Choice> {
    let nothing = || {
        ApiError::new(
            &reason::REQUEST_CHOICE,
            "no document of a category asked for: tacit wallet put",
        )
    };
    let record = args
        .record
        .map(Counter)
        .or_else(|| review.fitting.last().copied())
        .ok_or_else(nothing)?;
    // No more than the document's own category.
    let categories = CategorySet::EMPTY.with(holder.wallet.record(record)?.category);
    let credential = match &review.wanted {
        Some(terms) => Some(fitting(holder, args.credential, terms)?),
        None => None,
    };
    Ok(Choice {
        record,
        categories,
        validity_secs: args
            .validity
            .map_or(review.longest_validity, |validity| validity.secs()),
        max_uses: args.uses.unwrap_or(review.max_uses),
        credential,
    })
}

/// The credential that was named, else the newest that the wanted facts may be proven from.
fn fitting(holder: &Holder, named: Option<u32>, wanted: &ProofTerms) -> ApiResult<Counter> {
    if named.is_some() {
        return Ok(credential(holder, named)?.counter);
    }
    let fits = |held: &&HeldCredential| {
        let schema = held
            .live()
            .and_then(|issued| Schema::parse(issued.schema.as_bytes()).ok());
        let same = schema.is_some_and(|schema| schema.id().is_ok_and(|id| id == wanted.schema));
        same && wanted.issuers.contains(&held.issuer)
    };
    let found = holder.wallet.credentials().iter().rev().find(fits);
    found
        .map(|held| held.counter)
        .ok_or_else(|| ApiError::plain(&reason::CREDENTIAL_MISSING))
}

fn earlier(holder: &Holder, id: RequestId, credential: Option<u32>) -> ApiResult<Choice> {
    let grant = holder
        .wallet
        .grants()
        .iter()
        .find(|grant| grant.request == id);
    let grant = grant.ok_or_else(|| {
        ApiError::new(
            &reason::REQUEST_ALREADY_ANSWERED,
            "the request was denied before",
        )
    })?;
    let terms = &grant.terms;
    Ok(Choice {
        record: terms.record,
        categories: terms.categories,
        validity_secs: terms.not_after.0.saturating_sub(terms.not_before.0),
        max_uses: terms.max_uses,
        credential: credential.map(Counter),
    })
}

fn write_answer(out: Option<PathBuf>, sealed: Option<Vec<u8>>) -> ApiResult<Option<PathBuf>> {
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let missing = || {
        ApiError::new(
            &reason::USAGE,
            "the request came as a file: give --out FILE for the sealed answer",
        )
    };
    let out = out.ok_or_else(missing)?;
    files::write_secret(&out, &sealed)?;
    Ok(Some(out))
}

fn line(review: &Review) -> RequestLine {
    RequestLine {
        id: review.id,
        platform: review.platform,
        platform_name: review.platform_name.clone(),
        purpose: review.purpose.slug(),
        categories: review
            .categories
            .iter()
            .map(|category| category.slug())
            .collect(),
        longest_validity_secs: review.longest_validity,
        max_uses: review.max_uses,
        wanted: review.wanted.as_ref().map(|wanted| wanted.query.clone()),
        expires: review.expires,
        fitting: review.fitting.iter().map(|number| number.0).collect(),
        warnings: review.warnings.iter().map(Warning::text).collect(),
    }
}
