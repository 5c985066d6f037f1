//! Logging to stderr. Logs carry ids, heights and reasons; never an attribute, a secret or a body.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

pub use tacit_ledger::genesis::DEVELOPMENT_WARNING;

/// Warnings and our own notices. The engine's runtime would repeat the text of a panic.
const QUIET: &str = "warn,tacit=info,commonware_runtime::utils::handle=off";

/// Starts logging; `TACIT_LOG` filters, by default warnings and our own notices.
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_env("TACIT_LOG").unwrap_or_else(|_| EnvFilter::new(QUIET));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    std::panic::set_hook(Box::new(|panic| {
        // Not the panic's text: it may hold anything.
        let thread = std::thread::current();
        tracing::error!(
            at = panic.location().map(tracing::field::display),
            thread = thread.name(),
            "a task panicked: this is a bug"
        );
    }));
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
