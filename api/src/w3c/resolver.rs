//! DID documents and the keys in them, by the resolver of `tacit-identity`: members from the chain, with the proof for whoever asks
//! for the result; documents of web servers from a folder, or from hosts that the operator has listed.
//!
//! Resolving is pure and waits for no host: what it wants of them is noted, fetched, and then it is done again.

use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tacit_identity::datetime::DateTime;
use tacit_identity::did::{
    self, DereferenceOptions, Dereferenced, MemberDid, MemberState, Options, Resolution, Sources,
    Unavailable,
};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::ids::Height;
use tacit_ledger::keys;
use tacit_ledger::member::MemberRecord;
use tacit_w3c::integrity::{MAX_PROOFS, MethodResolver, VerificationMethod};
use tacit_w3c::model::MAX_VALUES;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::bundle_file;
use crate::clock;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::follower::Follower;
use crate::hosts::{Hosts, Kind};
use crate::resolve;
use crate::w3c::folder::file_of;
use crate::w3c::native::fresh;
use crate::w3c::values;

/// The type of the proof of a `did:tacit`.
pub const PROOF_TYPE: &str = "TacitStateBundle";

/// Most members that are looked up on the chain for one document.
const MAX_LOOK_UPS: u32 = 16;

/// Most files that are fetched for one document.
const MAX_FILES: usize = 16;

/// Most versions of a member whose times are looked up: each is a header.
const MAX_TIMES: usize = 64;

/// Most documents whose DIDs are resolved at the same time.
const MAX_AT_ONCE: usize = 32;

/// Finds DID documents. Cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    places: Arc<Places>,
    at_once: Arc<Semaphore>,
}

/// Where documents are looked for.
#[derive(Clone, Default)]
pub struct Places {
    /// The chain, for `did:tacit`.
    pub chain: Option<Arc<Follower>>,
    /// A folder with files of web servers: `HOST/PATH/did.json`, a port after `%3A`.
    pub folder: Option<PathBuf>,
    /// Hosts that are asked for what the folder does not have.
    pub hosts: Option<Arc<Hosts>>,
    /// A file that is known without looking: its https URL and its content.
    pub own: Option<(String, Vec<u8>)>,
}

impl Resolver {
    /// A resolver that looks in these places.
    pub fn new(places: Places) -> Self {
        Self {
            places: Arc::new(places),
            at_once: Arc::new(Semaphore::new(MAX_AT_ONCE)),
        }
    }

    /// The chain, when there is one.
    pub(super) fn chain(&self) -> Option<&Arc<Follower>> {
        self.places.chain.as_ref()
    }

    /// Resolves a DID, with the proof for a `did:tacit`.
    ///
    /// # Errors
    /// SERVER_BUSY. Everything else is in the result.
    pub async fn resolve(&self, did: String, options: Options) -> ApiResult<Resolution> {
        self.run(true, move |resolver, _| resolver.resolve(&did, &options))
            .await
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
        self.run(true, move |resolver, _| {
            resolver.dereference(&url, &options)
        })
        .await
    }

    /// The verification methods that the proofs of a document name, as far as they can be had.
    ///
    /// # Errors
    /// Only when a place cannot be asked: a proof must not be called unknown for that.
    pub async fn methods_of(
        &self,
        document: &Value,
    ) -> ApiResult<BTreeMap<String, VerificationMethod>> {
        let mut urls = BTreeSet::new();
        proofs_of(document, &mut urls);
        let held = values(document.get("verifiableCredential")).iter();
        for credential in held.take(MAX_VALUES) {
            proofs_of(credential, &mut urls);
        }
        if urls.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.run(false, move |resolver, asked| {
            let mut methods = BTreeMap::new();
            let mut failed = None;
            for url in &urls {
                let method = MethodResolver::resolve(&resolver, url);
                // What was missing on the way to a method that was found after all was not needed.
                match (method, asked.failed.take()) {
                    (Some(method), _) => drop(methods.insert(url.clone(), method)),
                    (None, error) => failed = failed.or(error),
                }
            }
            failed.map_or(Ok(methods), Err)
        })
        .await?
    }

