//! An issuer's counter: offers to people it has identified, and the issuance that redeems them.

mod desk;
pub mod foreign;
mod offers;

pub use desk::{Desk, Issued};
pub use offers::{OfferRecord, OfferState, Offers};
