//! A wallet comes back on an empty machine from its seed, the backup at the vault and the chain, through the real binary.

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tacit_api::errors::ApiResult;
use tacit_api::holder::VaultClient;
use tacit_api::net::NetDir;
use tacit_tests::process::Workbench;
use tacit_tests::town::{Town, at};
use tacit_vault::keys::SlotHasher;
use tacit_vault::slot::{SIZES, SlotVersion};
use tacit_wallet::slot::SlotUpload;

/// A town, and somebody in it with a credential, whose seed was written down and whose backup is kept at the vault.
struct Scene {
    town: Town,
    me: String,
}

impl Scene {
    fn set() -> Self {
        let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
        let me = at("me");
        let scene = Scene { town, me };
        let bench = scene.bench();
        bench.must("echo one > 1.txt; echo two > 2.txt; echo three > 3.txt");
        scene.must("tacit wallet init --seed-out seed.txt");
        scene.credential(1);
        scene
    }

    fn bench(&self) -> &Workbench {
        &self.town.bench
    }

    /// Runs a command of the wallet's owner.
    fn must(&self, line: &str) -> Value {
        json(self.bench(), &format!("{line} {}", self.me))
    }

    /// Gets another credential.
    fn credential(&self, number: u32) -> Value {
        self.bench().must(&format!(
            "tacit issuer offer {} --claims person.json --out mine{number}.txt",
            at("issuer")
        ));
        self.must(&format!(
            "tacit wallet request-credential --offer mine{number}.txt"
        ))
    }

    /// What the wallet says of its backup.
    fn backup(&self) -> Value {
        self.must("tacit wallet list")["vault_backup"].clone()
    }

    /// The machine is gone; a copy of its disk turns up under another name.
    fn lose(&self, copy: &str) {
        let path = self.bench().path();
        fs::rename(path.join("me"), path.join(copy)).unwrap();
    }

    fn recover(&self) -> String {
        format!("tacit wallet recover --seed-file seed.txt {}", self.me)
    }

    fn stop_vault(&mut self) {
        self.town.vault.take().unwrap().kill();
    }

    fn start_vault(&mut self) {
        let serve = format!("tacit vault serve {}", at("vault"));
        self.town.vault = Some(self.bench().serve("vault", &serve));
    }

    /// The file with the sealed bytes in the slot: the only one with a revision in its name.
    fn sealed(&self) -> PathBuf {
        let blobs = self.bench().path().join("vault/store/blobs");
        let folders = fs::read_dir(blobs).unwrap();
        let mut files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
        let of_slot = files.find(|file| {
            let name = file.as_ref().unwrap().file_name();
            name.to_string_lossy().contains('.')
        });
        of_slot.unwrap().unwrap().path()
    }
}

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

