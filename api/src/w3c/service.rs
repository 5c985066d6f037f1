//! The service: bounded work, with keys, lists and time gathered before it begins.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tacit_identity::did::{DereferenceOptions, Dereferenced, Options, Resolution};
use tacit_w3c::context::Contexts;
use tacit_w3c::status::{self, Entry, FetchedList};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::issuer::Issuer;
use super::lists::{GivenLists, ListKind, Lists};
use super::native::Natives;
use super::options::{IssueOptions, Purpose, VerifyOptions};
use super::problem::{Outcome, Problem};
use super::resolver::{Places, Resolver};
use super::status::Update;
use super::values;
use super::verify::{Known, Report};
use crate::clock::now;
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// Most requests that wait for a processor at the same time.
pub const MAX_WAITING: usize = 64;

/// Longest that a request waits for a processor.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Most status lists that are gathered for one document.
const MAX_LISTS: usize = 16;

/// What a document is meant to be. The rules decide whether it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A credential.
    Credential,
    /// A presentation.
    Presentation,
}

/// What other people's hosts can be the reason for.
const HOST_REASONS: [&str; 2] = [reason::HOST_NOT_LISTED.code, reason::HOST_UNUSABLE.code];

/// Verifies, issues and resolves. Cheap to share.
pub struct Service {
    contexts: Arc<Contexts>,
    resolver: Resolver,
    lists: Lists,
    issuer: Option<Arc<Issuer>>,
    places: Arc<Semaphore>,
    processors: Arc<Semaphore>,
}

