//! Members and validators who come, change and go by vote.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod members;
mod validators;
mod votes;
