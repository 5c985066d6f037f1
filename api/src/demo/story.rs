//! The story, chapter by chapter: what is done, and what each role sees and does not see of it.

mod data;
mod ends;
mod people;

use std::time::Instant;
use tacit_circuits::access::Access;
use tacit_circuits::grant::Grant;
use tacit_circuits::open::Open;
use tacit_circuits::show::Show;

use super::DemoArgs;
use super::chain::Chain;
use super::claims::Papers;
use super::plants;
use super::report::{ChainFound, PeakMemory, Report, Statement};
use super::stage::{LOGS, NET, Role, Stage};
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult};
use crate::keys::KeyCache;
use crate::logging::DEVELOPMENT_WARNING;

/// The folder of a network of several validators.
const NETWORK: &str = "network";
/// The one validator of a chain, or of several the one whose operator acts.
const OPERATOR: Role = Role::new("operator", "node", "node");
const FIRST_OPERATOR: Role = Role::new("operator", "node", "network/validator-1/governance");
const ISSUER: Role = Role::new("issuer", "issuer", "issuer");
const VAULT: Role = Role::new("vault", "vault", "vault");
const PERSON: Role = Role::new("person", "wallet", "wallet");
const CHILD: Role = Role::new("child", "wallet", "child");
const SHOP: Role = Role::new("shop", "platform", "shop");
const COURIER: Role = Role::new("courier", "platform", "courier");
const REVIEWER: Role = Role::new("reviewer", "audit", "reviewer");
/// Anybody, with no account and no network.
const VERIFIER: Role = Role::new("verifier", "verify", "");

/// Constraints of the statements.
struct Constraints {
    show: usize,
    grant: usize,
    access: usize,
}

/// Plays everything.
pub(super) async fn tell(
    stage: &mut Stage,
    args: &DemoArgs,
    context: &Context,
) -> ApiResult<Report> {
    let started = Instant::now();
    let mut papers = Papers::prepare(stage, args)?;
    chapter(
        stage,
        "Proving keys (made once on this machine, by an insecure development setup)",
    );
    let (constraints, key_setup_ms) = proving_keys(context).await?;
    stage.say(&format!("  ready after {key_setup_ms} ms"));

    chapter(
        stage,
        "A chain, an issuer, a vault, two platforms and a reviewer",
    );
    stage.say("  Every command also takes --dir ROLE --net net --password-file password.txt.");
    found(stage, args.validators).await?;
    let credential = people::credentials(stage, &mut papers).await?;
    let age = people::prove_age(stage, constraints.show).await?;
    let under_age = people::child(stage, &papers).await?;
    let asked = data::ask_and_answer(stage, &papers).await?;
    let fetch = data::read(stage, &papers).await?;
    let theft = data::steal(stage, context, &asked.request).await?;
    let accesses_seen_by_owner = data::look(stage).await?;
    let after_revoke = ends::revoke_grant(stage, asked.grant).await?;
    let credential_revoked = ends::revoke_credential(stage, credential).await?;
    let leak = args.plant.then_some(papers.plants.as_slice());
    let audit = ends::review(stage, leak).await?;

    chapter(stage, "What is left behind");
    let chain = Chain::read(stage).await?;
    let peak_memory = PeakMemory {
        node: stage.peak_memory(match args.validators {
            1 => OPERATOR.command,
            _ => "validator-1",
        }),
        vault: stage.peak_memory(VAULT.command),
        put: asked.put_memory,
        fetch: fetch.peak_memory,
    };
    stage.stop().await;
    // Chain, index, sidecars, vault and logs; and the folders in which everything of a role is sealed.
    let operator = match args.validators {
        1 => OPERATOR,
        _ => Role::new("operators", "network", NETWORK),
    };
    let folders = [
        operator, ISSUER, VAULT, PERSON, CHILD, SHOP, COURIER, REVIEWER,
    ]
    .map(|role| role.dir);
    let folders: Vec<_> = folders
        .into_iter()
        .chain([NET, LOGS])
        .map(|name| stage.path(name))
        .collect();
    let planted = papers.plants.len();
    let searching = tokio::task::spawn_blocking(move || plants::search(&folders, &papers.plants));
    let searched = searching
        .await
        .map_err(ApiError::internal)?
        .map_err(ApiError::internal)?;

    Ok(Report {
        age_proof: age,
        under_age,
        request: asked.delivery,
        denied_request: asked.denied,
        grant: Statement {
            prove_ms: asked.prove_ms,
            constraints: constraints.grant,
        },
        access: Statement {
            prove_ms: None,
            constraints: constraints.access,
        },
        fetch,
        second_platform: theft.access.into(),
        stolen_receipt: theft.receipt.into(),
        accesses_seen_by_owner,
        after_revoke,
        credential_revoked,
        audit,
        chain: ChainFound {
            chain,
            plaintext_found: searched.found.len(),
            searched,
            planted,
        },
        peak_memory,
        key_setup_ms,
        total_ms: ms(started),
        warning: DEVELOPMENT_WARNING,
    })
}

async fn proving_keys(context: &Context) -> ApiResult<(Constraints, u64)> {
    let keys = KeyCache::of_user(context.output);
    let started = Instant::now();
    let made = tokio::task::spawn_blocking(move || {
        keys.proving::<Open>()?;
        Ok::<_, ApiError>(Constraints {
            show: keys.proving::<Show>()?.constraints(),
            grant: keys.proving::<Grant>()?.constraints(),
            access: keys.proving::<Access>()?.constraints(),
        })
    });
    Ok((made.await.map_err(ApiError::internal)??, ms(started)))
}

/// Founds the chain and admits the organisations.
async fn found(stage: &mut Stage, validators: u16) -> ApiResult<()> {
    let operator = match validators {
        1 => {
            stage.must(OPERATOR, &["init"]).await?;
            stage.serve(OPERATOR, "run").await?;
            OPERATOR
        }
        several => {
            stage.serve_network(several, NETWORK).await?;
            FIRST_OPERATOR
        }
    };
    for (role, name) in [
        (ISSUER, "Example Registry"),
        (VAULT, "City Vault"),
        (SHOP, "Example Shop"),
        (COURIER, "Example Courier"),
        (REVIEWER, "Data Protection Board"),
    ] {
        stage.must(role, &["init", "--name", name]).await?;
    }
    let members = [
        "issuer/member.json",
        "vault/member.json",
        "shop/member.json",
        "courier/member.json",
        "reviewer/member.json",
    ];
    stage.admit(operator, &members).await?;
    stage.must(ISSUER, &["schema"]).await?;
    stage.must(REVIEWER, &["key"]).await?;
    stage.audit_key(operator, "reviewer/audit-key.json").await?;
    stage.serve(ISSUER, "serve").await?;
    stage.serve(VAULT, "serve").await?;
    sees(
        stage,
        "everybody",
        "who is a member of the consortium, under which keys",
        "",
    );
    Ok(())
}

fn chapter(stage: &Stage, title: &str) {
    stage.say(&format!("\n{title}"));
}

/// What somebody learns by a step, and what not.
fn sees(stage: &Stage, who: &str, what: &str, not: &str) {
    stage.say(&format!("    {who} sees: {what}"));
    if !not.is_empty() {
        stage.say(&format!("      but not: {not}"));
    }
}

fn ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