    /// Runs a resolver on a thread that may wait for the chain; again when there is news from other hosts.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        proofs: bool,
        work: impl Fn(did::Resolver<'_>, &Asked<'_>) -> T + Send + Sync + 'static,
    ) -> ApiResult<T> {
        self.run_in_turns(proofs, || std::future::ready(Ok(())), work)
            .await
    }

    /// The same for heavy work: each run begins with a turn and holds it to its end, but not while hosts are asked.
    pub(crate) async fn run_in_turns<T: Send + 'static, H: Send + 'static, F>(
        &self,
        proofs: bool,
        turn: impl Fn() -> F,
        work: impl Fn(did::Resolver<'_>, &Asked<'_>) -> T + Send + Sync + 'static,
    ) -> ApiResult<T>
    where
        F: Future<Output = ApiResult<H>>,
    {
        let work = Arc::new(work);
        let mut gathered = Gathered::default();
        loop {
            let turn = turn().await?;
            let done;
            (done, gathered) = self.once(proofs, turn, Arc::clone(&work), gathered).await?;
            // What is wanted has not been asked for yet, and only so much of it is: this ends.
            match (std::mem::take(&mut gathered.wanted), &self.places.hosts) {
                (wanted, Some(hosts)) if !wanted.is_empty() => {
                    let fetch = async |url: String| {
                        let fetched = hosts.get(&url, kind_of(&url)).await;
                        let content = fetched.map(|file| file.map(|file| file.content.to_vec()));
                        (url, content)
                    };
                    let fetched = futures::future::join_all(wanted.into_iter().map(fetch)).await;
                    gathered.files.extend(fetched);
                }
                _ => return Ok(done),
            }
        }
    }

    async fn once<T: Send + 'static>(
        &self,
        proofs: bool,
        turn: impl Send + 'static,
        work: Arc<impl Fn(did::Resolver<'_>, &Asked<'_>) -> T + Send + Sync + 'static>,
        gathered: Gathered,
    ) -> ApiResult<(T, Gathered)> {
        let busy = || ApiError::plain(&reason::SERVER_BUSY).retry_after(Duration::from_secs(1));
        let at_once = Arc::clone(&self.at_once);
        let place = at_once.try_acquire_owned().map_err(|_| busy())?;
        let (places, handle) = (Arc::clone(&self.places), Handle::current());
        tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            let asked = Asked {
                places: &places,
                handle,
                proofs,
                gathered: RefCell::new(gathered),
                failed: Cell::new(None),
            };
            let done = work(did::Resolver::new(&asked, clock::now()), &asked);
            (done, asked.gathered.into_inner())
        })
        .await
        .map_err(ApiError::internal)
    }
}

/// What is known for one document, and what is not yet.
#[derive(Default)]
struct Gathered {
    files: BTreeMap<String, ApiResult<Option<Vec<u8>>>>,
    wanted: BTreeSet<String>,
    members: BTreeMap<MemberDid, Option<MemberState>>,
    look_ups: u32,
}

/// The places, while one document is worked on.
pub(crate) struct Asked<'a> {
    places: &'a Places,
    handle: Handle,
    proofs: bool,
    gathered: RefCell<Gathered>,
    failed: Cell<Option<ApiError>>,
}

