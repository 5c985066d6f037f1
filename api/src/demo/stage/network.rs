//! A network of several validators on stage: its files, its processes, and the votes of its operators.

use serde_json::Value;
use std::process::Stdio;
use tokio::process::Command;

use super::{NET, PASSWORD, Role, Stage, failed};
use crate::errors::{ApiError, ApiResult};
use crate::files;

impl Stage {
    /// Makes a network of several validators, its files in `folder`, and runs all of them. Clients take the first one.
    ///
    /// # Errors
    /// STORY_FAILED when a node ends or does not start in time.
    pub async fn serve_network(&mut self, validators: u16, folder: &str) -> ApiResult<()> {
        let operators = in_network("operators");
        let (count, port) = (validators.to_string(), free_ports(validators)?.to_string());
        let words = [
            "init",
            "--validators",
            &count,
            "--out",
            folder,
            "--base-port",
            &port,
            "--password-file",
            PASSWORD,
        ];
        self.must(operators, &words).await?;
        let (net, theirs) = (self.path(NET), self.path(folder).join("net"));
        std::os::unix::fs::symlink(theirs, &net).map_err(|error| files::failed(&net, &error))?;
        // All at once: a network begins when a quorum is there.
        let mut starting = Vec::new();
        for number in 1..=validators {
            let config = format!("{folder}/validator-{number}/node.toml");
            self.say(&format!("  operators$ tacit node --config {config} &"));
            let mut command = Command::new(&self.program);
            command
                .args(["--format", "json", "node", "--config", &config])
                .args(["--password-file", PASSWORD])
                .current_dir(&self.dir)
                .stdin(Stdio::null())
                .kill_on_drop(true);
            let name = match number {
                1 => "node.json".to_owned(),
                more => format!("node-{more}.json"),
            };
            let server = self.launch(format!("validator-{number}"), command)?;
            starting.push((server, net.join(name)));
        }
        for (server, endpoint) in starting {
            self.wait_for(server, &endpoint).await?;
        }
        Ok(())
    }

    /// Admits organisations: an operator proposes them, and the others approve until it is done.
    ///
    /// # Errors
    /// STORY_FAILED when a command fails.
    pub async fn admit(&self, operator: Role, members: &[&str]) -> ApiResult<()> {
        let proposed = self
            .must(operator, &[&["register"], members].concat())
            .await?;
        for member in proposed.list("/members") {
            let number = |field| member.get(field).and_then(Value::as_u64);
            let missing = number("missing").unwrap_or_default();
            if let Some(proposal) = number("proposal") {
                self.approve(operator, proposal, missing).await?;
            }
        }
        Ok(())
    }

    /// Makes an audit key current: an operator proposes what the reviewer made, and the others approve until it is done.
    ///
    /// # Errors
    /// STORY_FAILED when a command fails.
    pub async fn audit_key(&self, operator: Role, file: &str) -> ApiResult<()> {
        let place = ["--dir", operator.dir, "--net", NET];
        let change = ["--password-file", PASSWORD, "audit-key", file];
        let words = [&["propose"], &place[..], &change].concat();
        let proposed = self.must(in_network(operator.who), &words).await?;
        let outcome = |field: &str| format!("/submitted/outcome/{field}");
        let proposal = proposed.number(&outcome("proposal"))?;
        // Once enacted an outcome names no missing votes.
        let missing = proposed.number(&outcome("missing")).unwrap_or_default();
        self.approve(operator, proposal, missing).await
    }

    /// The votes of other operators for what the first one proposed.
    async fn approve(&self, first: Role, proposal: u64, missing: u64) -> ApiResult<()> {
        let proposal = proposal.to_string();
        for other in 2..2 + missing {
            let dir = first
                .dir
                .replace("validator-1", &format!("validator-{other}"));
            let words = ["approve", &proposal, "--dir", &dir, "--net", NET];
            let words = [&words[..], &["--password-file", PASSWORD]].concat();
            self.must(in_network("another operator"), &words).await?;
        }
        Ok(())
    }
}

/// Somebody who gives the words of a `network` command with its folder among them.
fn in_network(who: &'static str) -> Role {
    Role::new(who, "network", "")
}

/// The first of so many ports in a row that nobody uses now, three for each validator.
fn free_ports(validators: u16) -> ApiResult<u16> {
    let count = validators.saturating_mul(3);
    let mut random = [0; 2];
    for _ in 0..100 {
        getrandom::fill(&mut random).map_err(ApiError::internal)?;
        // Above what servers use by habit, below what systems give to clients.
        let first = 12_000 + u16::from_le_bytes(random) % 18_000;
        let ports = first..first.saturating_add(count);
        let free =
            |port| std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).is_ok();
        if ports.into_iter().all(free) {
            return Ok(first);
        }
    }
    Err(failed("there are no free ports in a row"))
}
