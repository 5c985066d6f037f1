//! tacit-identity
