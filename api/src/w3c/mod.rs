//! Credentials in the W3C's formats and SD-JWT VCs as a service: what the HTTP interface, gRPC and the command line share. No transport here.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`service`] | bounded work over everything below |
//! | [`verify`] | credentials and presentations, and what is said about them |
//! | [`sd_jwt`] | SD-JWT VCs |
//! | [`issuer`] | credentials, presentations and status lists in an issuer's name |
//! | [`identity`] | the DID under which an issuer signs, and its document |
//! | [`resolver`] | DID documents, and the keys in them |
//! | [`lists`] | where status lists of other issuers are looked for |
//! | [`folder`] | files of web servers in a folder |
//! | [`status`] | revocation from the ledger's ended bits, suspension from the issuer's folder |
//! | [`native`] | the status of this system's own credentials |
//! | [`problem`] | errors as HTTP names them |

pub mod folder;
pub mod identity;
pub mod issuer;
pub mod lists;
pub mod native;
pub mod options;
mod own;
pub mod problem;
pub mod resolver;
pub mod sd_jwt;
pub mod service;
pub mod status;
pub mod verify;

/// The values of a member that takes one or several.
fn values(value: Option<&serde_json::Value>) -> &[serde_json::Value] {
    match value {
        Some(serde_json::Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}
