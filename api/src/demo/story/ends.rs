//! Endings: a grant, a credential, and the reviewer's report over all of it.

use tacit_ledger::text::Purpose;

use super::people::BUNDLE;
use super::{ISSUER, PERSON, REVIEWER, SHOP, VERIFIER, chapter, sees};
use crate::demo::plants::Plant;
use crate::demo::report::{Audit, CredentialRevoked, Refusal};
use crate::demo::stage::{NET, Stage, failed};
use crate::errors::ApiResult;

/// The person revokes; the shop had one more use.
pub(super) async fn revoke_grant(stage: &Stage, grant: u64) -> ApiResult<Refusal> {
    chapter(
        stage,
        "The person revokes: one bit. The shop had one more use",
    );
    stage
        .must(PERSON, &["revoke", "--grant", &grant.to_string()])
        .await?;
    let refused = stage
        .refused(SHOP, &["fetch", "--out", "papers/again"])
        .await?;
    sees(
        stage,
        "the chain",
        "that one leaf has ended",
        "that it was a grant of this person to the shop",
    );
    Ok(refused.into())
}

/// The issuer revokes the credential.
pub(super) async fn revoke_credential(
    stage: &Stage,
    position: u64,
) -> ApiResult<CredentialRevoked> {
    chapter(stage, "The issuer revokes the credential");
    let ended = stage
        .must(ISSUER, &["revoke", "--position", &position.to_string()])
        .await?;
    let since = ended.number("/submitted/height")?.to_string();
    let prove = ["prove", "age >= 18", "--out", "papers/revoked.json"];
    let refused: Refusal = stage.refused(PERSON, &prove).await?.into();
    stage.say("  What was proven before stays true as of its time, and is refused by whoever wants to know about now:");
    stage.must(VERIFIER, &[BUNDLE, "--net", NET]).await?;
    let old = stage
        .refused(VERIFIER, &[BUNDLE, "--net", NET, "--since", &since])
        .await?;
    Ok(CredentialRevoked {
        refused: refused.refused && !stage.path("papers/revoked.json").exists(),
        reason: refused.reason,
        old_anchor_refused: old.is_some_and(|reason| reason == "ANCHOR_TOO_OLD"),
    })
}

/// The reviewer opens everything, for a purpose that is itself on the chain. With `leak` the purpose is the first of these
/// values that can stand there.
pub(super) async fn review(stage: &Stage, leak: Option<&[Plant]>) -> ApiResult<Audit> {
    chapter(stage, "The reviewer opens every grant and every access");
    let purpose = match leak {
        Some(plants) => {
            stage.say("  --plant: the reviewer writes a person's data into the stated purpose, for everybody to read");
            let texts = plants
                .iter()
                .filter_map(|plant| String::from_utf8(plant.value.clone()).ok());
            let mut texts = texts.filter(|text| Purpose::new(text.clone()).is_ok());
            texts
                .next()
                .ok_or_else(|| failed("no planted value can be leaked"))?
        }
        None => "yearly review".to_owned(),
    };
    let report = stage
        .must(REVIEWER, &["report", "--from", "1", "--purpose", &purpose])
        .await?;
    for row in report.list("/rows") {
        let text = |name: &str| {
            row.pointer(name)
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default()
        };
        stage.say(&format!(
            "    {}: {}, for {}",
            text("/action"),
            text("/grantee_name"),
            text("/purpose")
        ));
    }
    sees(
        stage,
        "the reviewer",
        "grantee, purpose, category, time, and a pseudonym of the year for the person",
        "the person, or a byte of the document",
    );
    let totals = |name: &str| report.number(&format!("/totals/{name}"));
    let complete = report
        .value
        .pointer("/complete")
        .and_then(serde_json::Value::as_bool)
        == Some(true);
    stage.say(&format!(
        "    complete: {complete} ({} of {} grants, {} of {} accesses on the chain)",
        totals("grants_opened")?,
        totals("grants")?,
        totals("accesses_opened")?,
        totals("accesses")?
    ));
    Ok(Audit {
        grants: totals("grants_opened")?,
        accesses: totals("accesses_opened")?,
        complete,
    })
}
