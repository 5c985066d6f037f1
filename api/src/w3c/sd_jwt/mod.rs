//! SD-JWT VCs as a service: issuing and verifying. Presenting is the holder's.

pub mod options;
pub mod verify;

use serde_json::Value;
use tacit_identity::did;
use tacit_identity::sd_jwt::SdJwt;
use tacit_identity::sd_jwt::status::{FetchedToken, StatusReference};

use self::options::{IssueOptions, VerifyOptions};
use self::verify::verified;
use super::issuer::ListName;
use super::lists::{GivenLists, ListKind};
use super::problem::Outcome;
use super::resolver::Asked;
use super::service::Service;
use super::verify::Report;
use crate::clock::now;
use crate::errors::ApiError;

/// How many seconds clocks may differ.
pub const LEEWAY_SECS: u64 = 30;

/// How many seconds ago a holder may have signed.
pub const MAX_AGE_SECS: u64 = 600;

impl Service {
    /// Issues an SD-JWT VC with these claims (a JSON object).
    ///
    /// # Errors
    /// [`Problem`](super::problem::Problem): this service does not issue, or claims or options break a rule.
    pub async fn issue_sd_jwt(&self, claims: Value, options: IssueOptions) -> Outcome<String> {
        let issuer = self.issuer()?.clone();
        let Value::Object(claims) = claims else {
            return Err(ApiError::bad_field("claims", "claims are a JSON object").into());
        };
        let (issued, claims, options) = {
            let issuer = issuer.clone();
            self.run(move || {
                let issued = issuer.sign_sd_jwt(&claims, &options, None, now())?;
                Ok((issued, claims, options))
            })
            .await?
        };
        // A place in a list is taken only for what can be signed.
        let Some(status) = issuer.reference(&options.status).await? else {
            return Ok(issued);
        };
        self.run(move || Ok(issuer.sign_sd_jwt(&claims, &options, Some(status), now())?))
            .await
    }

    /// Verifies what a holder shows of an SD-JWT VC, with its key binding when the options have a nonce.
    ///
    /// # Errors
    /// [`Problem`](super::problem::Problem) with the first thing that is wrong. A status that is not known is a warning.
    pub async fn verify_sd_jwt(&self, text: String, options: VerifyOptions) -> Outcome<Report> {
        let token = match options.status {
            true => self.token_of(&text, &options.lists).await?,
            false => None,
        };
        let work = move |resolver: did::Resolver<'_>, asked: &Asked<'_>| {
            verified(&text, &options, token.as_ref(), resolver, asked)
        };
        let turn = || self.turn();
        self.resolver().run_in_turns(false, turn, work).await?
    }

    /// The status list token that an SD-JWT names, of this issuer or another one. What is malformed has none: verification says
    /// why.
    async fn token_of(&self, text: &str, given: &GivenLists) -> Outcome<Option<FetchedToken>> {
        let reference = SdJwt::parse(text).ok().and_then(|sd_jwt| {
            let status = sd_jwt.payload().get("status")?.as_object()?;
            StatusReference::parse(status).ok()
        });
        let Some(StatusReference { uri, .. }) = reference else {
            return Ok(None);
        };
        let own = self.issuer().ok();
        let own = own.and_then(|issuer| Some((issuer, issuer.list_of(&uri)?)));
        match own {
            Some((issuer, list)) if list.kind == ListKind::Token => {
                let ListName {
                    purpose, number, ..
                } = list;
                match issuer.token((purpose, number)).await {
                    Ok(token) => Ok(Some(FetchedToken {
                        token: String::clone(&token),
                        at: now(),
                    })),
                    Err(error) if error.status() == 404 => Ok(None),
                    Err(error) => Err(error),
                }
            }
            _ => {
                let found = self.lists().find(ListKind::Token, &uri, given).await;
                Ok(found.map(|found| FetchedToken {
                    token: String::from_utf8_lossy(&found.content).trim().to_owned(),
                    at: found.at,
                }))
            }
        }
    }
}
