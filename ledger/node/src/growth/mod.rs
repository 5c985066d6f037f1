//! What a block costs on a state with many notes: [`fill`] makes such a state, [`measure`] runs blocks of grants on it.
//!
//! A filled state has no history: its notes were never transactions. Everything that a node reads and writes per block is
//! there, with the size and the order that it has on a chain: trees, positions, the tree over the state, the index.

mod fill;
mod measure;

pub use fill::fill;
pub use measure::{Growth, measure};

use std::path::{Path, PathBuf};
use tacit_ledger::{
    codec::{decode_slice, encode_vec},
    header::Header,
};

/// Result of these measurements, with what went wrong in words.
type Measured<T> = Result<T, String>;

fn text(error: impl ToString) -> String {
    error.to_string()
}

fn index_folder(dir: &Path) -> PathBuf {
    dir.join("index")
}

fn header_file(dir: &Path) -> PathBuf {
    dir.join("header")
}

/// Keeps the header of the filled state beside it.
fn write_header(dir: &Path, header: &Header) -> Measured<()> {
    std::fs::write(header_file(dir), encode_vec(header)).map_err(text)
}

fn read_header(dir: &Path) -> Measured<Header> {
    decode_slice(&std::fs::read(header_file(dir)).map_err(text)?).map_err(text)
}
