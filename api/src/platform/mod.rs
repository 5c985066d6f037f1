//! The platform's side: requests, answers, and accesses that end exactly once.
//!
//! Every step is written to the journal before it is taken, so the same command again, after a kill at any moment, goes on
//! where it was: one request, one access.

mod access;
mod ask;
mod bring;
mod bundles;
mod download;
mod facts;
mod fetch;
pub(crate) mod journal;
mod requests;

use std::path::{Path, PathBuf};
use tacit_circuits::commit::{platform_commitment, platform_leaf};
use tacit_circuits::field::Fr;
use tacit_circuits::types::MemberId;
use tacit_identity::did::MemberDid;
use tacit_identity::request::RequestId;
use tacit_ledger::member::Role;
use tacit_proto::v1::sharing_service_client::SharingServiceClient;

pub use ask::{Asked, NewRequest, Wanted};
pub use facts::Facts;
pub use fetch::Fetched;
pub use journal::{Entry, Outcome};
pub use requests::Standing;

use crate::auth::client::Credentials;
use crate::cli::output::Output;
use crate::cli::password::PasswordSource;
use crate::client::connect::{Connection, connect};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::keys::KeyCache;
use crate::limits;
use crate::member::{self, Secrets};
use crate::net::{Kind, NetDir};

/// A platform at work.
pub struct Platform {
    dir: PathBuf,
    net: NetDir,
    follower: Follower,
    secrets: Secrets,
    id: MemberId,
    keys: KeyCache,
    output: Output,
}

impl Platform {
    /// Opens a platform's folder and connects to the chain. The node is asked as nobody: a platform has nothing to send there.
    ///
    /// # Errors
    /// When it is not registered, or the node cannot be reached.
    pub async fn open(
        dir: &Path,
        net: &NetDir,
        password: &PasswordSource,
        output: Output,
    ) -> ApiResult<Self> {
        let mut secrets = Secrets::open(dir, password)?;
        let follower = Follower::connect(net, Some(dir.join(member::CHECKPOINT_FILE))).await?;
        let id = match own_id(&follower, &mut secrets).await? {
            Some(id) => id,
            // Registered just now; or not, or suspended, and this says which.
            None => {
                member::connect(dir, net, &mut secrets, Role::Platform)
                    .await?
                    .1
                    .id
            }
        };
        let keys = KeyCache::of_user(output);
        Ok(Self {
            dir: dir.to_owned(),
            net: net.clone(),
            follower,
            secrets,
            id,
            keys,
            output,
        })
    }

    /// The platform's DID.
    pub fn did(&self) -> MemberDid {
        MemberDid {
            chain: self.follower.spec().id().0,
            member: self.id,
        }
    }

    /// The vault of the net folder, called as this platform.
    async fn vault(&self) -> ApiResult<SharingServiceClient<Connection>> {
        let credentials = Credentials::member(self.id, self.secrets.signing());
        let connection = connect(&self.net.endpoint(Kind::Vault)?, Some(credentials)).await?;
        Ok(SharingServiceClient::new(connection).max_decoding_message_size(limits::MAX_RESPONSE))
    }

    /// The request that is meant by the beginning of its id, or the newest.
    ///
    /// # Errors
    /// When none or several fit.
    pub fn find(&self, prefix: Option<&str>) -> ApiResult<RequestId> {
        let unknown =
            || ApiError::new(&reason::REQUEST_UNKNOWN, "no request of this platform fits");
        let mut all = journal::list(&self.dir)?;
        match prefix {
            None => all.pop().map(|(_, id)| id).ok_or_else(unknown),
            Some(prefix) => {
                all.retain(|(_, id)| id.to_string().starts_with(prefix));
                match all.as_slice() {
                    [(_, id)] => Ok(*id),
                    _ => Err(unknown()),
                }
            }
        }
    }
}

/// The platform's own id, looked up in the whole tree of platforms: the node does not learn who is about to read.
async fn own_id(follower: &Follower, secrets: &mut Secrets) -> ApiResult<Option<MemberId>> {
    let anchor = follower.anchor().await?;
    let tree = follower.platform_tree(&anchor).await?;
    let entry = |secrets: &Secrets| {
        let commitment = platform_commitment(secrets.platform().expose());
        let own = |(id, leaf): &&(MemberId, Fr)| platform_leaf(*id, &commitment) == *leaf;
        tree.iter().find(own).map(|(id, _)| *id)
    };
    // Keys may have been rotated: those count that are in the tree.
    Ok(match secrets.choose(|secrets| entry(secrets).is_some()) {
        true => entry(secrets),
        false => None,
    })
}
