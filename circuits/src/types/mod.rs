//! Domain quantities as types: ids, times, sets, commitments, secrets.

mod anchor;
mod commitments;
mod ids;
mod secret;

pub use anchor::AnchorView;
pub use commitments::{
    AuditDigest, AuditKeyId, Body, Context, EndTag, EndedRoot, HolderKey, Leaf, NoteRoot, Nym,
    PlatformRoot, Receipt, UseNullifier,
};
pub use ids::{
    Category, CategorySet, Digest32, LeafKind, MemberId, OutOfRange, Position, Purpose, PurposeSet,
    Timestamp, Year,
};
pub(crate) use secret::redacted;
pub use secret::{ConstantTime, Secret};
