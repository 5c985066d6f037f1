//! Where keys and status lists of others are found.

use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

use crate::errors::ApiResult;
use crate::follower::Follower;
use crate::net::NetDir;
use crate::w3c::lists::{ListFolder, Lists};
use crate::w3c::resolver::{Places, Resolver};
use crate::w3c::service::Service;

/// Where keys and status lists of others are found. Nothing is fetched.
#[derive(Clone, Debug, Default, Args)]
pub struct Trust {
    /// The net folder; did:tacit is found on its chain.
    #[arg(long)]
    pub net: Option<PathBuf>,
    /// A folder with documents of did:web and did:webvh: HOST/PATH/did.json.
    #[arg(long)]
    pub dids: Option<PathBuf>,
    /// A folder with status lists of other issuers: HOST/PATH, a port after %3A. A file's time is when it was fetched.
    #[arg(long)]
    pub lists: Option<PathBuf>,
}

impl Trust {
    /// The resolver that looks there.
    pub(crate) async fn resolver(&self) -> ApiResult<Resolver> {
        Ok(Resolver::new(self.places(self.chain().await?)))
    }

    /// A service that looks there and issues nothing.
    pub(crate) async fn service(&self) -> ApiResult<Service> {
        Service::new(self.places(self.chain().await?), self.lists(), None)
    }

    /// Where documents of DIDs are looked for.
    pub(super) fn places(&self, chain: Option<Arc<Follower>>) -> Places {
        Places {
            chain,
            folder: self.dids.clone(),
            own: None,
        }
    }

    /// Where status lists are looked for.
    pub(super) fn lists(&self) -> Lists {
        let mut lists = Lists::default();
        if let Some(folder) = &self.lists {
            lists.add(Arc::new(ListFolder(folder.clone())));
        }
        lists
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
