//! What hostile peers, inputs and operators try.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod decoders;
mod flood;
mod secrets;
