//! Where keys and status lists of others are found.

use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

use crate::errors::ApiResult;
use crate::follower::Follower;
use crate::hosts::Hosts;
use crate::net::NetDir;
use crate::w3c::lists::{ListFolder, Lists};
use crate::w3c::resolver::{Places, Resolver};
use crate::w3c::service::Service;

/// Where keys and status lists of others are found. Nothing is fetched but from hosts that --hosts lists.
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
    /// A file (TOML) with the hosts that documents of did:web and did:webvh and status lists are fetched from, over https.
    #[arg(long)]
    pub hosts: Option<PathBuf>,
}

impl Trust {
    /// The resolver that looks there.
    pub(crate) async fn resolver(&self) -> ApiResult<Resolver> {
        Ok(Resolver::new(self.places(self.chain().await?)?.0))
    }

    /// A service that looks there and issues nothing.
    pub(crate) async fn service(&self) -> ApiResult<Service> {
        let (places, lists) = self.places(self.chain().await?)?;
        Service::new(places, lists, None)
    }

    /// Where documents of DIDs, and where status lists are looked for: what is at hand before what is fetched.
    pub(super) fn places(&self, chain: Option<Arc<Follower>>) -> ApiResult<(Places, Lists)> {
        let hosts = self.hosts.as_deref().map(Hosts::read).transpose()?;
        let hosts = hosts.map(Arc::new);
        let mut lists = Lists::default();
        if let Some(folder) = &self.lists {
            lists.add(Arc::new(ListFolder(folder.clone())));
        }
        if let Some(hosts) = &hosts {
            lists.add(Arc::clone(hosts) as _);
        }
        let places = Places {
            chain,
            folder: self.dids.clone(),
            hosts,
            own: None,
        };
        Ok((places, lists))
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
