//! More platforms and persons in a town, what they do, and what the reviewer counts.

use serde_json::Value;

use crate::process::Workbench;
use crate::town::{Town, at};

impl Town {
    /// Makes platforms and has them registered: each name is also its folder.
    pub fn platforms(&self, names: &[String]) {
        let mut files = Vec::new();
        for name in names {
            self.bench.must(&format!(
                "tacit platform init --dir {name} --name {name} --password-file pw"
            ));
            files.push(format!("{name}/member.json"));
        }
        let files = files.join(" ");
        self.bench
            .must(&format!("tacit node register {} {files}", at("node")));
    }

    /// Makes a wallet in this folder.
    pub fn person(&self, name: &str) {
        self.bench.must(&format!("tacit wallet init {}", at(name)));
    }

    /// An offer for a person born on this day, in this file.
    pub fn offer(&self, birthdate: &str, file: &str) {
        let claims = format!(
            r#"{{"givenName": "Erika", "familyName": "Muster", "birthdate": "{birthdate}", "country": "DE"}}"#
        );
        std::fs::write(self.bench.path().join(format!("{file}.json")), claims).unwrap();
        self.bench.must(&format!(
            "tacit issuer offer {} --claims {file}.json --out {file}",
            at("issuer")
        ));
    }

    /// Runs a command in a role's folder, which must succeed; returns its result.
    pub fn must(&self, dir: &str, command: &str) -> Value {
        let text = self.bench.must(&line(dir, command));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{command}: {e}: {text}"))
    }

    /// Runs a command in a role's folder, which must be refused; returns the reason code.
    pub fn refused(&self, dir: &str, command: &str) -> String {
        reason(&self.bench.refused(&line(dir, command)))
    }

    /// Grants and accesses on the chain, by the reviewer's report, which must be complete.
    pub fn grants_and_accesses(&self) -> (u64, u64) {
        let report = self.must("audit", "audit report --from 1 --purpose counting");
        assert_eq!(report["complete"], true, "{report}");
        let total = |what: &str| report["totals"][what].as_u64().unwrap();
        (total("grants"), total("accesses"))
    }

    /// Ends the vault as a power cut would.
    pub fn kill_vault(&mut self) {
        drop(self.vault.take());
    }

    /// Starts the vault again.
    pub fn start_vault(&mut self) {
        let line = format!("tacit vault serve {}", at("vault"));
        self.vault = Some(self.bench.serve("vault", &line));
    }
}

/// A command's whole line, with its result as JSON.
pub fn line(dir: &str, command: &str) -> String {
    format!("tacit {command} {} --format json", at(dir))
}

/// The reason code in the line of a refused command.
pub fn reason(text: &str) -> String {
    let last = text.lines().last().unwrap_or_default();
    let is_code = |word: &&str| {
        word.len() > 4
            && word
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let words = last.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let code = words.into_iter().find(|word| is_code(word));
    code.unwrap_or_else(|| panic!("no reason code in: {text}"))
        .to_owned()
}

/// The content of a file in the workbench's folder.
pub fn read(bench: &Workbench, name: &str) -> Vec<u8> {
    std::fs::read(bench.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}
