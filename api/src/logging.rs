//! Logging to stderr. Logs carry ids, heights and reasons; never an attribute, a secret or a body.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What every process on a development chain has to say.
pub const DEVELOPMENT_WARNING: &str =
    "this is a development chain: whoever ran the setup of its proving keys could forge its proofs";

/// Starts logging; `TACIT_LOG` filters, by default warnings and our own notices.
pub fn start(json: bool) {
    let filter =
        EnvFilter::try_from_env("TACIT_LOG").unwrap_or_else(|_| EnvFilter::new("warn,tacit=info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second start, as between tests of one process, keeps the first.
    if json {
        drop(builder.json().try_init());
    } else {
        drop(builder.try_init());
    }
}

/// Says once what a development chain has to say.
pub fn warn_development(chain: &tacit_ledger::ids::ChainId) {
    tracing::warn!(%chain, "{DEVELOPMENT_WARNING}");
}
