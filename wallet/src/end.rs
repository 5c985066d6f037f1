//! Ending what is one's own: revoking a grant, withdrawing a document, giving up a credential.

use tacit_circuits::types::Position;
use tacit_ledger::action::End;
use tacit_ledger::action::end::EndRight;
use tacit_ledger::ids::RequestId;
use tacit_ledger::tx::Tx;

use crate::derive::Counter;
use crate::error::WalletError;
use crate::state::Progress;
use crate::wallet::Wallet;

impl Wallet {
    /// The transaction that ends a leaf of this wallet by revealing its end secret: the same bytes whenever it is asked for.
    /// Anybody may submit it and nobody can block it. The next sync sees that the leaf is ended.
    ///
    /// # Errors
    /// [`WalletError::Unknown`]; [`WalletError::NotYet`] before the leaf is on the chain; [`WalletError::Ended`] after it has
    /// been ended.
    pub fn ending(&self, number: Counter) -> Result<Tx, WalletError> {
        let position = self.live_position(number)?;
        let e = *self.keys.end_secret(number).expose();
        let action = End {
            position,
            right: EndRight::Secret(e),
        };
        Ok(Tx::unsigned(
            RequestId(self.keys.ending_request_id(number, position)),
            action.into(),
        ))
    }

    /// Where a leaf of any kind stands, if it is live as far as the wallet knows.
    fn live_position(&self, number: Counter) -> Result<Position, WalletError> {
        let state = &self.state;
        let records = state
            .records
            .iter()
            .map(|record| (record.counter, &record.progress, "record"));
        let grants = state
            .grants
            .iter()
            .map(|grant| (grant.counter, &grant.progress, "grant"));
        if let Some((_, progress, what)) = records
            .chain(grants)
            .find(|(counter, ..)| *counter == number)
        {
            return match progress {
                Progress::Final(position) | Progress::Claimed(_, position) => Ok(*position),
                Progress::Ended(_) => Err(WalletError::Ended(what)),
                Progress::Planned | Progress::Sent(_) => Err(NOT_ON_CHAIN),
            };
        }
        if let Some(credential) = state
            .credentials
            .iter()
            .find(|credential| credential.counter == number)
        {
            return match &credential.issued {
                Some(issued) if issued.ended => Err(WalletError::Ended("credential")),
                Some(issued) => Ok(issued.position),
                None => Err(NOT_ON_CHAIN),
            };
        }
        match state.found.iter().find(|found| found.counter == number) {
            Some(found) if found.ended => Err(WalletError::Ended("leaf")),
            Some(found) => found.position.ok_or(NOT_ON_CHAIN),
            None => Err(WalletError::Unknown {
                what: "leaf",
                number,
            }),
        }
    }
}

const NOT_ON_CHAIN: WalletError =
    WalletError::NotYet("the leaf is not on the chain yet, so there is nothing to end");
