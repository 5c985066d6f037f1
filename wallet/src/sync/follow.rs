//! Following the headers and reading the blocks.

use tacit_ledger::block::Block;
use tacit_ledger::certificate::Certificate;
use tacit_ledger::codec::decode_slice;
use tacit_ledger::header::Header;
use tacit_ledger::ids::Height;
use tacit_ledger::light::{CertifiedHeader, MAX_STEP_HEADERS};
use tacit_ledger::merkle::tx_root;
use tacit_ledger::validators::ValidatorSet;

use super::scan::Scanner;
use super::{LedgerSource, SyncError, SyncReport};
use crate::error::WalletError;
use crate::wallet::Wallet;

/// Headers asked for at a time.
const HEADERS_PER_CALL: u32 = 512;

impl Wallet {
    /// Follows to the newest certified header. Every step (headers up to a certificate, and their blocks) is saved by
    /// itself, so that a long way can be taken in parts.
    pub(super) fn follow(
        &mut self,
        source: &mut dyn LedgerSource,
        report: &mut SyncReport,
    ) -> Result<(), WalletError> {
        while let Some(step) = next_step(source, self.state.checkpoint.tip.height.next())? {
            let mut light = self.view.light.clone();
            let certified = light
                .follow(&step.headers, &step.certificate, &step.validators)
                .map_err(SyncError::from)?;
            let mut scanner = Scanner::new(&self.state, &self.keys);
            for header in &certified {
                if let Some(block) = read_block(source, header)? {
                    scanner.read(&block);
                }
            }
            let findings = scanner.finish();
            self.note(|state, keys| {
                findings.enter(state, keys, report);
                state.checkpoint.extend(step);
                Ok(())
            })?;
            self.view.light = light;
            self.view.remember(certified);
        }
        Ok(())
    }
}

/// A step along the chain.
pub(super) struct Step {
    /// The next headers, up to one with a certificate.
    pub headers: Vec<Header>,
    /// The certificate of the last.
    pub certificate: Certificate,
    /// The set that certifies the last.
    pub validators: ValidatorSet,
}

/// The headers from a height up to one with a certificate; `None` when there is no certified header yet.
fn next_step(source: &mut dyn LedgerSource, from: Height) -> Result<Option<Step>, SyncError> {
    let mut headers: Vec<Header> = Vec::new();
    loop {
        let next = Height(from.0.saturating_add(headers.len() as u64));
        let range = source.headers(next, HEADERS_PER_CALL)?;
        if range.headers.is_empty() {
            return Ok(None);
        }
        if range.headers.len() > HEADERS_PER_CALL as usize {
            return Err(SyncError::Malformed("range of headers"));
        }
        for bytes in &range.headers {
            headers.push(decode_slice(bytes).map_err(|_| SyncError::Malformed("header"))?);
        }
        if headers.len() > MAX_STEP_HEADERS {
            return Err(SyncError::NoCertificate);
        }
        if let Some(finality) = range.finality {
            return Ok(Some(Step {
                headers,
                certificate: decode_slice(&finality.certificate)
                    .map_err(|_| SyncError::Malformed("certificate"))?,
                validators: decode_slice(&finality.validators)
                    .map_err(|_| SyncError::Malformed("validator set"))?,
            }));
        }
    }
}

/// The block of a certified header. One without transactions need not be read; that depends on nothing but the chain.
fn read_block(
    source: &mut dyn LedgerSource,
    certified: &CertifiedHeader,
) -> Result<Option<Block>, SyncError> {
    let header = certified.header();
    if header.tx_root == tx_root(&[]) {
        return Ok(None);
    }
    let block = Block::from_bytes(&source.block(header.height)?)
        .map_err(|_| SyncError::Malformed("block"))?;
    if block.header != *header || block.tx_root() != header.tx_root {
        return Err(SyncError::Block(header.height));
    }
    Ok(Some(block))
}
