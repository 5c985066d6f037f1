//! Passwords: from a file, from the file that `TACIT_PASSWORD_FILE` names, or from the terminal. Never an argument.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;

/// Environment variable that names the password file.
pub const PASSWORD_FILE_VARIABLE: &str = "TACIT_PASSWORD_FILE";

/// Where a command takes its password from.
#[derive(Clone, Debug, Default)]
pub struct PasswordSource {
    file: Option<PathBuf>,
    of_backup: bool,
}

impl PasswordSource {
    /// The file given to the command, else the one the environment names, else the terminal.
    pub fn new(argument: Option<PathBuf>) -> Self {
        Self {
            file: argument.or_else(|| std::env::var_os(PASSWORD_FILE_VARIABLE).map(PathBuf::from)),
            of_backup: false,
        }
    }

    /// The passphrase of a backup: from the file given to the command, else the terminal. Never the environment's file, which
    /// holds the password of what is backed up.
    pub fn of_backup(argument: Option<PathBuf>) -> Self {
        Self {
            file: argument,
            of_backup: true,
        }
    }

    fn prompts(&self) -> (&'static str, &'static str) {
        if self.of_backup {
            (
                "Passphrase of the backup: ",
                "New passphrase for the backup: ",
            )
        } else {
            ("Password: ", "New password: ")
        }
    }

    /// The password of something that exists.
    ///
    /// # Errors
    /// When there is none to take.
    pub fn existing(&self) -> ApiResult<Zeroizing<Vec<u8>>> {
        match &self.file {
            Some(path) => from_file(path),
            None => Ok(Zeroizing::new(ask(self.prompts().0)?.as_bytes().to_vec())),
        }
    }

    /// The password of something new; people type it twice.
    ///
    /// # Errors
    /// When there is none to take, or the two differ.
    pub fn new_one(&self) -> ApiResult<Zeroizing<Vec<u8>>> {
        if let Some(path) = &self.file {
            return from_file(path);
        }
        let password = ask(self.prompts().1)?;
        if password != ask("The same again: ")? {
            return Err(ApiError::new(
                &reason::PASSWORD_WRONG,
                "the two passwords differ",
            ));
        }
        if password.is_empty() {
            return Err(ApiError::plain(&reason::PASSWORD_MISSING));
        }
        Ok(Zeroizing::new(password.as_bytes().to_vec()))
    }
}

/// The first line of a file.
fn from_file(path: &Path) -> ApiResult<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(files::read(path, 4096)?);
    let end = bytes
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(bytes.len());
    bytes.truncate(end);
    if bytes.is_empty() {
        return Err(ApiError::new(
            &reason::PASSWORD_MISSING,
            format!("{} has no password in its first line", path.display()),
        ));
    }
    Ok(bytes)
}

fn ask(prompt: &str) -> ApiResult<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        return Err(ApiError::plain(&reason::PASSWORD_MISSING));
    }
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|_| ApiError::plain(&reason::PASSWORD_MISSING))
}
