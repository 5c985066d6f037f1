//! The program at its command line: bad input, full disks, keys that change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod disk_full;
mod errors;
mod rotation;
