use tacit_identity::credential::CredentialError;

use super::*;
use crate::testing::steps::sync;
use crate::testing::{Chain, Home, Issuer, Node, open_key};

fn read_issuer(wallet: &mut Wallet, chain: &Chain, issuer: &Issuer) {
    sync(wallet, chain);
    wallet
        .read_members(&mut Node::new(chain), &[issuer.member])
        .unwrap();
}

#[test]
fn a_credential_is_held_when_its_leaf_was_seen() {
    let mut chain = Chain::new();
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let offer = issuer.offer(&chain, 1);
    let (number, request) = wallet.request_credential(&offer, open_key()).unwrap();
    let documents = issuer.issue(&mut chain, &offer, &request);
    chain.anchor();
    assert!(matches!(
        wallet.import_credential(number, &documents.received()),
        Err(WalletError::Credential(CredentialError::UnknownIssuer))
    ));
    read_issuer(&mut wallet, &chain, &issuer);
    wallet
        .import_credential(number, &documents.received())
        .unwrap();
    assert!(
        wallet.credential(number).unwrap().live().is_none(),
        "the issuer's word is not enough"
    );
    assert_eq!(sync(&mut wallet, &chain).confirmed, [number]);
    assert!(wallet.credential(number).unwrap().live().is_some());
    assert!(wallet.state.found.is_empty());
}

#[test]
fn the_same_offer_is_redeemed_by_the_same_bytes_after_a_kill() {
    let mut chain = Chain::new();
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let (mut home, mut wallet) = Home::new(&chain, 1);
    let offer = issuer.offer(&chain, 1);
    let (number, first) = wallet.request_credential(&offer, open_key()).unwrap();
    drop(wallet);
    let mut wallet = home.reopen();
    let (again, second) = wallet.request_credential(&offer, open_key()).unwrap();
    assert_eq!(
        (number, first.to_json().unwrap()),
        (again, second.to_json().unwrap())
    );
    let first = issuer.issue(&mut chain, &offer, &first);
    let second = issuer.issue(&mut chain, &offer, &second);
    assert_eq!(first.opening, second.opening);
    assert_eq!(chain.leaves(), 1);
    let (other, request) = wallet
        .request_credential(&issuer.offer(&chain, 2), open_key())
        .unwrap();
    assert_ne!(other, number);
    assert_ne!(
        request.unverified().subject,
        wallet
            .request_credential(&offer, open_key())
            .unwrap()
            .1
            .unverified()
            .subject
    );
}

#[test]
fn an_expired_request_is_renewed_for_the_same_keys() {
    let mut chain = Chain::new();
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let mut offer = issuer.offer(&chain, 1);
    offer.expires = chain.now().saturating_add(60 * 86_400);
    let (number, first) = wallet.request_credential(&offer, open_key()).unwrap();
    chain.block_after(5 * 86_400 * 1000, Vec::new());
    sync(&mut wallet, &chain);
    let (again, second) = wallet.request_credential(&offer, open_key()).unwrap();
    assert_eq!(number, again);
    let (first, second) = (first.unverified(), second.unverified());
    assert!(second.expires > first.expires);
    assert_eq!(
        (first.holder_key, first.end_tag, first.subject),
        (second.holder_key, second.end_tag, second.subject)
    );
}

