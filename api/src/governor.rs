//! A validator's operator at the command line: votes about changes of the chain, signed by the governance key.

use tacit_ledger::action::{Action, Approve, Propose, Withdraw};
use tacit_ledger::governance::{Change, ProposalId, ProposalRecord};
use tacit_ledger::ids::ValidatorId;
use tacit_ledger::signature::SigningPublicKey;
use tacit_ledger::tx::Tx;

use crate::auth::client::Credentials;
use crate::cli::place::Place;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::member::Secrets;
use crate::submit::{self, Submitted};

/// The operator of an active validator, connected to a node.
pub struct Governor {
    follower: Follower,
    secrets: Secrets,
    validator: ValidatorId,
}

impl Governor {
    /// Opens the governance key in a folder and finds the validator that has it.
    ///
    /// # Errors
    /// VALIDATOR_NOT_ACTIVE when no active validator has this key; when the folder cannot be opened or the node not be
    /// reached.
    pub async fn connect(place: &Place) -> ApiResult<Self> {
        let secrets = Secrets::open(&place.dir, &place.password())?;
        let key = secrets.governance();
        let credentials = Credentials::key(key.clone());
        let follower = Follower::connect_as(&place.net_dir(), None, Some(credentials)).await?;
        let public = SigningPublicKey::of(&key);
        let active = follower.validators().await?;
        let own = active
            .as_slice()
            .iter()
            .find(|validator| validator.governance_key == public)
            .map(|validator| validator.id);
        let validator = own.ok_or_else(|| {
            let what = "no active validator has the governance key of this folder";
            ApiError::new(&reason::VALIDATOR_NOT_ACTIVE, what)
        })?;
        Ok(Self {
            follower,
            secrets,
            validator,
        })
    }

    /// The light client that reads what is voted about.
    pub fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Proposes a change; with that this validator has voted for it.
    ///
    /// # Errors
    /// When the ledger refuses it.
    pub async fn propose(&self, change: Change) -> ApiResult<Submitted> {
        let sequence = self.follower.proposals_by(self.validator).await?;
        self.submit(Propose { sequence, change }.into()).await
    }

    /// Votes for a proposal as it stands in the state, which the operator was shown.
    ///
    /// # Errors
    /// When the ledger refuses it.
    pub async fn approve(&self, proposal: &ProposalRecord) -> ApiResult<Submitted> {
        let action = Approve {
            proposal: proposal.id,
            change: proposal.change.digest(),
        };
        self.submit(action.into()).await
    }

    /// Takes an own proposal back.
    ///
    /// # Errors
    /// When the ledger refuses it.
    pub async fn withdraw(&self, proposal: ProposalId) -> ApiResult<Submitted> {
        self.submit(Withdraw { proposal }.into()).await
    }

    async fn submit(&self, action: Action) -> ApiResult<Submitted> {
        let chain = self.follower.spec().id();
        let id = submit::request_id_of(&chain, self.validator, &action);
        let key = self.secrets.governance();
        let tx = Tx::signed_by_validator(&chain, id, action, self.validator, &key);
        submit::submit(self.follower.connection(), &tx, None).await
    }
}
