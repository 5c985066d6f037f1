//! The wire interface of Tacit: gRPC package `tacit.v1`, generated from the `.proto` files beside this crate.
//!
//! Structures of the ledger travel as the ledger's own canonical bytes; nothing protobuf-encoded is ever hashed or signed
//! for keeps. (A signed *request* covers the raw body as it travels, once, within its minute.)

/// Package `tacit.v1`: messages, clients and servers.
#[allow(missing_docs)]
pub mod v1 {
    tonic::include_proto!("tacit.v1");
}

/// Encoded `FileDescriptorSet` of the package, for reflection and for walking every method in tests.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tacit_v1.bin"));
