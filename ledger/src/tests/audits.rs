//! The reviewers' report: complete from the chain, and honest about what is missing.

use super::audit_secret;
use super::story::{RECORD, Story};
use crate::action::OpenAudit;
use crate::audit::{AuditAction, AuditMaterial, GapReason, RowState, report};
use crate::block::Sidecar;
use crate::ids::Height;
use crate::state;
use crate::text::Purpose;
use tacit_circuits::types::{MemberId, Position};

/// A story with a grant and two accesses, its sidecars in order, the grant's position.
fn story() -> (Story, Vec<Sidecar>, Position) {
    let mut story = Story::new();
    let body = story.grant_body();
    let (position, sidecar) = story.granted();
    let mut sidecars = vec![sidecar];
    for index in 0..2 {
        let (access, sidecar) = story.access(body.clone(), position, index);
        let tx = story.chain.unsigned(access);
        story.submit(tx);
        sidecars.push(sidecar);
    }
    (story, sidecars, position)
}

fn material(story: &Story, sidecars: &[Sidecar]) -> AuditMaterial {
    let mut material = AuditMaterial::new();
    story
        .certified()
        .into_iter()
        .for_each(|header| material.add_header(header));
    for block in &story.chain.blocks[1..] {
        material.add_block(block.header.height, block.txs.0.clone());
    }
    sidecars
        .iter()
        .cloned()
        .for_each(|sidecar| material.add_sidecar(sidecar));
    for id in 1..=4 {
        let member = state::member(&story.chain.state, MemberId::new(id).unwrap())
            .unwrap()
            .unwrap();
        material.add_member(member);
    }
    material
}