impl Service {
    /// A service. Keys of others are found in `places`, their status lists in `lists`; without an issuer nothing is issued.
    ///
    /// # Errors
    /// Only when the binary's own contexts were changed.
    pub fn new(mut places: Places, lists: Lists, issuer: Option<Arc<Issuer>>) -> ApiResult<Self> {
        places.own = issuer.as_ref().and_then(|issuer| {
            let identity = issuer.identity();
            let document = identity.document().to_string().into_bytes();
            Some((identity.web_url()?, document))
        });
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            contexts: Arc::new(Contexts::bundled().map_err(ApiError::internal)?),
            resolver: Resolver::new(places),
            lists,
            issuer,
            places: Arc::new(Semaphore::new(MAX_WAITING)),
            processors: Arc::new(Semaphore::new(processors)),
        })
    }

    /// The issuer, when this service issues.
    ///
    /// # Errors
    /// ISSUING_NOT_HERE.
    pub fn issuer(&self) -> ApiResult<&Arc<Issuer>> {
        let missing = || ApiError::plain(&reason::ISSUING_NOT_HERE);
        self.issuer.as_ref().ok_or_else(missing)
    }

    /// Resolves a DID, with the proof for a `did:tacit`.
    ///
    /// # Errors
    /// SERVER_BUSY. Everything else is in the result.
    pub async fn resolve(&self, did: String, options: Options) -> ApiResult<Resolution> {
        self.resolver.resolve(did, options).await
    }

    /// What a DID URL leads to.
    ///
    /// # Errors
    /// SERVER_BUSY. Everything else is in the result.
    pub async fn dereference(
        &self,
        url: String,
        options: DereferenceOptions,
    ) -> ApiResult<Dereferenced> {
        self.resolver.dereference(url, options).await
    }

    /// Verifies a credential, or a presentation and every credential in it.
    ///
    /// # Errors
    /// [`Problem`] with the first thing that is wrong.
    pub async fn verify(
        &self,
        what: What,
        document: Value,
        options: VerifyOptions,
    ) -> Outcome<Report> {
        let mut methods = self.resolver.methods_of(&document).await?;
        let lists = match options.status {
            true => self.lists_of(&document, &options.lists).await?,
            false => BTreeMap::new(),
        };
        for list in lists.values() {
            match self.resolver.methods_of(&list.document).await {
                Ok(more) => methods.extend(more),
                // Who signed a list cannot be asked about it: the status is unknown, the credential is none the worse.
                Err(error) if HOST_REASONS.contains(&error.code()) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let natives = match options.status {
            true => {
                let held = values(document.get("verifiableCredential")).iter();
                let chain = self.resolver.chain().map(Arc::as_ref);
                Natives::gather(chain, held.chain([&document])).await?
            }
            false => Natives::default(),
        };
        let contexts = Arc::clone(&self.contexts);
        self.run(move || {
            let known = Known {
                contexts: &contexts,
                methods: &methods,
                lists: &lists,
                natives: &natives,
                now: now(),
            };
            match what {
                What::Credential => known.credential(document, &options),
                What::Presentation => known.presentation(document, &options),
            }
        })
        .await
    }

    /// The lists that a document's credentials name, as far as they can be had.
    async fn lists_of(
        &self,
        document: &Value,
        given: &GivenLists,
    ) -> Outcome<BTreeMap<String, FetchedList>> {
        let held = values(document.get("verifiableCredential")).iter();
        let statuses = held
            .chain([document])
            .flat_map(|credential| values(credential.get("credentialStatus")));
        let urls: BTreeSet<String> = statuses
            .filter_map(|status| Some(Entry::parse(status).ok()?.list))
            .collect();
        // Left out, a list that says that a credential is revoked would only be missing.
        if urls.len() > MAX_LISTS {
            let what = format!("names more than {MAX_LISTS} status lists");
            return Err(ApiError::bad_field("credentialStatus", what).into());
        }
        let mut lists = BTreeMap::new();
        for url in urls {
            if let Some(list) = self.list_at(&url, given).await? {
                lists.insert(url, list);
            }
        }
        Ok(lists)
    }

    /// A list of this issuer, or of another one.
    async fn list_at(&self, url: &str, given: &GivenLists) -> Outcome<Option<FetchedList>> {
        let own = self.issuer.as_ref();
        let own = own.and_then(|issuer| Some((issuer, issuer.list_of(url)?)));
        match own {
            Some((issuer, list)) if list.kind == ListKind::Bitstring => {
                let place = (list.purpose, list.number);
                match issuer.bitstring(place, &self.contexts).await {
                    Ok(document) => Ok(Some(FetchedList {
                        document: Value::clone(&document),
                        at: now(),
                    })),
                    Err(error) if error.status() == 404 => Ok(None),
                    Err(error) => Err(error),
                }
            }
            _ => {
                let found = self.lists.find(ListKind::Bitstring, url, given).await;
                Ok(found.map(|found| FetchedList {
                    // What is no JSON does not verify.
                    document: status::read(&found.content).unwrap_or_default(),
                    at: found.at,
                }))
            }
        }
    }

    /// Issues a credential.
    ///
    /// # Errors
    /// [`Problem`]: this service does not issue, or the document breaks a rule.
    pub async fn issue(&self, document: Value, options: IssueOptions) -> Outcome<Value> {
        let issuer = Arc::clone(self.issuer()?);
        let document = issuer.named(document);
        let mut document = {
            let (contexts, document) = (Arc::clone(&self.contexts), document);
            self.run(move || Issuer::check(document, &contexts)).await?
        };
        if !options.status.is_empty() {
            // A leaf is taken only for what can be signed.
            let mut sample = document.clone();
            issuer.add_sample_status(&mut sample, &options.status);
            self.sign(&issuer, sample, &options).await?;
            issuer.add_status(&mut document, &options.status).await?;
        }
        self.sign(&issuer, document, &options).await
    }

    async fn sign(
        &self,
        issuer: &Arc<Issuer>,
        document: Value,
        options: &IssueOptions,
    ) -> Outcome<Value> {
        let (issuer, contexts) = (Arc::clone(issuer), Arc::clone(&self.contexts));
        let options = options.clone();
        self.run(move || issuer.sign(document, &options, now(), &contexts))
            .await
    }

    /// Signs a presentation with the issuer's key.
    ///
    /// # Errors
    /// [`Problem`]: this service does not sign, or the document breaks a rule.
    pub async fn present(&self, document: Value, options: IssueOptions) -> Outcome<Value> {
        let issuer = Arc::clone(self.issuer()?);
        let contexts = Arc::clone(&self.contexts);
        self.run(move || issuer.present(document, &options, now(), &contexts))
            .await
    }

    /// Sets or clears a status of a credential of this issuer.
    ///
    /// # Errors
    /// [`Problem`]: not an entry of this issuer's lists, or a revocation that is to be taken back.
    pub async fn set_status(&self, update: &Update) -> Outcome<()> {
        self.issuer()?.set_status(update).await
    }

    /// A Bitstring Status List, signed.
    ///
    /// # Errors
    /// [`Problem`]: there is no such list, or the chain cannot be read.
    pub async fn list(&self, purpose: &str, number: &str) -> Outcome<Arc<Value>> {
        let (issuer, place) = self.place(ListKind::Bitstring, purpose, number)?;
        issuer.bitstring(place, &self.contexts).await
    }

    /// A Token Status List, signed.
    ///
    /// # Errors
    /// As [`Service::list`].
    pub async fn token_list(&self, purpose: &str, number: &str) -> Outcome<Arc<String>> {
        let (issuer, place) = self.place(ListKind::Token, purpose, number)?;
        issuer.token(place).await
    }

    fn place(
        &self,
        kind: ListKind,
        purpose: &str,
        number: &str,
    ) -> Outcome<(&Arc<Issuer>, (Purpose, u32))> {
        let missing = || Problem::new(&reason::NOT_FOUND, "there is no such status list");
        let issuer = self.issuer.as_ref().ok_or_else(missing)?;
        let list = issuer.list_of(&issuer.list_url(kind, purpose, number));
        let list = list.ok_or_else(missing)?;
        Ok((issuer, (list.purpose, list.number)))
    }

    /// Contexts that documents may name.
    pub(super) fn contexts(&self) -> Arc<Contexts> {
        Arc::clone(&self.contexts)
    }

    /// Where documents of DIDs are looked for.
    pub(super) fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// Where status lists of other issuers are looked for.
    pub(super) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// Runs work on a thread of its own, so many at a time as there are processors.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let turn = self.turn().await?;
        // The work keeps its turn also when nobody waits for its result any more.
        tokio::task::spawn_blocking(move || {
            let _held = turn;
            work()
        })
        .await
        .map_err(ApiError::internal)?
    }

    /// A place, and then a processor, for as long as it is held.
    pub(super) async fn turn(&self) -> ApiResult<Turn> {
        let busy = || ApiError::plain(&reason::SERVER_BUSY).retry_after(Duration::from_secs(1));
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| busy())?;
        let waiting = Arc::clone(&self.processors).acquire_owned();
        match timeout(MAX_WAIT, waiting).await {
            Ok(Ok(processor)) => Ok((place, processor)),
            _ => Err(busy()),
        }
    }
}

