//! Members and policy by the votes of three of four operators, at the command line: whom the network admits, suspends and gives
//! other keys, and what grants may say. What members and persons can do follows at once.

use serde_json::Value;
use tacit_ledger::ids::Height;
use tacit_tests::cast::{line, reason};
use tacit_tests::consortium::{Consortium, operator};
use tacit_tests::process::Running;
use tacit_tests::town::at;

/// A network of four with a vault, a shop, a reviewer whose audit key is current, and a wallet.
struct City {
    network: Consortium,
    _vault: Running,
}

impl City {
    async fn found() -> Self {
        let network = Consortium::found(env!("CARGO_BIN_EXE_tacit-under-test"), 4, 1000).await;
        let bench = &network.bench;
        bench.must("ln -s consortium/net net; echo 'a document' > doc.txt");
        for (role, dir) in [("vault", "vault"), ("platform", "shop"), ("audit", "audit")] {
            bench.must(&format!(
                "tacit {role} init --dir {dir} --name 'The {dir}' --password-file pw"
            ));
            network.decide(0, &[0, 1, 2], &format!("register-member {dir}/member.json"));
        }
        // One validator's operator alone makes no audit key current, and so nothing can be granted.
        bench.must(&line("audit", "audit key"));
        let alone = operator(
            3,
            "propose",
            "audit-key audit/audit-key.json",
            &network.net(),
        );
        bench.must(&alone);
        assert_eq!(asked(&network, "validators")["audit_key"], Value::Null);
        let effect = network.decide(0, &[0, 1, 2], "audit-key audit/audit-key.json");
        assert_eq!(effect["kind"], "audit_key");
        assert_eq!(asked(&network, "validators")["audit_key"], effect["id"]);
        let vault = bench.serve("vault", &format!("tacit vault serve {}", at("vault")));
        for command in [
            "wallet init",
            "wallet put doc.txt --category official-id",
            "wallet contact --label Shop --out shop.txt",
        ] {
            bench.must(&line("wallet", command));
        }
        Self {
            network,
            _vault: vault,
        }
    }

    fn must(&self, dir: &str, command: &str) -> Value {
        let said = self.network.bench.must(&line(dir, command));
        serde_json::from_str(&said).unwrap()
    }

    fn refused(&self, dir: &str, command: &str) -> (String, String) {
        let error = self.network.bench.refused(&line(dir, command));
        (reason(&error), error)
    }

    /// Lets three operators decide, and waits until an anchor knows it: proofs are made for anchors.
    async fn decide(&self, change: &str) {
        self.network.decide(0, &[0, 1, 2], change);
        let follower = self.network.follower(0).await;
        let Height(now) = follower.tip().await.header().height;
        follower.anchored(Height(now)).await.unwrap();
    }

    fn member(&self, name: &str) -> Value {
        let listed = asked(&self.network, "members");
        let mut members = listed["members"].as_array().unwrap().iter();
        members.find(|one| one["name"] == name).unwrap().clone()
    }
}

fn asked(network: &Consortium, what: &str) -> Value {
    let said = network
        .bench
        .must(&format!("tacit network {what} --net net --format json"));
    serde_json::from_str(&said).unwrap()
}

const REQUEST: &str = "platform request --inbox shop.txt --purpose identity-verification --categories official-id --for 7d --uses 3";

#[tokio::test(flavor = "multi_thread")]
async fn what_three_of_four_decide_about_members_and_policy_counts_at_once() {
    let city = City::found().await;
    city.must("shop", REQUEST);
    city.must("wallet", "wallet requests");

    // A shorter policy: the person cannot give more, and can give what is allowed.
    city.decide("set-policy --max-duration-secs 86400").await;
    let (code, error) = city.refused("wallet", "wallet approve --latest --for 2d");
    assert_eq!(code, "REQUEST_CHOICE");
    assert!(error.contains("longer than this chain allows"), "{error}");
    city.must("wallet", "wallet approve --latest --for 1d");
    city.must("shop", "platform watch");

    // The shop is suspended: it can neither read under the grant that stands, nor ask for another.
    let id = city.member("The shop")["member"].as_u64().unwrap();
    city.decide(&format!("suspend-member {id}")).await;
    assert_eq!(city.member("The shop")["status"], "suspended");
    for command in [REQUEST, "platform fetch --out got.txt", "platform rotate"] {
        let (code, error) = city.refused("shop", command);
        assert_eq!(code, "MEMBER_SUSPENDED", "{command}: {error}");
    }
    let twice = operator(
        0,
        "propose",
        &format!("suspend-member {id}"),
        &city.network.net(),
    );
    assert_eq!(
        reason(&city.network.bench.refused(&twice)),
        "MEMBER_SUSPENDED"
    );

    // Reinstated it goes on where it was.
    city.decide(&format!("reinstate-member {id}")).await;
    assert_eq!(city.member("The shop")["status"], "active");
    city.must("shop", "platform fetch --out got.txt");
    city.network.bench.must("cmp doc.txt got.txt");

    // It loses its keys: the operators give it others, and the old ones are nobody's.
    city.network
        .bench
        .must("tacit platform init --dir again --name 'The shop' --password-file pw");
    let before = city.member("The shop");
    city.decide(&format!("replace-member-keys {id} again/member.json"))
        .await;
    let after = city.member("The shop");
    assert_ne!(before["keys"], after["keys"]);
    assert_eq!(
        (&after["member"], &after["past_keys"]),
        (&id.into(), &1.into())
    );
    let (code, error) = city.refused("shop", REQUEST);
    assert_eq!(code, "MEMBER_UNKNOWN");
    assert!(error.contains("has other keys than this folder"), "{error}");
    city.must("again", REQUEST);
    city.must("wallet", "wallet requests");

    // Under a longer policy the person can give it more than before.
    city.decide("set-policy --max-duration-secs 604800").await;
    city.must("wallet", "wallet approve --latest --for 7d");
    city.must("again", "platform watch");
    city.must("again", "platform fetch --out more.txt");
    city.network.bench.must("cmp doc.txt more.txt");
    let report = city.must("audit", "audit report --from 1 --purpose x");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(report["totals"]["accesses_opened"], 2);
}