/// What a command that succeeds says on standard error.
fn told(bench: &Workbench, line: &str) -> String {
    let output = bench.run(line);
    assert!(output.status.success(), "{line}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_wallet_comes_back_from_its_seed_alone_and_proves_shares_and_revokes() {
    let scene = Scene::set();
    let bench = scene.bench();
    let (me, shop) = (&scene.me, at("shop"));
    assert_eq!(scene.backup(), Value::Null);
    let on = scene.must("tacit wallet backup --vault on");
    assert_eq!((&on["on"], &on["revision"]), (&true.into(), &1.into()));
    let again = scene.must("tacit wallet backup --vault on");
    assert_eq!(again["revision"], 1, "nothing is new");

    // Every command that changes the wallet brings the backup up to date; one that does not leaves it alone.
    scene.must("tacit wallet put 1.txt --category official-id");
    let backup = scene.backup();
    assert_eq!(
        (&backup["revision"], &backup["up_to_date"]),
        (&2.into(), &true.into())
    );
    assert_eq!(scene.backup()["revision"], 2);
    scene.must("tacit wallet contact --label Shop --out shop.txt");
    bench.must(&format!(
        "tacit platform request --inbox shop.txt --purpose identity-verification --categories official-id --uses 5 {shop}"
    ));
    scene.must("tacit wallet requests");
    scene.must("tacit wallet approve --latest");
    let before = scene.must("tacit wallet list");
    scene.lose("lost");

    // What the vault keeps has one of a few sizes, and nothing readable.
    let sealed = fs::read(scene.sealed()).unwrap();
    assert_eq!(sealed.len(), 64 << 10);
    for word in ["Muster", "Shop", "official", "tacit-seed"] {
        assert!(!sealed.windows(word.len()).any(|at| at == word.as_bytes()));
    }

    bench.must("sed 's/1/2/;t;s/2/3/;t;s/3/4/' seed.txt > typo.txt");
    let typo = format!("tacit wallet recover --seed-file typo.txt {me}");
    refused(bench, &typo, "FILE_INVALID");
    let recovered = json(bench, &scene.recover());
    assert_eq!(
        recovered["backup"], before["vault_backup"]["revision"],
        "{recovered}"
    );
    for kind in ["credentials", "records", "grants"] {
        assert_eq!(recovered[kind], 1, "{kind}");
    }
    assert_eq!(recovered["found"], Value::Array(Vec::new()));
    assert_eq!(recovered["missing"], Value::Null);
    refused(bench, &scene.recover(), "FILE_EXISTS");
    let after = scene.must("tacit wallet list");
    for what in ["credentials", "records", "grants", "inboxes"] {
        assert_eq!(after[what], before[what], "{what}");
    }

    // It is the same person: proves, is read by the platform it granted, sees it, and ends the grant.
    bench.must(&format!("tacit wallet prove 'age >= 18' --out p.json {me}"));
    bench.must("tacit verify p.json --net net");
    bench.must(&format!("tacit platform watch {shop}"));
    bench.must(&format!("tacit platform fetch --out got.txt {shop}"));
    assert_eq!(
        fs::read(bench.path().join("got.txt")).unwrap(),
        fs::read(bench.path().join("1.txt")).unwrap()
    );
    let log = scene.must("tacit wallet log");
    assert_eq!(log["accesses"].as_array().unwrap().len(), 1);
    let grant = &after["grants"][0]["number"];
    scene.must(&format!("tacit wallet revoke --grant {grant}"));
    scene.must("tacit wallet put 2.txt --category official-id");

    // The lost machine turns up: what it does is done, and it is told that it is not the only one.
    let put = format!(
        "tacit wallet put 3.txt --category official-id {}",
        at("lost")
    );
    let warned = told(bench, &put);
    assert!(warned.contains("SLOT_STALE"), "{warned}");
    let on = format!("tacit wallet backup --vault on {}", at("lost"));
    assert!(bench.run(&on).stderr.starts_with(b"error: SLOT_STALE"));
    bench.must(&format!("{on} --replace"));
    let output = bench.run(&format!(
        "tacit wallet put 3.txt --category official-id {me}"
    ));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("SLOT_STALE")
    );
    bench.must(&format!("tacit wallet backup --vault on --replace {me}"));

    // Off: the vault has it no more, and a recovery says what is missing.
    let off = scene.must("tacit wallet backup --vault off");
    assert_eq!(off["removed"], "the vault has removed it");
    refused(
        bench,
        &format!("tacit wallet backup --vault off {me}"),
        "SLOT_OFF",
    );
    scene.lose("again");
    let bare = json(bench, &scene.recover());
    assert_eq!(bare["backup"], Value::Null);
    assert!(bare["missing"].as_str().unwrap().contains("no backup"));
    // The credential, the documents and the grant, each known by its number.
    assert!(bare["found"].as_array().unwrap().len() >= 4, "{bare}");
    let live = bare["found"].as_array().unwrap();
    let live = live.iter().find(|leaf| leaf["ended"] == false).unwrap();
    scene.must(&format!("tacit wallet revoke --leaf {}", live["number"]));
}

