//! Bundles verify offline, and nothing in them can be changed.

mod forged;
mod handovers;
mod kinds;
mod presentation;
mod scene;
mod sizes;
