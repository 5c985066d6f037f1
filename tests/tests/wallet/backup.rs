//! A wallet is backed up, lost, restored on an empty machine and moved, through the real binary.

use serde_json::Value;
use std::fs;
use std::os::unix::fs::MetadataExt;
use tacit_tests::process::Workbench;
use tacit_tests::town::{Town, at};

#[track_caller]
fn refused(bench: &Workbench, line: &str, reason: &str) {
    let error = bench.refused(line);
    assert!(
        error.starts_with(&format!("error: {reason}: ")),
        "{line}\nexpected {reason}, got {error}"
    );
}

fn json(bench: &Workbench, line: &str) -> Value {
    serde_json::from_str(&bench.must(&format!("{line} --format json"))).unwrap()
}

/// The arguments that make a backup of the wallet in a folder.
fn of(dir: &str) -> String {
    format!("--dir {dir} --password-file pw --passphrase-file phrase")
}

#[test]
fn a_lost_wallet_comes_back_from_its_backup_and_moves() {
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let bench = &town.bench;
    bench.must("echo 'a phrase for the drawer' > phrase; echo one > 1.txt; echo two > 2.txt");
    let put = |file: &str, wallet: &str| {
        let wallet = at(wallet);
        bench.must(&format!(
            "tacit wallet put {file} --category official-id {wallet}"
        ))
    };
    put("1.txt", "wallet");

    let made = json(
        bench,
        &format!("tacit wallet backup --out one.backup {}", of("wallet")),
    );
    let file = fs::metadata(bench.path().join("one.backup")).unwrap();
    assert_eq!(made["bytes"], file.len());
    assert_eq!(file.mode() & 0o777, 0o600);
    let again = format!("tacit wallet backup --out one.backup {}", of("wallet"));
    refused(bench, &again, "FILE_EXISTS");

    // After the backup: another document. Then the machine is gone.
    put("2.txt", "wallet");
    fs::rename(bench.path().join("wallet"), bench.path().join("lost")).unwrap();

    // What is wrong is named, and nothing is left behind by what was refused.
    let restore = |backup: &str, phrase: &str| {
        format!(
            "tacit wallet restore {backup} --passphrase-file {phrase} {}",
            at("wallet")
        )
    };
    refused(bench, &restore("one.backup", "wrong"), "BACKUP_PASSPHRASE");
    refused(bench, &restore("one.backup", "empty"), "PASSWORD_MISSING");
    refused(bench, &restore("nothing", "phrase"), "FILE_MISSING");
    refused(bench, &restore("lost/wallet", "pw"), "BACKUP_MAGIC");
    bench.must("head -c -1 one.backup > cut.backup");
    refused(bench, &restore("cut.backup", "phrase"), "BACKUP_DAMAGED");
    bench.must("(printf 'TCBK\\002'; tail -c +6 one.backup) > newer.backup");
    refused(bench, &restore("newer.backup", "phrase"), "BACKUP_VERSION");
    let mut kept = fs::read_dir(bench.path().join("wallet")).unwrap();
    assert!(kept.all(|entry| entry.unwrap().file_name() == "wallet.lock"));

    let restored = json(bench, &restore("one.backup", "phrase"));
    assert_eq!(
        (&restored["credentials"], &restored["records"]),
        (&1.into(), &1.into())
    );
    refused(bench, &restore("one.backup", "phrase"), "FILE_EXISTS");

    // It proves, it finds the document of after the backup, and can end it.
    let wallet = at("wallet");
    bench.must(&format!(
        "tacit wallet prove 'age >= 18' {wallet} --out p.json"
    ));
    bench.must("tacit verify p.json --net net");
    let held = json(bench, &format!("tacit wallet list {wallet}"));
    let found = &held["found"][0];
    assert_eq!(
        (&found["kind"], &found["ended"]),
        (&"record".into(), &false.into())
    );
    bench.must(&format!(
        "tacit wallet revoke --leaf {} {wallet}",
        found["number"]
    ));
    let held = json(bench, &format!("tacit wallet list {wallet}"));
    assert_eq!(held["found"][0]["ended"], true);
    put("2.txt", "wallet");

    // A move: the old one closes, and only gives out its backup again.
    bench.must(&format!(
        "tacit wallet backup --move --out two.backup {}",
        of("wallet")
    ));
    refused(
        bench,
        &format!("tacit wallet list {wallet}"),
        "WALLET_RETIRED",
    );
    bench.must(&format!(
        "tacit wallet backup --out three.backup {}",
        of("wallet")
    ));
    let elsewhere = at("elsewhere");
    bench.must(&format!(
        "tacit wallet restore three.backup --passphrase-file phrase {elsewhere}"
    ));
    let held = json(bench, &format!("tacit wallet list {elsewhere}"));
    assert_eq!(held["records"].as_array().unwrap().len(), 2);
    assert_eq!(held["found"].as_array().unwrap().len(), 1);

    // The other copy is told of what this one does.
    put("1.txt", "elsewhere");
    let lost = at("lost");
    let output = bench.run(&format!("tacit wallet list {lost}"));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("another copy of this wallet"), "{told}");
}
