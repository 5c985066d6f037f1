//! Grants, requests, answers and what reviewers see of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod audit_report;
mod facts;
mod refusals;
mod relay;
