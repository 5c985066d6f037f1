//! The text of a configuration file, with what each field means.

use std::fmt::Write as _;
use std::path::Path;
use tacit_node::MempoolLimits;

use super::raw::VERSION;
use super::{NodeFile, Part};

/// Port of the metrics unless told otherwise.
pub const METRICS_PORT: u16 = 9464;

/// Writes a configuration. Paths stand as they are: make them relative to the file's folder before.
pub fn text(file: &NodeFile) -> String {
    let mut out = Text::default();
    out.say(
        "A Tacit node. Paths are relative to the folder of this file. Nothing in here is secret.",
    );
    out.say("Start it with: tacit node --config node.toml");
    out.field("Version of this format.", "version", VERSION);
    out.field(
        "The chain's genesis file: the same at every node, bit for bit.",
        "genesis",
        path(&file.genesis),
    );
    out.field(
        "Folder of the chain's data: block log, sidecars, index, votes. Made at the first start.",
        "data",
        path(&file.data),
    );
    let password = file.password_file.as_deref().map(path);
    out.optional("File whose first line is the password of the sealed keys. Without it the password comes from the file that TACIT_PASSWORD_FILE names, or from the terminal.", "password_file", password, "\"password.txt\"");
    match &file.part {
        Part::Validator(validator) => {
            out.table(
                "This node proposes and votes. Without this table it must have a [follow] table.",
                "validator",
            );
            out.field("Folder with the sealed seed of the consensus key (secrets.tacit). The governance key does not belong here.", "keys", path(&validator.keys));
            out.field("Where it listens for the other validators. The address they call stands on the chain.", "listen", quoted(&validator.listen));
            out.field("Shortest time from one block to the next in milliseconds, from 0 to 60000. Longer means fewer, larger blocks and a slower answer.", "min_block_interval_ms", validator.min_block_interval.as_millis());
            out.table("Other addresses of validators than the chain says, by consensus key: for private networks, address translation, and host names, which are looked up when the node starts.", "validator.peers");
            if validator.peers.is_empty() {
                out.example(&format!("{} = \"10.0.0.2:7010\"", "0".repeat(64)));
            }
            for (key, address) in &validator.peers {
                out.plain(&format!(
                    "{} = {}",
                    hex::encode(key.as_bytes()),
                    quoted(address)
                ));
            }
        }
        Part::Follower(follower) => {
            out.table(
                "This node does not vote: it verifies, keeps and serves what other nodes have.",
                "follow",
            );
            let upstreams: Vec<String> = follower.upstreams.iter().map(|file| path(file)).collect();
            out.field("Endpoint files of nodes to follow, most wanted first. None of them is trusted: what does not verify is refused and the next one is asked.", "upstreams", format!("[{}]", upstreams.join(", ")));
            let member = follower.member.as_deref().map(path);
            out.optional("Folder of the organisation as which transactions of this node's clients are forwarded, and as which sidecars are asked for if it is a reviewer or validator. Without it only endings are forwarded and no sidecars come.", "member", member, "\"organisation\"");
        }
    }
    out.table("The public interface (gRPC over TLS).", "grpc");
    out.field(
        "Where it listens; port 0 takes a free one.",
        "listen",
        quoted(&file.grpc.listen),
    );
    let advertise = file.grpc.advertise.as_ref().map(quoted);
    out.optional(
        "host:port under which clients reach it, when that is not the address above.",
        "advertise",
        advertise,
        "\"node.example.org:7011\"",
    );
    out.field("Folder of its TLS certificate and key, made at the first start. Clients pin the certificate.", "tls", path(&file.grpc.tls));
    let endpoint = file.grpc.endpoint.as_deref().map(path);
    out.optional(
        "File into which it writes its address and certificate, for clients and followers.",
        "endpoint",
        endpoint,
        "\"../net/node.json\"",
    );
    match file.metrics {
        Some(listen) => {
            out.table("Metrics for Prometheus, as plain HTTP at /metrics. Without this table there are none.", "metrics");
            out.field(
                "Where they can be read. They hold no secret, but do not offer them to everybody.",
                "listen",
                quoted(&listen),
            );
        }
        None => {
            out.say("\nMetrics for Prometheus, as plain HTTP at /metrics. Without this table there are none.");
            out.example("[metrics]");
            out.example(&format!("listen = \"127.0.0.1:{METRICS_PORT}\""));
        }
    }
    let MempoolLimits {
        txs,
        bytes,
        checking,
    } = file.mempool;
    out.table(
        "What may wait to get into a block. Who does not fit is told to come back.",
        "mempool",
    );
    out.field(
        "Most waiting transactions, from 1 to 1048576.",
        "transactions",
        txs,
    );
    out.field(
        "Most bytes of them, sidecars included, from 1048576 to 4294967296.",
        "bytes",
        bytes,
    );
    out.field(
        "Most transactions whose proofs are checked or wait for that, from 1 to 65536.",
        "checking",
        checking,
    );
    out.table(
        "Audit ciphertexts, which are no part of the chain.",
        "sidecars",
    );
    let days = file.sidecar_retention.map(|kept| kept.as_secs() / 86_400);
    out.optional("Days of block time after which they are erased from this node's disk, from 1 to 36500; never without it. What every node has erased can no longer be opened by reviewers.", "keep_days", days, "730");
    out.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn plain(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn say(&mut self, text: &str) {
        // Comments are as wide as people read.
        for paragraph in text.split('\n') {
            let mut line = String::from("#");
            for word in paragraph.split_whitespace() {
                if line.len() + word.len() > 100 {
                    self.plain(&line);
                    line = String::from("#");
                }
                // Writing to a string cannot fail.
                let _ = write!(line, " {word}");
            }
            self.plain(if line == "#" { "" } else { &line });
        }
    }

    fn table(&mut self, text: &str, name: &str) {
        self.plain("");
        self.say(text);
        self.plain(&format!("[{name}]"));
    }

    fn field(&mut self, text: &str, name: &str, value: impl std::fmt::Display) {
        self.say(text);
        self.plain(&format!("{name} = {value}"));
    }

    fn example(&mut self, line: &str) {
        self.plain(&format!("# {line}"));
    }

    fn optional(
        &mut self,
        text: &str,
        name: &str,
        value: Option<impl std::fmt::Display>,
        example: &str,
    ) {
        match value {
            Some(value) => self.field(text, name, value),
            None => {
                self.say(text);
                self.example(&format!("{name} = {example}"));
            }
        }
    }
}

fn path(path: &Path) -> String {
    quoted(&path.display())
}

/// A TOML string.
fn quoted(text: &impl std::fmt::Display) -> String {
    toml::Value::String(text.to_string()).to_string()
}
