//! Where a command works that is somebody's: their folder, the chain, and the password.

use clap::Args;
use std::path::PathBuf;

use super::password::PasswordSource;
use crate::net::NetDir;

/// Where a command works. A person's commands have a place of their own (see `cli::wallet`).
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The folder with the keys: an organisation's folder, or the one with a validator's governance key.
    #[arg(long)]
    pub dir: PathBuf,
    /// The net folder: genesis file and servers are found there.
    #[arg(long)]
    pub net: PathBuf,
    /// File whose first line is the password of the keys.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

impl Place {
    /// The net folder.
    pub fn net_dir(&self) -> NetDir {
        NetDir::new(&self.net)
    }

    /// Where the password comes from.
    pub fn password(&self) -> PasswordSource {
        PasswordSource::new(self.password_file.clone())
    }
}