#[test]
fn a_vault_that_is_down_costs_nothing_and_what_the_backup_lacks_is_found_on_the_chain() {
    let mut scene = Scene::set();
    scene.must("tacit wallet backup --vault on");
    scene.stop_vault();
    let second = scene.credential(2);
    let bench = scene.bench();
    let list = format!("tacit wallet list {}", scene.me);
    let warned = told(bench, &list);
    let lines: Vec<&str> = warned
        .lines()
        .filter(|l| l.starts_with("warning"))
        .collect();
    assert_eq!(lines.len(), 1, "{warned}");
    assert!(lines[0].contains("UNREACHABLE"), "{warned}");
    assert_eq!(scene.backup()["up_to_date"], false);

    // Lost before the vault is back: nothing is made of a vault that does not answer, nor of one that is not asked.
    scene.lose("lost");
    refused(scene.bench(), &scene.recover(), "UNREACHABLE");
    assert!(!scene.bench().path().join("me/wallet").exists());
    scene.start_vault();
    let bench = scene.bench();
    let recovered = json(bench, &scene.recover());
    assert_eq!(
        (&recovered["backup"], &recovered["credentials"]),
        (&1.into(), &1.into())
    );
    let found = recovered["found"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{recovered}");
    assert_eq!(found[0]["number"], second["number"]);
    assert!(recovered["missing"].as_str().unwrap().contains("older"));
    // Its number is not used again, nor are those that may be on their way.
    let stored = scene.must("tacit wallet put 1.txt --category official-id");
    let next = second["number"].as_u64().unwrap() + 1;
    assert!(stored["number"].as_u64().unwrap() > next, "{stored}");
    scene.must(&format!("tacit wallet revoke --leaf {}", second["number"]));

    // With the vault down again, the chain alone is taken when that is said.
    scene.stop_vault();
    scene.lose("again");
    let bench = scene.bench();
    let bare = json(bench, &format!("{} --without-vault", scene.recover()));
    assert_eq!(bare["backup"], Value::Null);
    assert_eq!(bare["found"].as_array().unwrap().len(), 3);
    scene.start_vault();
    // The backup of the other copy is there: it is not replaced by chance.
    let on = format!("tacit wallet backup --vault on {}", scene.me);
    refused(scene.bench(), &on, "SLOT_STALE");
}

#[test]
fn a_backup_that_was_changed_or_cut_is_refused_and_leaves_no_wallet() {
    let mut scene = Scene::set();
    scene.must("tacit wallet backup --vault on");
    let sealed = scene.sealed();
    let good = fs::read(&sealed).unwrap();
    scene.lose("lost");
    for at in [0, 4, 5, 50, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&sealed, bad).unwrap();
        refused(scene.bench(), &scene.recover(), "SLOT_DAMAGED");
    }
    fs::write(&sealed, &good[..good.len() - 1]).unwrap();
    refused(scene.bench(), &scene.recover(), "VAULT_DAMAGED");
    assert!(!scene.bench().path().join("me/wallet").exists());
    // Whoever has another seed has another slot, in which there is nothing.
    fs::write(&sealed, &good).unwrap();
    let bench = scene.bench();
    bench.must(&format!(
        "tacit wallet init --seed-out other.txt {}",
        at("other")
    ));
    let other = json(
        bench,
        &format!(
            "tacit wallet recover --seed-file other.txt {}",
            at("elsewhere")
        ),
    );
    assert_eq!(other["backup"], Value::Null);
    assert_eq!(other["found"], Value::Array(Vec::new()));

    // A kill at any moment of an upload: the next command goes on, and takes no upload of its own for another's.
    json(bench, &scene.recover());
    scene.stop_vault();
    scene.start_vault();
    let bench = scene.bench();
    for round in 0..8u32 {
        let contact = format!(
            "tacit wallet contact --label Shop --out shop{round}.txt {}",
            scene.me
        );
        let running = bench.start("contact", &contact);
        // From before the wallet is open to after the upload.
        std::thread::sleep(Duration::from_millis(150 + u64::from(round) * 130));
        running.kill();
        let warned = told(bench, &format!("tacit wallet list {}", scene.me));
        assert!(!warned.contains("warning"), "round {round}: {warned}");
        assert_eq!(scene.backup()["up_to_date"], true);
    }
    scene.lose("again");
    let inboxes = |list: Value| list["inboxes"].as_array().unwrap().len();
    let before = inboxes(json(
        scene.bench(),
        &format!("tacit wallet list {}", at("again")),
    ));
    json(scene.bench(), &scene.recover());
    assert_eq!(inboxes(scene.must("tacit wallet list")), before);
}

/// Puts a backup under a key that is made of a number.
async fn put(net: &NetDir, key: u8, replaces: Option<SlotVersion>) -> ApiResult<SlotVersion> {
    let bytes = vec![key; SIZES[0] as usize];
    let mut hasher = SlotHasher::default();
    hasher.update(&bytes);
    let upload = SlotUpload {
        vault: VaultClient::member(net).unwrap(),
        replaces,
        digest: hasher.finish(),
        bytes,
    };
    let key = ed25519_dalek::SigningKey::from_bytes(&[key; 32]);
    let mut vault = VaultClient::connect(net, key).await.unwrap();
    vault.put_backup(&upload).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_fills_a_vault_with_backups_from_one_address() {
    tacit_api::tls::install_provider();
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let net = NetDir::new(town.bench.path().join("net"));
    let mut first = None;
    for key in 1..=32 {
        let stored = put(&net, key, None).await.unwrap();
        first = first.or(Some(stored));
    }
    for key in 33..70 {
        let refused = put(&net, key, None).await.unwrap_err();
        assert_eq!(refused.code(), "QUOTA_EXCEEDED", "{refused}");
        assert!(refused.message().contains("address"), "{refused}");
    }
    // Who has a slot goes on; who is not its owner does not get at it.
    put(&net, 1, first).await.unwrap();
    let stranger = put(&net, 99, first).await.unwrap_err();
    assert_eq!(stranger.code(), "SLOT_STALE");
    let key = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    let mut vault = VaultClient::connect(&net, key).await.unwrap();
    assert_eq!(vault.get_backup().await.unwrap(), None);
    assert_eq!(
        vault
            .delete_backup(&first.unwrap())
            .await
            .unwrap_err()
            .code(),
        "SLOT_UNKNOWN"
    );
}