impl Sources for Asked<'_> {
    fn file(&self, url: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let own = self.places.own.as_ref().filter(|(own, _)| own == url);
        if let Some((_, content)) = own {
            return Ok(Some(content.clone()));
        }
        let folder = self.places.folder.as_deref();
        let path = folder.and_then(|folder| file_of(folder, url));
        if let Some(path) = path.filter(|path| path.is_file()) {
            let read = files::read(&path, kind_of(url).max_bytes() as u64);
            return read.map(Some).map_err(|error| self.failed(error));
        }
        let gathered = &mut *self.gathered.borrow_mut();
        if let Some(file) = gathered.files.get(url) {
            return file.clone().map_err(|error| self.failed(error));
        }
        let Some(hosts) = &self.places.hosts else {
            return Err(Unavailable::NotAsked);
        };
        if !hosts.lists(url) {
            self.failed(ApiError::plain(&reason::HOST_NOT_LISTED));
            return Err(Unavailable::NotAsked);
        }
        if gathered.files.len() + gathered.wanted.len() >= MAX_FILES {
            let what = format!("the document needs more than {MAX_FILES} files of other hosts");
            return Err(self.failed(ApiError::new(&reason::HOST_UNUSABLE, what)));
        }
        gathered.wanted.insert(url.to_owned());
        Err(Unavailable::Now)
    }

    fn member(&self, did: &MemberDid) -> Result<Option<MemberState>, Unavailable> {
        let chain = self.places.chain.as_ref();
        let Some(chain) = chain.filter(|chain| chain.spec().id().0 == did.chain) else {
            return Ok(None);
        };
        let gathered = &mut *self.gathered.borrow_mut();
        if let Some(known) = gathered.members.get(did) {
            return Ok(known.clone());
        }
        if gathered.look_ups == MAX_LOOK_UPS {
            let what = format!("names more than {MAX_LOOK_UPS} members of the chain");
            return Err(self.failed(ApiError::bad_field("proof", what)));
        }
        gathered.look_ups += 1;
        let found = self.handle.block_on(look_up(chain, did, self.proofs));
        let found = found.map_err(|error| self.failed(error))?;
        gathered.members.insert(*did, found.clone());
        Ok(found)
    }
}

impl Asked<'_> {
    /// A result, or why a place could not be asked for it.
    pub(crate) fn or_failed<T>(&self, result: ApiResult<T>) -> ApiResult<T> {
        match self.failed.take() {
            Some(error) => result.map_err(|_| error),
            None => result,
        }
    }

    fn failed(&self, error: ApiError) -> Unavailable {
        self.failed.set(Some(error));
        Unavailable::Now
    }
}

/// A member as the chain has it now, with the proof when it is asked for: in an old state, a key that was taken back still stands.
async fn look_up(chain: &Follower, did: &MemberDid, proof: bool) -> ApiResult<Option<MemberState>> {
    if !proof {
        let proven = chain.state(&keys::member(did.member)).await?;
        fresh(proven.header.header().time.timestamp(), clock::now())?;
        let state = |bytes: Vec<u8>| {
            let record = decode_slice(&bytes).map_err(ApiError::internal)?;
            Ok(MemberState {
                member: resolve::resolved(&record)?,
                since: Vec::new(),
                proof: None,
            })
        };
        return proven.value.map(state).transpose();
    }
    let bundle = chain.state_bundle(keys::member(did.member)).await?;
    let header = chain.header(bundle.state.height()).await?;
    fresh(header.header().time.timestamp(), clock::now())?;
    let Some(value) = bundle.state.value() else {
        return Ok(None);
    };
    let record: MemberRecord = decode_slice(value).map_err(ApiError::internal)?;
    let mut since = Vec::new();
    let past = record.past_keys.0.iter().map(|past| past.from);
    if record.past_keys.0.len() < MAX_TIMES {
        for height in past.chain([record.keys_from]) {
            since.extend(time_of(chain, height).await?);
        }
    }
    let file = String::from_utf8(bundle_file::to_json(&bundle)?).map_err(ApiError::internal)?;
    Ok(Some(MemberState {
        member: resolve::resolved(&record)?,
        since,
        proof: Some(json!({
            "type": PROOF_TYPE,
            "height": bundle.state.height().0,
            "bundle": file
        })),
    }))
}

