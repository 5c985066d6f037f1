//! How fast a caller must send: who is slow holds a place that others wait for.

use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use tonic::Status;

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;

/// Watches over a stream of bytes that comes in: its silences, and what it has brought since its beginning.
pub struct Pace {
    started: Instant,
    bytes: u64,
}

impl Pace {
    /// Begins to watch.
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            bytes: 0,
        }
    }

    /// The next message, while the caller keeps up.
    ///
    /// # Errors
    /// [`reason::TIMEOUT`] when it falls silent or behind, [`reason::BODY_INCOMPLETE`] when it breaks off.
    pub async fn next<M>(
        &self,
        parts: &mut (impl Stream<Item = Result<M, Status>> + Unpin),
    ) -> ApiResult<Option<M>> {
        let patience = self.patience(self.started.elapsed());
        let message = tokio::time::timeout(patience, parts.next()).await;
        let message = message.map_err(|_| ApiError::plain(&reason::TIMEOUT))?;
        message
            .transpose()
            .map_err(|_| ApiError::plain(&reason::BODY_INCOMPLETE))
    }

    /// Counts the bytes of a message.
    ///
    /// # Errors
    /// When there are none: a message without bytes is silence.
    pub fn count(&mut self, bytes: &[u8]) -> ApiResult<()> {
        if bytes.is_empty() {
            return Err(ApiError::bad_field("data", "a message without bytes"));
        }
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// How long the next message is waited for.
    fn patience(&self, passed: Duration) -> Duration {
        limits::transfer_time(self.bytes)
            .saturating_sub(passed)
            .min(limits::STREAM_IDLE_TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_falls_behind_the_slowest_line_is_not_waited_for() {
        let after = |bytes, seconds| {
            let pace = Pace {
                started: Instant::now(),
                bytes,
            };
            pace.patience(Duration::from_secs(seconds)).as_secs()
        };
        let second = limits::SLOWEST_LINE;
        assert_eq!(after(0, 0), 30, "a silence");
        assert_eq!(after(0, 29), 1, "nothing came at all");
        assert_eq!(after(0, 30), 0);
        assert_eq!(after(100 * second, 20), 30, "a silence of who is ahead");
        assert_eq!(after(100 * second, 120), 10);
        assert_eq!(after(100 * second, 131), 0);
        assert_eq!(after(u64::MAX, 1), 30);
    }

    #[tokio::test]
    async fn messages_without_bytes_and_streams_that_end_or_break_off_are_told_apart() {
        let mut pace = Pace::start();
        assert!(pace.count(&[]).is_err());
        pace.count(&[1]).unwrap();
        let broken = Err(Status::cancelled("gone"));
        let mut parts = futures::stream::iter([Ok(1), broken]);
        assert_eq!(pace.next(&mut parts).await.unwrap(), Some(1));
        let error = pace.next(&mut parts).await.unwrap_err();
        assert_eq!(error.reason(), &reason::BODY_INCOMPLETE);
        assert_eq!(pace.next(&mut parts).await.unwrap(), None);
        pace.started = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        let mut silent = futures::stream::pending::<Result<u8, Status>>();
        let error = pace.next(&mut silent).await.unwrap_err();
        assert_eq!(error.reason(), &reason::TIMEOUT);
    }
}
