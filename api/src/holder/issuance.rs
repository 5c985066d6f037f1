//! Asking for credentials, over gRPC or by files.

use tacit_circuits::field::fr_to_bytes;
use tacit_circuits::open::Open;
use tacit_identity::issuance::{IssuanceOffer, SignedIssuanceRequest};
use tacit_proto::v1;
use tacit_proto::v1::identity_service_client::IdentityServiceClient;
use tacit_proto::v1::issuance_service_client::IssuanceServiceClient;
use tacit_wallet::derive::Counter;
use tacit_wallet::issuance::Received;
use tacit_wallet::wallet::Wallet;

use super::Holder;
use crate::auth::client::Credentials;
use crate::client::connect::connect;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::Kind;

impl Holder {
    /// Makes the request that redeems an offer. The same offer again gives the same request.
    ///
    /// # Errors
    /// When the offer is of another chain, or the proof cannot be made.
    pub fn credential_request(
        &mut self,
        offer: &IssuanceOffer,
    ) -> ApiResult<(Counter, SignedIssuanceRequest)> {
        self.sync()?;
        let key = self.keys().proving_for::<Open>(self.wallet.spec())?;
        let wallet = &mut self.wallet;
        Ok(tokio::task::block_in_place(|| {
            wallet.request_credential(offer, &key)
        })?)
    }

    /// Redeems an offer at the issuer and takes the credential in.
    ///
    /// # Errors
    /// When the issuer refuses, or what it gives does not check.
    pub async fn request_credential(&mut self, offer: &IssuanceOffer) -> ApiResult<Counter> {
        let (number, request) = self.credential_request(offer)?;
        let endpoint = self.net.endpoint(Kind::Issuer)?;
        if endpoint.member != Some(offer.issuer.member) {
            let what = format!(
                "the net folder has no endpoint of issuer {}",
                offer.issuer.member
            );
            return Err(ApiError::new(&reason::ENDPOINT_MISSING, what));
        }
        // A key of this call alone: the issuer learns the person from the offer, not from a key.
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(ApiError::internal)?;
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        let mut issuer =
            IssuanceServiceClient::new(connect(&endpoint, Some(Credentials::key(key))).await?);
        let response = issuer
            .issue_credential(v1::IssueCredentialRequest {
                offer_code: offer.code.expose().to_vec().into(),
                request: request.to_json().map_err(ApiError::internal)?.into(),
            })
            .await?
            .into_inner();
        let opening = zeroize::Zeroizing::new(response.opening.to_vec());
        let schema = self.schema(&fr_to_bytes(&offer.schema.0)).await?;
        self.take_in(number, &schema, &response.credential, &opening)
            .await
    }

    /// Takes in a credential that came as files.
    ///
    /// # Errors
    /// When it is not for a request of this wallet, or does not check.
    pub async fn import(&mut self, credential: &[u8], opening: &[u8]) -> ApiResult<Counter> {
        let parsed = tacit_identity::credential::Credential::parse(credential);
        let invalid = |error: &dyn std::fmt::Display| {
            ApiError::new(&reason::CREDENTIAL_INVALID, error.to_string())
        };
        let parsed = parsed.map_err(|error| invalid(&error))?;
        let schema = parsed.schema_id().map_err(|error| invalid(&error))?;
        let schema = self.schema(&fr_to_bytes(&schema.0)).await?;
        let issuer = parsed.issuer().member;
        self.sync()?;
        self.read_members(&[issuer])?;
        let waiting: Vec<Counter> = self
            .wallet
            .credentials()
            .iter()
            .filter(|held| held.issuer == issuer && held.issued.is_none())
            .map(|held| held.counter)
            .collect();
        // Several requests may wait at one issuer; the commitments tell which one this answers.
        let received = Received {
            schema: &schema,
            credential,
            opening,
        };
        for number in waiting {
            if self.wallet.import_credential(number, &received).is_ok() {
                self.settle(|wallet| is_live(wallet, number)).await?;
                return Ok(number);
            }
        }
        let recovered = self.wallet.recover_credential(&received)?;
        self.sync()?;
        Ok(recovered)
    }

    async fn take_in(
        &mut self,
        number: Counter,
        schema: &[u8],
        credential: &[u8],
        opening: &[u8],
    ) -> ApiResult<Counter> {
        let issuer = self.wallet.credential(number)?.issuer;
        self.read_members(&[issuer])?;
        let received = Received {
            schema,
            credential,
            opening,
        };
        self.wallet.import_credential(number, &received)?;
        self.settle(|wallet| is_live(wallet, number)).await?;
        Ok(number)
    }

    /// A schema document. Its id is the hash of its content, so no proof is needed.
    async fn schema(&self, id: &[u8; 32]) -> ApiResult<Vec<u8>> {
        let connection = connect(&self.net.endpoint(Kind::Node)?, None).await?;
        let request = v1::GetSchemaRequest {
            schema_id: id.to_vec().into(),
        };
        Ok(IdentityServiceClient::new(connection)
            .get_schema(request)
            .await?
            .into_inner()
            .schema
            .into())
    }
}

fn is_live(wallet: &Wallet, number: Counter) -> bool {
    wallet
        .credential(number)
        .is_ok_and(|held| held.live().is_some())
}
