//! DID documents and the keys in them, by the resolver of `tacit-identity`: members from the chain, with the proof for whoever asks
//! for the result; documents of web servers from a folder. Nothing is fetched from other places.

use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tacit_identity::datetime::DateTime;
use tacit_identity::did::{
    self, MAX_DOCUMENT_BYTES, MAX_LOG_BYTES, MAX_WITNESS_BYTES, MemberDid, MemberState, Options,
    Resolution, Sources, Unavailable,
};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::ids::Height;
use tacit_ledger::keys;
use tacit_ledger::member::MemberRecord;
use tacit_w3c::integrity::{MethodResolver, VerificationMethod};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::bundle_file;
use crate::clock;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::follower::Follower;
use crate::resolve;
use crate::w3c::folder::file_of;

/// The type of the proof of a `did:tacit`.
pub const PROOF_TYPE: &str = "TacitStateBundle";

/// Most members that are looked up on the chain for one document.
const MAX_LOOK_UPS: u32 = 16;

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
        for credential in values(document.get("verifiableCredential")) {
            proofs_of(credential, &mut urls);
        }
        if urls.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.run(false, move |resolver, asked| {
            let mut methods = BTreeMap::new();
            for url in urls {
                if let Some(method) = MethodResolver::resolve(&resolver, &url) {
                    methods.insert(url, method);
                }
            }
            match asked.failed.take() {
                Some(error) => Err(error),
                None => Ok(methods),
            }
        })
        .await?
    }

    /// Runs a resolver on a thread that may wait for the chain.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        proofs: bool,
        work: impl FnOnce(did::Resolver<'_>, &Asked<'_>) -> T + Send + 'static,
    ) -> ApiResult<T> {
        let busy = || ApiError::plain(&reason::SERVER_BUSY).retry_after(Duration::from_secs(1));
        let at_once = Arc::clone(&self.at_once);
        let place = at_once.try_acquire_owned().map_err(|_| busy())?;
        let (places, handle) = (Arc::clone(&self.places), Handle::current());
        tokio::task::spawn_blocking(move || {
            let _held = place;
            let asked = Asked {
                places: &places,
                handle,
                proofs,
                left: Cell::new(MAX_LOOK_UPS),
                members: RefCell::default(),
                failed: Cell::new(None),
            };
            work(did::Resolver::new(&asked, clock::now()), &asked)
        })
        .await
        .map_err(ApiError::internal)
    }
}

/// The places, while one document is worked on.
pub(crate) struct Asked<'a> {
    places: &'a Places,
    handle: Handle,
    proofs: bool,
    left: Cell<u32>,
    members: RefCell<BTreeMap<MemberDid, Option<MemberState>>>,
    failed: Cell<Option<ApiError>>,
}

impl Sources for Asked<'_> {
    fn file(&self, url: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let own = self.places.own.as_ref().filter(|(own, _)| own == url);
        if let Some((_, content)) = own {
            return Ok(Some(content.clone()));
        }
        let folder = self.places.folder.as_deref();
        let Some(path) = folder.and_then(|folder| file_of(folder, url)) else {
            return Ok(None);
        };
        if !path.is_file() {
            return Ok(None);
        }
        let max = match path.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl") => MAX_LOG_BYTES,
            _ if path.ends_with("did-witness.json") => MAX_WITNESS_BYTES,
            _ => MAX_DOCUMENT_BYTES,
        };
        let read = files::read(&path, max as u64);
        read.map(Some).map_err(|error| self.failed(error))
    }

    fn member(&self, did: &MemberDid) -> Result<Option<MemberState>, Unavailable> {
        let chain = self.places.chain.as_ref();
        let Some(chain) = chain.filter(|chain| chain.spec().id().0 == did.chain) else {
            return Ok(None);
        };
        if let Some(known) = self.members.borrow().get(did) {
            return Ok(known.clone());
        }
        let Some(left) = self.left.get().checked_sub(1) else {
            return Ok(None);
        };
        self.left.set(left);
        let found = self.handle.block_on(look_up(chain, did, self.proofs));
        let found = found.map_err(|error| self.failed(error))?;
        self.members.borrow_mut().insert(*did, found.clone());
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
        Unavailable
    }
}

/// A member as the chain has it, with the proof when it is asked for.
async fn look_up(chain: &Follower, did: &MemberDid, proof: bool) -> ApiResult<Option<MemberState>> {
    if !proof {
        let record = chain.member(did.member).await?;
        let state = |record| {
            Ok(MemberState {
                member: resolve::resolved(&record)?,
                created: None,
                updated: None,
                proof: None,
            })
        };
        return record.map(state).transpose();
    }
    let bundle = chain.state_bundle(keys::member(did.member)).await?;
    let Some(value) = bundle.state.value() else {
        return Ok(None);
    };
    let record: MemberRecord = decode_slice(value).map_err(ApiError::internal)?;
    let file = String::from_utf8(bundle_file::to_json(&bundle)?).map_err(ApiError::internal)?;
    Ok(Some(MemberState {
        member: resolve::resolved(&record)?,
        created: time_of(chain, record.registered).await?,
        updated: time_of(chain, record.keys_from).await?,
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

/// The values of a member that takes one or several.
fn values(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn proofs_of(document: &Value, urls: &mut BTreeSet<String>) {
    let methods = values(document.get("proof")).iter();
    let methods = methods.filter_map(|proof| proof.get("verificationMethod")?.as_str());
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
            ("did:web:b.example", 404),
            ("did:web:..", 400),
            ("did:example:1", 501),
        ] {
            let resolution = resolver.resolve(did.to_owned(), Options::default()).await;
            assert_eq!(resolution.unwrap().http_status(), status, "{did}");
        }
        // What is there and cannot be read is not the same as nothing.
        std::fs::write(place.join("did.json"), vec![b' '; MAX_DOCUMENT_BYTES + 1]).unwrap();
        let resolution = resolver.resolve("did:web:a.example".to_owned(), Options::default());
        assert_eq!(resolution.await.unwrap().http_status(), 500);
    }
}
