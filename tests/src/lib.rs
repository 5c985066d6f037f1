//! Helpers shared by the end-to-end tests; the tests themselves stand in `tests/tests/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod cast;
pub mod consortium;
pub mod follower;
pub mod http;
pub mod kill;
pub mod load;
pub mod process;
pub mod tour;
pub mod town;
pub mod w3c_cases;
pub mod wire;
pub mod wiretap;

/// Root of the repository, asked when a test runs: clones that share a target folder share its binaries too.
pub fn root() -> std::path::PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("tests run under cargo");
    std::path::PathBuf::from(package).join("..")
}
