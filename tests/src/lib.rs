//! tacit-tests
