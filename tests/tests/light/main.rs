//! Clients that trust no node: headers, proofs and evidence in files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bundles;
mod liar;
mod validators;
