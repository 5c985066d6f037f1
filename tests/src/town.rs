//! A small world for tests that need all roles: a chain, its members, and a wallet that holds a credential.

use crate::process::{Running, Workbench};

/// The arguments that every command of a role takes; a role's folder has the role's name.
pub fn at(dir: &str) -> String {
    format!("--dir {dir} --net net --password-file pw")
}

/// Folders `node`, `issuer`, `vault`, `shop`, `audit` and `wallet`, their servers, and the password files `pw` (the right
/// one), `wrong` and `empty`.
#[derive(Debug)]
pub struct Town {
    /// Where the folders are.
    pub bench: Workbench,
    /// The node, while it runs.
    pub node: Option<Running>,
    /// The issuer's counter, while it is open.
    pub issuer: Option<Running>,
    /// The vault, while it runs.
    pub vault: Option<Running>,
}

/// The password files of a folder.
pub fn passwords(bench: &Workbench) {
    bench.must("echo 'correct horse battery staple' > pw; echo other > wrong; : > empty");
}

/// Has the key of the reviewer in `audit` registered by the operator of the one validator in `node`.
pub fn audit_key(bench: &Workbench) {
    bench.must(&format!("tacit audit key {}", at("audit")));
    bench.must(&format!(
        "tacit network propose {} audit-key audit/audit-key.json",
        at("node")
    ));
}

impl Town {
    /// Founds the chain, admits everybody, and issues a credential.
    pub fn found(binary: &str) -> Self {
        let bench = Workbench::new(binary);
        passwords(&bench);
        bench.must(&format!("tacit node init {}", at("node")));
        let node = bench.serve("node", &format!("tacit node run {}", at("node")));
        for (role, dir) in [
            ("issuer", "issuer"),
            ("vault", "vault"),
            ("platform", "shop"),
            ("audit", "audit"),
        ] {
            bench.must(&format!(
                "tacit {role} init --dir {dir} --name 'The {dir}' --password-file pw"
            ));
            bench.must(&format!(
                "tacit node register {} {dir}/member.json",
                at("node")
            ));
        }
        audit_key(&bench);
        bench.must(&format!("tacit issuer schema {}", at("issuer")));
        let issuer = bench.serve("issuer", &format!("tacit issuer serve {}", at("issuer")));
        let vault = bench.serve("vault", &format!("tacit vault serve {}", at("vault")));
        bench.must(
            r#"echo '{"givenName":"Erika","familyName":"Muster","birthdate":"1986-08-12","country":"DE","level":2}' > person.json"#,
        );
        bench.must(&format!(
            "tacit issuer offer {} --claims person.json --out offer.txt",
            at("issuer")
        ));
        bench.must(&format!("tacit wallet init {}", at("wallet")));
        bench.must(&format!(
            "tacit wallet request-credential {} --offer offer.txt",
            at("wallet")
        ));
        Self {
            bench,
            node: Some(node),
            issuer: Some(issuer),
            vault: Some(vault),
        }
    }
}