#[test]
fn what_does_not_fit_is_not_taken_in() {
    let mut chain = Chain::new();
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let (_other_home, mut other) = Home::new(&chain, 2);
    let offer = issuer.offer(&chain, 1);
    let (number, request) = wallet.request_credential(&offer, open_key()).unwrap();
    let (_, foreign) = other.request_credential(&offer, open_key()).unwrap();
    let mine = issuer.issue(&mut chain, &offer, &request);
    let theirs = issuer.issue(&mut chain, &offer, &foreign);
    chain.anchor();
    read_issuer(&mut wallet, &chain, &issuer);

    let refused = |wallet: &mut Wallet, received: &Received<'_>| match wallet
        .import_credential(number, received)
    {
        Err(WalletError::Credential(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(&mut wallet, &theirs.received()),
        CredentialError::OtherHolder
    );
    let mixed = Received {
        opening: &theirs.opening,
        ..mine.received()
    };
    assert_eq!(
        refused(&mut wallet, &mixed),
        CredentialError::OpeningPosition
    );
    let text = String::from_utf8(mine.credential.clone()).unwrap();
    let changed = text.replace("Planted-Surname", "Planted-Surnames");
    assert_ne!(changed, text);
    let forged = Received {
        credential: changed.as_bytes(),
        ..mine.received()
    };
    refused(&mut wallet, &forged);
    assert!(wallet.credential(number).unwrap().issued.is_none());
    wallet.import_credential(number, &mine.received()).unwrap();
}

#[test]
fn an_issuer_that_names_a_wrong_position_is_found_out() {
    let mut chain = Chain::new();
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let (_other_home, mut other) = Home::new(&chain, 2);
    let offer = issuer.offer(&chain, 1);
    let (_, foreign) = other.request_credential(&offer, open_key()).unwrap();
    issuer.issue(&mut chain, &offer, &foreign);
    let (number, request) = wallet.request_credential(&offer, open_key()).unwrap();
    let documents = issuer.issue_at(
        &mut chain,
        &offer,
        &request,
        Some(tacit_circuits::types::Position(0)),
    );
    chain.anchor();
    read_issuer(&mut wallet, &chain, &issuer);
    wallet
        .import_credential(number, &documents.received())
        .unwrap();
    assert_eq!(sync(&mut wallet, &chain).refuted, [number]);
    assert!(wallet.credential(number).unwrap().issued.is_none());
}

#[test]
fn an_issuer_can_revoke_and_the_holder_can_give_up() {
    let mut chain = Chain::new();
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let mut held = Vec::new();
    for code in [1, 2] {
        let offer = issuer.offer(&chain, code);
        let (number, request) = wallet.request_credential(&offer, open_key()).unwrap();
        let documents = issuer.issue(&mut chain, &offer, &request);
        chain.anchor();
        read_issuer(&mut wallet, &chain, &issuer);
        wallet
            .import_credential(number, &documents.received())
            .unwrap();
        sync(&mut wallet, &chain);
        held.push(number);
    }
    issuer.revoke(
        &mut chain,
        wallet.credential(held[0]).unwrap().live().unwrap().position,
    );
    let ending = wallet.ending(held[1]).unwrap();
    chain.relay(&ending).unwrap();
    chain.anchor();
    assert_eq!(sync(&mut wallet, &chain).ended, held);
    assert!(
        held.iter()
            .all(|number| wallet.credential(*number).unwrap().live().is_none())
    );
}

#[test]
fn seed_and_the_issuers_files_bring_a_credential_back() {
    let mut chain = Chain::new();
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let (home, mut wallet) = Home::new(&chain, 1);
    let offer = issuer.offer(&chain, 1);
    let (number, request) = wallet.request_credential(&offer, open_key()).unwrap();
    let documents = issuer.issue(&mut chain, &offer, &request);
    chain.anchor();
    drop((home, wallet));

    let (_home, mut restored) = Home::new(&chain, 1);
    assert!(matches!(
        restored.recover_credential(&documents.received()),
        Err(WalletError::NotYet(_))
    ));
    read_issuer(&mut restored, &chain, &issuer);
    assert_eq!(
        restored.recover_credential(&documents.received()).unwrap(),
        number
    );
    sync(&mut restored, &chain);
    assert!(restored.credential(number).unwrap().live().is_some());
    assert!(restored.state.found.is_empty());

    let (_home, mut stranger) = Home::new(&chain, 2);
    read_issuer(&mut stranger, &chain, &issuer);
    assert!(stranger.recover_credential(&documents.received()).is_err());
}
