//! What the `init` commands of all organisations share.

use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use tacit_ledger::member::{Role, Roles};
use tacit_ledger::text::Name;

use crate::cli::password::PasswordSource;
use crate::errors::{ApiError, ApiResult};
use crate::member;

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
    pub fn make(
        dir: &Path,
        name: &str,
        roles: &[Role],
        password_file: Option<PathBuf>,
    ) -> ApiResult<Self> {
        let name =
            Name::new(name).map_err(|error| ApiError::bad_field("name", error.to_string()))?;
        let roles = Roles::new(roles)
            .ok_or_else(|| ApiError::internal("an organisation without a role"))?;
        member::create(
            dir,
            name.clone(),
            roles,
            &PasswordSource::new(password_file),
        )?;
        Ok(Self {
            name,
            roles,
            registration: dir.join(member::REGISTRATION_FILE),
        })
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