async fn time_of(chain: &Follower, height: Height) -> ApiResult<Option<DateTime>> {
    let time = chain.header(height).await?.header().time.timestamp();
    Ok(DateTime::try_from(time).ok())
}

/// What stands at a URL of a `did:web` or `did:webvh`, by its end.
fn kind_of(url: &str) -> Kind {
    match url {
        log if log.ends_with(".jsonl") => Kind::Log,
        witnesses if witnesses.ends_with("/did-witness.json") => Kind::Witnesses,
        _ => Kind::Document,
    }
}

/// No more of them than are verified.
fn proofs_of(document: &Value, urls: &mut BTreeSet<String>) {
    let proofs = values(document.get("proof")).iter().take(MAX_PROOFS);
    let methods = proofs.filter_map(|proof| proof.get("verificationMethod")?.as_str());
    urls.extend(methods.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn documents_of_web_servers_come_from_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a.example/.well-known");
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("did.json"), r#"{"id":"did:web:a.example"}"#).unwrap();
        // A log that speaks of witnesses and needs none.
        let log = include_str!("../../../identity/tests/vectors/did-log.jsonl");
        std::fs::write(place.join("did.jsonl"), log).unwrap();
        let resolver = Resolver::new(Places {
            folder: Some(dir.path().to_owned()),
            own: Some((
                "https://own.example/.well-known/did.json".to_owned(),
                br#"{"id":"did:web:own.example"}"#.to_vec(),
            )),
            ..Places::default()
        });
        for (did, status) in [
            ("did:web:a.example", 200),
            ("did:web:own.example", 200),
            (
                "did:webvh:QmcViWCz24A3Kms6D8HY73JQVNSMME5W3SHgM93yiJ3jJb:a.example",
                200,
            ),
            ("did:web:b.example", 404),
            ("did:web:..", 400),
            ("did:example:1", 501),
        ] {
            let resolution = resolver.resolve(did.to_owned(), Options::default()).await;
            assert_eq!(resolution.unwrap().http_status(), status, "{did}");
        }
        // What is there and cannot be read is not the same as nothing.
        std::fs::write(
            place.join("did.json"),
            vec![b' '; Kind::Document.max_bytes() + 1],
        )
        .unwrap();
        let resolution = resolver.resolve("did:web:a.example".to_owned(), Options::default());
        assert_eq!(resolution.await.unwrap().http_status(), 500);
    }

    #[tokio::test]
    async fn a_method_that_was_found_does_not_want_for_what_was_not_needed() {
        const WEBVH: &str = "did:webvh:QmcViWCz24A3Kms6D8HY73JQVNSMME5W3SHgM93yiJ3jJb:a.example";
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a.example/.well-known");
        std::fs::create_dir_all(&place).unwrap();
        // It speaks of witnesses, whose file is at a host that is not listed, and needs none.
        let log = include_str!("../../../identity/tests/vectors/did-log.jsonl");
        std::fs::write(place.join("did.jsonl"), log).unwrap();
        let hosts = dir.path().join("hosts.toml");
        std::fs::write(&hosts, "version = 1\n").unwrap();
        let resolver = Resolver::new(Places {
            folder: Some(dir.path().to_owned()),
            hosts: Some(Arc::new(Hosts::read(&hosts).unwrap())),
            ..Places::default()
        });
        let signed = |methods: &[&str]| {
            let proof = |method: &&str| json!({"verificationMethod": method});
            json!({"proof": methods.iter().map(proof).collect::<Vec<_>>()})
        };
        let found = format!("{WEBVH}#AML652DJ");
        let methods = resolver.methods_of(&signed(&[&found])).await.unwrap();
        assert!(methods.contains_key(&found));
        // What was needed is asked for as before.
        let both = signed(&["did:web:b.example#key", &found]);
        let refused = resolver.methods_of(&both).await.unwrap_err();
        assert_eq!(refused.code(), "HOST_NOT_LISTED");
    }
}
