//! Networks of several nodes: running a node from its configuration file.

pub mod serve;

use std::path::Path;
use tacit_ledger::genesis::ChainSpec;

use crate::cli::output;
use crate::errors::ApiResult;
use crate::files;

/// The chain of a genesis file.
///
/// # Errors
/// When it is missing or breaks a rule.
pub fn genesis(path: &Path) -> ApiResult<ChainSpec> {
    let text = files::read_text(path, files::MAX_SMALL_FILE)?;
    let spec = ChainSpec::from_json(&text).map_err(|error| files::invalid(path, error))?;
    output::about(&spec);
    Ok(spec)
}
