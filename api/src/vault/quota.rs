//! A bound on how often something that anybody may ask for is done.

use std::sync::Mutex;
use std::time::Instant;

use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// A token bucket.
#[derive(Debug)]
pub struct Bucket {
    per_second: f64,
    most: f64,
    level: Mutex<(f64, Instant)>,
}

impl Bucket {
    /// Allows so many a second in the long run, and `most` at once.
    pub fn new(per_second: u32, most: u32) -> Self {
        let most = f64::from(most);
        Self {
            per_second: per_second.into(),
            most,
            level: Mutex::new((most, Instant::now())),
        }
    }

    /// Takes one.
    ///
    /// # Errors
    /// [`reason::QUOTA_EXCEEDED`] when there is none now.
    pub fn take(&self) -> ApiResult<()> {
        let now = Instant::now();
        let mut level = self
            .level
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (tokens, since) = *level;
        let tokens =
            (tokens + now.duration_since(since).as_secs_f64() * self.per_second).min(self.most);
        if tokens < 1.0 {
            *level = (tokens, now);
            return Err(ApiError::plain(&reason::QUOTA_EXCEEDED)
                .retry_after(std::time::Duration::from_secs(1)));
        }
        *level = (tokens - 1.0, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_refused() {
        let bucket = Bucket::new(0, 3);
        assert!((0..3).all(|_| bucket.take().is_ok()));
        assert_eq!(bucket.take().unwrap_err().code(), "QUOTA_EXCEEDED");
    }
}