#[test]
fn the_report_opens_everything_and_says_what_is_missing() {
    let (mut story, sidecars, position) = story();
    let spec = &story.chain.spec.clone();
    let all = (Height(1), story.chain.height());
    let secrets = [audit_secret(7), audit_secret(1)];

    let whole = report(spec, all, &material(&story, &sidecars), &secrets).unwrap();
    assert!(whole.complete && whole.gaps.is_empty());
    assert_eq!(whole.warning, spec.warning());
    assert!(whole.warning.is_some());
    let totals = whole.totals;
    assert_eq!(
        (
            totals.grants,
            totals.grants_opened,
            totals.accesses,
            totals.accesses_opened
        ),
        (1, 1, 2, 2)
    );
    assert_eq!(totals.blocks, story.chain.height().0);
    let RowState::Opened(grant) = &whole.rows[0].state else {
        panic!()
    };
    let terms = story.grant_body();
    assert_eq!(whole.rows[0].action, AuditAction::Grant);
    assert_eq!(
        (grant.grantee.get(), grant.grantee_name.as_str()),
        (2, "Bank of Tests")
    );
    assert_eq!(
        (grant.purpose, &grant.categories[..]),
        ("delivery-of-goods", &["address"][..])
    );
    assert_eq!((grant.record, grant.max_uses), (RECORD, Some(3)));
    assert_eq!(
        (grant.not_before, grant.not_after),
        (Some(terms.not_before), Some(terms.not_after))
    );
    for row in &whole.rows[1..] {
        let RowState::Opened(access) = &row.state else {
            panic!()
        };
        assert_eq!((access.grant, access.record), (Some(position), RECORD));
        assert_eq!(access.audit_nym, grant.audit_nym, "the same person");
        let (tx, proof) = material(&story, &sidecars)
            .prove(row.height, row.index as usize)
            .unwrap();
        assert_eq!(tx.id(), row.tx);
        let header = &story.certified()[row.height.0 as usize - 1];
        assert!(header.verify_tx(&tx, &proof).is_ok());
    }
    let json = serde_json::to_value(&whole).unwrap();
    assert_eq!(json["rows"][0]["state"], "opened");
    assert_eq!(json["complete"], true);
    let csv = whole.to_csv();
    assert_eq!(csv.lines().count(), 4);
    assert!(csv.contains("\"Bank of Tests\""));

    // Each sidecar withheld in turn: the row is named, the numbers stay.
    for withheld in 0..3 {
        let mut rest = sidecars.clone();
        rest.remove(withheld);
        let partial = report(spec, all, &material(&story, &rest), &secrets).unwrap();
        assert!(!partial.complete);
        assert_eq!(partial.rows[withheld].state, RowState::Withheld);
        assert_eq!((partial.totals.grants, partial.totals.accesses), (1, 2));
        let opened = partial.totals.grants_opened + partial.totals.accesses_opened;
        assert_eq!(opened, 2);
    }

    // Without the key, or with another.
    for secrets in [vec![], vec![audit_secret(7)]] {
        let closed = report(spec, all, &material(&story, &sidecars), &secrets).unwrap();
        assert!(!closed.complete);
        assert!(closed.rows.iter().all(|row| row.state == RowState::NoKey));
    }

    // Blocks left out, cut short, exchanged: no row can be hidden.
    let at = whole.rows[0].height;
    let gap = |material: AuditMaterial, reason| {
        let partial = report(spec, all, &material, &secrets).unwrap();
        assert!(!partial.complete);
        assert_eq!(
            partial
                .gaps
                .iter()
                .map(|gap| (gap.height, gap.reason))
                .collect::<Vec<_>>(),
            [(at, reason)]
        );
        assert_eq!(partial.totals.grants, 0);
    };
    let mut cut = material(&story, &sidecars);
    cut.add_block(at, Vec::new());
    gap(cut, GapReason::OtherTransactions);
    let mut without_block = AuditMaterial::new();
    story
        .certified()
        .into_iter()
        .for_each(|header| without_block.add_header(header));
    let others = story.chain.blocks[1..]
        .iter()
        .filter(|block| block.header.height != at);
    others.for_each(|block| without_block.add_block(block.header.height, block.txs.0.clone()));
    sidecars
        .iter()
        .cloned()
        .for_each(|sidecar| without_block.add_sidecar(sidecar));
    for id in 1..=4 {
        let member = state::member(&story.chain.state, MemberId::new(id).unwrap())
            .unwrap()
            .unwrap();
        without_block.add_member(member);
    }
    gap(without_block, GapReason::NoBlock);

    // Whoever opens says so on the chain, and the report names it.
    assert!(whole.openings.is_empty());
    let (from, to) = all;
    let purpose = Purpose::new("complaint 17").unwrap();
    let opening = story.chain.by_member(3, 3, OpenAudit { from, to, purpose });
    story.chain.submit(opening).unwrap();
    let named = report(
        &story.chain.spec,
        all,
        &material(&story, &sidecars),
        &secrets,
    )
    .unwrap();
    let opening = &named.openings[0];
    assert_eq!(
        (opening.reviewer.get(), opening.reviewer_name.as_deref()),
        (3, Some("member 3"))
    );
    assert_eq!(
        (opening.purpose.as_str(), opening.from, opening.to),
        ("complaint 17", from, to)
    );
    let wider = (Height(0), to);
    let partial = report(
        &story.chain.spec,
        wider,
        &material(&story, &sidecars),
        &secrets,
    )
    .unwrap();
    assert!(
        partial.openings.is_empty(),
        "it covers less than this report"
    );

    // Beyond the chain: said, not skipped.
    let beyond = (Height(1), story.chain.height().next());
    let partial = report(spec, beyond, &material(&story, &sidecars), &secrets).unwrap();
    assert!(!partial.complete);
    assert_eq!(partial.gaps[0].reason, GapReason::NoHeader);
    assert!(
        report(
            spec,
            (Height(2), Height(1)),
            &material(&story, &sidecars),
            &secrets
        )
        .is_err()
    );

    // A grantee whose record was not given cannot be checked.
    let mut nameless = AuditMaterial::new();
    story
        .certified()
        .into_iter()
        .for_each(|header| nameless.add_header(header));
    let blocks = &story.chain.blocks[1..];
    blocks
        .iter()
        .for_each(|block| nameless.add_block(block.header.height, block.txs.0.clone()));
    sidecars
        .iter()
        .cloned()
        .for_each(|sidecar| nameless.add_sidecar(sidecar));
    let partial = report(spec, all, &nameless, &secrets).unwrap();
    assert!(
        partial
            .rows
            .iter()
            .all(|row| matches!(row.state, RowState::Unchecked { .. }))
    );
    assert!(!partial.complete);

    // Headers of another chain are no basis.
    let other = super::Chain::new();
    assert!(report(&other.spec, all, &material(&story, &sidecars), &secrets).is_err());
}