/// The right to work now: a place, and a processor.
pub(super) type Turn = (OwnedSemaphorePermit, OwnedSemaphorePermit);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn more_work_than_there_are_places_is_told_to_come_back() {
        let service = Arc::new(Service::new(Places::default(), Lists::default(), None).unwrap());
        let taken = service
            .places
            .clone()
            .acquire_many_owned(u32::try_from(MAX_WAITING).unwrap());
        let taken = taken.await.unwrap();
        let refused = service.run(|| Ok(())).await.unwrap_err();
        assert_eq!(refused.error().code(), "SERVER_BUSY");
        assert_eq!(refused.status(), 503);
        drop(taken);
        service.run(|| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_error_and_frees_its_place() {
        let service = Service::new(Places::default(), Lists::default(), None).unwrap();
        let failed = service
            .run::<()>(|| panic!("on purpose"))
            .await
            .unwrap_err();
        assert_eq!(failed.status(), 500);
        assert_eq!(service.places.available_permits(), MAX_WAITING);
    }

    #[tokio::test]
    async fn without_an_issuer_nothing_is_issued() {
        let service = Service::new(Places::default(), Lists::default(), None).unwrap();
        let refused = service
            .issue(serde_json::json!({}), IssueOptions::default())
            .await;
        assert_eq!(refused.unwrap_err().status(), 403);
        assert_eq!(
            service.list("revocation", "0").await.unwrap_err().status(),
            404
        );
    }
}
