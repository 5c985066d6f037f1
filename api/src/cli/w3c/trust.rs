//! Where the keys of others are found.

use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

use crate::errors::ApiResult;
use crate::follower::Follower;
use crate::net::NetDir;
use crate::w3c::resolver::{Places, Resolver};
use crate::w3c::service::Service;

/// Where the keys of others are found.
#[derive(Clone, Debug, Args)]
pub struct Trust {
    /// The net folder; did:tacit is found on its chain.
    #[arg(long)]
    pub net: Option<PathBuf>,
    /// A folder with documents of did:web and did:webvh: HOST/PATH/did.json. Nothing is fetched.
    #[arg(long)]
    pub dids: Option<PathBuf>,
}

impl Trust {
    /// The resolver that looks there.
    pub(crate) async fn resolver(&self) -> ApiResult<Resolver> {
        Ok(Resolver::new(Places {
            chain: self.chain().await?,
            folder: self.dids.clone(),
            own: None,
        }))
    }

    /// A service that looks there and issues nothing.
    pub(super) async fn service(&self) -> ApiResult<Service> {
        Service::new(self.chain().await?, self.dids.clone(), None)
    }

    async fn chain(&self) -> ApiResult<Option<Arc<Follower>>> {
        match &self.net {
            Some(net) => {
                let follower = Follower::connect(&NetDir::new(net), None).await?;
                Ok(Some(Arc::new(follower)))
            }
            None => Ok(None),
        }
    }
}
