//! Credentials, and proofs from them.

use tacit_circuits::Proof;

use super::{CHILD, ISSUER, PERSON, VERIFIER, chapter, sees};
use crate::demo::claims::Papers;
use crate::demo::report::{AgeProof, Refusal};
use crate::demo::stage::Stage;
use crate::errors::ApiResult;

/// The person's bundle.
pub(super) const BUNDLE: &str = "papers/age.json";

/// The person gets a credential; returns the position of its leaf.
pub(super) async fn credentials(stage: &Stage, papers: &mut Papers) -> ApiResult<u64> {
    chapter(stage, "A credential");
    let claims = papers.person.display().to_string();
    let offer = ["offer", "--claims", &claims, "--out", "papers/offer.txt"];
    stage.must(ISSUER, &offer).await?;
    let seed = ["init", "--seed-out", "papers/seed.txt"];
    stage.must(PERSON, &seed).await?;
    let redeem = ["request-credential", "--offer", "papers/offer.txt"];
    let held = stage.must(PERSON, &redeem).await?;
    for (name, file) in [
        ("password", "password.txt"),
        ("seed of the wallet", "papers/seed.txt"),
        ("code of the offer", "papers/offer.txt"),
    ] {
        papers.plant_secret(name, &stage.path(file))?;
    }
    sees(
        stage,
        "the issuer",
        "the claims that it vouches for",
        "the person's secret, or where the credential will be used",
    );
    sees(
        stage,
        "the chain",
        "that this issuer has issued one more leaf",
        "a claim, a name, or whose it is",
    );
    held.number("/position")
}

/// The person proves to be of age, and anybody checks it with no network.
pub(super) async fn prove_age(stage: &Stage, constraints: usize) -> ApiResult<AgeProof> {
    chapter(stage, "Of age, and nothing else");
    let prove = ["prove", "age >= 18", "--out", BUNDLE];
    let proved = stage.must(PERSON, &prove).await?;
    let verified = stage.must(VERIFIER, &[BUNDLE, "--net", super::NET]).await?;
    for sentence in verified.list("/proven") {
        stage.say(&format!(
            "    proven: {}",
            sentence.as_str().unwrap_or_default()
        ));
    }
    sees(
        stage,
        "the verifier",
        "that one of the accepted issuers vouches for it, as of which height and time",
        "a name, a birthdate, the credential, or a number that another presentation would share",
    );
    sees(
        stage,
        "the chain",
        "nothing",
        "that a proof was made at all",
    );
    Ok(AgeProof {
        satisfied: verified
            .value
            .pointer("/verified")
            .and_then(serde_json::Value::as_bool)
            == Some(true),
        prove_ms: proved.number("/prove_ms")?,
        verify_ms: verified
            .value
            .pointer("/verify_ms")
            .and_then(serde_json::Value::as_f64)
            .unwrap_or_default(),
        proof_bytes: size_of::<Proof>(),
        constraints,
        bundle_bytes: proved.number("/bytes")?,
    })
}

/// A child with a credential of its own tries the same.
pub(super) async fn child(stage: &Stage, papers: &Papers) -> ApiResult<Refusal> {
    chapter(stage, "A child tries the same");
    let claims = papers.child.display().to_string();
    let offer = [
        "offer",
        "--claims",
        &claims,
        "--out",
        "papers/child-offer.txt",
    ];
    stage.must(ISSUER, &offer).await?;
    stage.must(CHILD, &["init"]).await?;
    let redeem = ["request-credential", "--offer", "papers/child-offer.txt"];
    stage.must(CHILD, &redeem).await?;
    let prove = ["prove", "age >= 18", "--out", "papers/child-age.json"];
    let mut refused: Refusal = stage.refused(CHILD, &prove).await?.into();
    // Refused means that nothing was written that somebody could show.
    refused.refused &= !stage.path("papers/child-age.json").exists();
    Ok(refused)
}
