//! tacit-proto
