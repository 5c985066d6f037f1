//! tacit-node
