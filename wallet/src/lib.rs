//! tacit-wallet
