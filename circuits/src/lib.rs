//! tacit-circuits
