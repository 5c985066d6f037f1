use tacit_circuits::field::fr_to_hex;

use super::*;
use crate::testing::steps::{recorded, sync, vault};
use crate::testing::{Chain, Home, Issuer, Node, PASSWORD, open_key, rng};

/// A wallet with everything in it.
fn full() -> (Chain, Home, Wallet) {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let (home, mut wallet) = Home::new(&chain, 1);
    let offer = issuer.offer(&chain, 1);
    let (number, request) = wallet.request_credential(&offer, open_key()).unwrap();
    let documents = issuer.issue(&mut chain, &offer, &request);
    recorded(&mut wallet, &mut chain, vault, b"the planted content");
    wallet
        .read_members(&mut Node::new(&chain), &[issuer.member])
        .unwrap();
    wallet
        .import_credential(number, &documents.received())
        .unwrap();
    sync(&mut wallet, &chain);
    wallet.add_inbox("Planted Label", vault).unwrap();
    (chain, home, wallet)
}

#[test]
fn nothing_secret_is_shown_by_debug() {
    let (_chain, _home, wallet) = full();
    let state = &wallet.state;
    let plan = state.records[0].plan;
    let record = state.records[0].counter;
    let record_digest = state.records[0].object.content_digest.to_string();
    let secrets = [
        hex::encode(state.seed.expose()),
        format!("{:?}", state.seed.expose()),
        wallet.seed_text().to_string(),
        fr_to_hex(wallet.keys.holder_secret(state.generation).expose()),
        format!("{:?}", wallet.keys.holder_secret(state.generation).expose()),
        fr_to_hex(wallet.keys.end_secret(record).expose()),
        fr_to_hex(wallet.keys.body_salt(record, &plan).expose()),
        hex::encode(wallet.keys.data_key(record, &plan).expose()),
        format!("{:?}", wallet.keys.data_key(record, &plan).expose()),
        "Planted".into(),
        "Passport".into(),
        "Ada".into(),
        "1990-02-28".into(),
        record_digest,
        format!("{:?}", plan.0),
        String::from_utf8_lossy(PASSWORD).into_owned(),
    ];
    let shown = [
        format!("{wallet:?} {wallet:#?}"),
        format!("{state:?} {state:#?}"),
        format!("{:?}", wallet.keys),
        format!("{:?}", state.seed),
        format!(
            "{:?} {:?}",
            wallet.file,
            crate::file::seal::FileKey::new(PASSWORD, KdfCost::INSECURE_TEST, &mut rng(1))
        ),
        format!(
            "{:?} {:?} {:?}",
            state.credentials, state.records, state.inboxes
        ),
        format!(
            "{:?} {:?}",
            wallet.data_key(record).unwrap(),
            wallet.object_owner(record).unwrap()
        ),
        format!("{:?}", wallet.keys.inbox_encryption_key(0)),
    ];
    for secret in &secrets {
        for text in &shown {
            assert!(
                !text.contains(secret.as_str()),
                "a secret is shown in {text}"
            );
        }
    }
}

#[test]
fn nothing_personal_stands_in_the_file_in_plain() {
    let (_chain, home, wallet) = full();
    let bytes = home.copy();
    for planted in ["Planted", "Passport", "credentialSubject", "1990-02-28"] {
        let planted = planted.as_bytes();
        assert!(!bytes.windows(planted.len()).any(|window| window == planted));
    }
    let state = wallet.state.to_bytes();
    assert!(
        state.windows(7).any(|window| window == b"Planted"),
        "the search would find it"
    );
}

#[test]
fn a_change_that_cannot_be_saved_is_not_made() {
    let (chain, home, mut wallet) = full();
    let vault = wallet.inboxes()[0].vault;
    // The temporary file's name is taken by a folder, so no save can succeed.
    let mut blocked = home.path().into_os_string();
    blocked.push(".tmp");
    std::fs::create_dir(&blocked).unwrap();
    let before = home.copy();
    let error = wallet.add_inbox("another", vault).unwrap_err();
    assert_eq!(error.reason(), "WALLET_IO");
    assert_eq!(wallet.inboxes().len(), 1);
    assert_eq!(home.copy(), before);
    std::fs::remove_dir(&blocked).unwrap();
    assert_eq!(wallet.add_inbox("another", vault).unwrap(), 1);
    sync(&mut wallet, &chain);
}

#[test]
fn a_wallet_opens_again_with_all_it_knew() {
    let (chain, mut home, wallet) = full();
    let before = wallet.state.to_bytes();
    drop(wallet);
    let mut wallet = home.reopen();
    assert_eq!(*wallet.state.to_bytes(), *before);
    assert_eq!(wallet.chain(), chain.spec.id());
    wallet
        .change_password(b"another", KdfCost::INSECURE_TEST)
        .unwrap();
    drop(wallet);
    let wrong = Wallet::open(&home.path(), PASSWORD, None, Box::new(rng(1))).unwrap_err();
    assert_eq!(wrong.reason(), "WALLET_PASSWORD");
    let wallet = Wallet::open(&home.path(), b"another", None, Box::new(rng(1))).unwrap();
    assert_eq!(*wallet.state.to_bytes(), *before);
}
