//! Status entries: given to new credentials, set and cleared.

use serde_json::Value;
use tacit_circuits::types::Position;
use tacit_identity::sd_jwt::status::StatusReference;
use tacit_w3c::status::Entry;

use super::{Issuer, ListName};
use crate::errors::{ApiError, catalogue as reason};
use crate::w3c::lists::ListKind;
use crate::w3c::options::Purpose;
use crate::w3c::problem::{Outcome, Problem};
use crate::w3c::status::{self, Update};

impl Issuer {
    /// Gives a credential its status entries: for revocation a leaf of its own on the ledger, for suspension the next number.
    ///
    /// # Errors
    /// When the chain or the folder cannot be written.
    pub async fn add_status(&self, document: &mut Value, purposes: &[Purpose]) -> Outcome<()> {
        let mut entries = Vec::new();
        for purpose in purposes {
            let (list, index) = self.place(ListKind::Bitstring, *purpose).await?;
            entries.push(Entry::bit(purpose.name(), &list, index));
        }
        add_entries(document, &entries);
        Ok(())
    }

    /// Gives a credential that nobody will see the form that [`Issuer::add_status`] gives it.
    pub fn add_sample_status(&self, document: &mut Value, purposes: &[Purpose]) {
        let sample = |purpose: &Purpose| {
            let list = self.list_url(ListKind::Bitstring, purpose.name(), "0");
            Entry::bit(purpose.name(), &list, 0)
        };
        add_entries(document, &purposes.iter().map(sample).collect::<Vec<_>>());
    }

    /// The place of a new SD-JWT in a status list token; `None` without purposes. One reference is all that an SD-JWT has, so a
    /// credential that can be revoked can be suspended in the same list.
    ///
    /// # Errors
    /// When the chain or the folder cannot be written.
    pub async fn reference(&self, purposes: &[Purpose]) -> Outcome<Option<StatusReference>> {
        let Some(purpose) = purposes.iter().min() else {
            return Ok(None);
        };
        let (uri, index) = self.place(ListKind::Token, *purpose).await?;
        Ok(Some(StatusReference { uri, index }))
    }

    /// A place that no other credential has: URL of the list, and the entry.
    async fn place(&self, kind: ListKind, purpose: Purpose) -> Outcome<(String, u64)> {
        let number = match purpose {
            Purpose::Revocation => u64::from(self.chain()?.reserve().await?.0),
            Purpose::Suspension => self.suspensions.reserve()?,
        };
        let (list, index) = status::place(number);
        let url = self.list_url(kind, purpose.name(), &list.to_string());
        Ok((url, index))
    }

    /// Sets or clears a status. A revocation returns when an anchor says it, so that the list does too.
    ///
    /// # Errors
    /// [`Problem`]: the entry is in no list of this issuer, or a revocation is to be taken back.
    pub async fn set_status(&self, update: &Update) -> Outcome<()> {
        let foreign = || Problem::new(&reason::STATUS_FOREIGN, reason::STATUS_FOREIGN.meaning);
        let list = self.list_of(&update.list).ok_or_else(foreign)?;
        let purpose = match &update.purpose {
            None => list.purpose,
            Some(name) => Purpose::from_name(name).ok_or_else(foreign)?,
        };
        let number = status::number(list.number, update.index).ok_or_else(foreign)?;
        match (list, purpose) {
            (_, Purpose::Suspension) if list.purpose == Purpose::Suspension => {
                Ok(self.suspensions.set(number, update.value)?)
            }
            (_, Purpose::Revocation) if list.purpose == Purpose::Revocation => {
                if !update.value {
                    return Err(ApiError::plain(&reason::STATUS_FINAL).into());
                }
                let position = u32::try_from(number).map_err(|_| foreign())?;
                Ok(self.chain()?.end(Position(position)).await?)
            }
            (
                ListName {
                    kind: ListKind::Token,
                    ..
                },
                Purpose::Suspension,
            ) => {
                let position = u32::try_from(number).map_err(|_| foreign())?;
                if number >= self.chain()?.leaves().await? {
                    return Err(foreign());
                }
                Ok(self.suspensions.set_position(position, update.value)?)
            }
            _ => Err(foreign()),
        }
    }
}

fn add_entries(document: &mut Value, entries: &[Entry]) {
    let mut all = match document.get("credentialStatus") {
        None => Vec::new(),
        Some(Value::Array(entries)) => entries.clone(),
        Some(one) => vec![one.clone()],
    };
    all.extend(entries.iter().map(Entry::to_json));
    document["credentialStatus"] = match <[Value; 1]>::try_from(all) {
        Ok([one]) => one,
        Err(many) => many.into(),
    };
}
