//! What the commands of all organisations share: `init` and `rotate`.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_circuits::types::MemberId;
use tacit_ledger::ids::Height;
use tacit_ledger::member::{Role, Roles};
use tacit_ledger::text::Name;

use crate::cli::password::PasswordSource;
use crate::cli::place::Place;
use crate::errors::{ApiError, ApiResult};
use crate::{member, rotation};

/// Arguments of the `init` commands of all organisations.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// The organisation's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// The organisation's name on the chain.
    #[arg(long)]
    pub name: String,
    /// File whose first line is the password of the organisation's secrets.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

/// An organisation's folder that was made.
#[derive(Debug, Serialize)]
pub struct MemberMade {
    /// The organisation's name.
    pub name: Name,
    /// What it wants to do.
    pub roles: Roles,
    /// The file that the operator registers.
    pub registration: PathBuf,
}

impl MemberMade {
    /// Makes an organisation's folder.
    ///
    /// # Errors
    /// When the name is not one, or the folder has keys already.
    pub fn make(args: &InitArgs, role: Role) -> ApiResult<Self> {
        let name = Name::new(&args.name)
            .map_err(|error| ApiError::bad_field("name", error.to_string()))?;
        let roles = Roles::new(&[role])
            .ok_or_else(|| ApiError::internal("an organisation without a role"))?;
        let password = PasswordSource::new(args.password_file.clone());
        member::create(&args.dir, name.clone(), roles, &password)?;
        Ok(Self {
            name,
            roles,
            registration: args.dir.join(member::REGISTRATION_FILE),
        })
    }
}

/// Keys that were rotated.
#[derive(Debug, Serialize)]
pub struct Rotated {
    /// The member.
    pub member: MemberId,
    /// First height at which the new keys count.
    pub height: Height,
}

impl Rotated {
    /// Rotates the keys of an organisation with this role.
    ///
    /// # Errors
    /// When it is not registered, or the ledger refuses.
    pub async fn rotate(place: &Place, role: Role) -> ApiResult<Self> {
        let (member, height) =
            rotation::rotate(&place.dir, &place.net_dir(), &place.password(), role).await?;
        Ok(Self { member, height })
    }
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "member {} has new keys from height {}; start its server again",
            self.member, self.height
        )
    }
}

impl fmt::Display for MemberMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles: Vec<_> = self.roles.iter().map(Role::name).collect();
        write!(
            f,
            "{} ({}): keys made, give {} to the operator",
            self.name.as_str(),
            roles.join(", "),
            self.registration.display()
        )
    }
}
