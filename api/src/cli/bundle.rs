//! Writing bundles to files: what the commands of all roles share.

use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::bundle_file::{self, Evidence};
use crate::cli::output::Output;
use crate::errors::ApiResult;
use crate::files;

/// A bundle that was written.
#[derive(Debug, Serialize)]
pub struct Written {
    /// Its kind.
    pub bundle: &'static str,
    /// Its file.
    pub file: PathBuf,
    /// Size of the file in bytes.
    pub bytes: usize,
}

impl Written {
    /// Writes a bundle, readable by the owner only: openings and opened terms are for whom the owner chooses.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new<E: Evidence>(bundle: &E, out: &Path) -> ApiResult<Self> {
        let bytes = bundle_file::to_json(bundle)?;
        files::write_secret(out, &bytes)?;
        Ok(Self {
            bundle: E::KIND,
            file: out.to_owned(),
            bytes: bytes.len(),
        })
    }

    /// Prints it.
    ///
    /// # Errors
    /// When stdout is closed.
    pub fn print(&self, output: Output) -> ApiResult<()> {
        output.result(self, Self::to_string)?;
        output.note("anybody checks it with no network: tacit verify FILE --genesis GENESIS");
        Ok(())
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        write!(f, "{} in {file} ({} bytes)", self.bundle, self.bytes)
    }
}
