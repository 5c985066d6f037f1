//! Whether a credential is this issuer's own. Its status entry may name anything; only one that was issued here is acted upon.

use serde_json::Value;
use tacit_identity::did;
use tacit_identity::sd_jwt::{Holder, KeyRequest};
use tacit_w3c::integrity::{self, Expected, Purpose};

use super::problem::Outcome;
use super::resolver::Asked;
use super::sd_jwt::LEEWAY_SECS;
use super::service::Service;
use crate::clock::now;
use crate::errors::{ApiError, catalogue as reason};

impl Service {
    /// Checks that every proof of a credential is by a key of this issuer's DID, also an earlier one.
    ///
    /// # Errors
    /// STATUS_FOREIGN when one is not; when the DID cannot be resolved.
    pub async fn check_own(&self, credential: &Value) -> Outcome<()> {
        let own = self.issuer()?.identity().did().to_owned();
        let mut methods = self.resolver().methods_of(credential).await?;
        methods.retain(|_, method| method.controller == own);
        // What an earlier key has signed is the first thing to be revoked.
        for method in methods.values_mut() {
            method.purposes = vec![Purpose::AssertionMethod];
            method.ends = None;
        }
        let (credential, contexts) = (credential.clone(), self.contexts());
        self.run(move || {
            let expected = Expected::purpose(Purpose::AssertionMethod, now());
            let resolver = |url: &str| methods.get(url).cloned();
            let verified = integrity::verify(&credential, &expected, &resolver, &contexts);
            verified
                .map(|_| ())
                .map_err(|error| foreign(&own, error).into())
        })
        .await
    }

    /// Checks that an SD-JWT is valid and signed by a key of this issuer's DID, also an earlier one.
    ///
    /// # Errors
    /// As [`Service::check_own`].
    pub async fn check_own_sd_jwt(&self, text: &str) -> Outcome<()> {
        let own = self.issuer()?.identity().did().to_owned();
        let text = text.to_owned();
        let is_own = move |resolver: did::Resolver<'_>, asked: &Asked<'_>| {
            let keys = |request: &KeyRequest<'_>| {
                let method = resolver.method(request.key_id?).ok()?;
                (method.controller == own && request.issuer == Some(own.as_str()))
                    .then_some(method.key)
            };
            let held = Holder::receive(&text, &keys, now(), LEEWAY_SECS);
            let held = held.map_err(|error| foreign(&own, error));
            asked.or_failed(held.map(drop))
        };
        Ok(self.resolver().run(false, is_own).await??)
    }
}

fn foreign(own: &str, why: impl std::fmt::Display) -> ApiError {
    let what = format!("the credential was not issued here, as {own}: {why}");
    ApiError::new(&reason::STATUS_FOREIGN, what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::member::Secrets;
    use crate::w3c::identity::DidChoice;
    use crate::w3c::issuer::Issuer;
    use crate::w3c::lists::Lists;
    use crate::w3c::options::IssueOptions;
    use crate::w3c::resolver::Places;
    use crate::w3c::sd_jwt::options;

    async fn service(dir: &Path) -> Service {
        let secrets = Secrets::create_with(dir, b"password").unwrap();
        let issuer = Issuer::open(dir, secrets, None, &DidChoice::Key, "https://a.example");
        let issuer = Arc::new(issuer.await.unwrap());
        Service::new(Places::default(), Lists::default(), Some(issuer)).unwrap()
    }

    #[tokio::test]
    async fn only_what_was_issued_here_is_own() {
        let dir = tempfile::tempdir().unwrap();
        let own = service(&dir.path().join("own")).await;
        let other = service(&dir.path().join("other")).await;
        let card = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "credentialSubject": {"id": "did:example:someone"}
        });
        let refused = |outcome: Outcome<()>| outcome.unwrap_err().error().code();
        let issued = own.issue(card, IssueOptions::default()).await.unwrap();
        own.check_own(&issued).await.unwrap();
        assert_eq!(refused(other.check_own(&issued).await), "STATUS_FOREIGN");
        // An entry that was put in, and one without any proof.
        let mut changed = issued.clone();
        changed["credentialStatus"] = json!({"type": "BitstringStatusListEntry"});
        assert_eq!(refused(own.check_own(&changed).await), "STATUS_FOREIGN");
        changed.as_object_mut().unwrap().remove("proof");
        assert_eq!(refused(own.check_own(&changed).await), "STATUS_FOREIGN");

        let options = options::IssueOptions::new("https://a.example/card");
        let token = own
            .issue_sd_jwt(json!({"level": 1}), options)
            .await
            .unwrap();
        own.check_own_sd_jwt(&token).await.unwrap();
        let elsewhere = other.check_own_sd_jwt(&token).await;
        assert_eq!(refused(elsewhere), "STATUS_FOREIGN");
    }
}
