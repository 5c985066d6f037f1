//! What to say when the engine ends by itself.

use crate::{error::NodeError, storage::StorageError};
use commonware_runtime::Clock;
use std::{any::Any, path::PathBuf, time::Duration};

/// How soon a panic that ended a part of the engine ends all of it.
const PANICS_WITHIN: Duration = Duration::from_secs(2);

/// What helps when the engine's files are damaged.
pub(super) const ADVICE: &str = "begin with an empty data folder: the node catches up from the other validators and votes in a later epoch";

/// When a part has ended. Parts end by panics, and then the runtime stops with the panic's text, which says more: it comes first.
pub(super) async fn of_part(clock: &impl Clock) -> NodeError {
    clock.sleep(PANICS_WITHIN).await;
    failed()
}

/// When the runtime has stopped with a panic: a full disk is told as such.
pub(super) fn of_panic(panic: &(dyn Any + Send), dir: PathBuf) -> NodeError {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or_default();
    // ENOSPC, EDQUOT and EFBIG, as the standard library writes them.
    match ["(os error 28)", "(os error 122)", "(os error 27)"]
        .iter()
        .any(|code| text.contains(code))
    {
        true => NodeError::Storage(StorageError::DiskFull(dir)),
        // A panic's text may hold anything; its place is in the log.
        false => failed(),
    }
}

fn failed() -> NodeError {
    NodeError::Stopped(format!(
        "the consensus engine failed: start the node again; if it fails again its journals are damaged, then {ADVICE}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_under_the_engine_is_told_as_such() {
        let full = std::io::Error::from_raw_os_error(28);
        let panic: Box<dyn Any + Send> = Box::new(format!("failed to persist: {full}"));
        let reason = of_panic(panic.as_ref(), PathBuf::from("data"));
        assert!(
            matches!(reason, NodeError::Storage(StorageError::DiskFull(_))),
            "{reason}"
        );
        let panic: Box<dyn Any + Send> = Box::new("something else");
        let reason = of_panic(panic.as_ref(), PathBuf::from("data")).to_string();
        assert!(reason.contains("engine failed") && !reason.contains("something else"));
    }
}
