//! The stage: a folder with one folder for each role, servers that run as processes, commands that run to their end.

mod network;

use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::cli::output::Output;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;

/// The password of everybody on stage, one for each run.
const PASSWORD: &str = "password.txt";
/// The net folder.
pub const NET: &str = "net";
/// Where servers log.
pub const LOGS: &str = "logs";
/// Longest that a server may take to publish its endpoint.
const START: Duration = Duration::from_secs(120);
/// Longest that a server may take to stop.
const STOP: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(30);

/// Where the story plays.
pub struct Stage {
    dir: PathBuf,
    temporary: Option<TempDir>,
    program: PathBuf,
    output: Output,
    servers: Vec<Server>,
}

struct Server {
    name: String,
    process: Child,
}

/// Somebody who types commands.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// As the story calls them.
    pub who: &'static str,
    /// Their subcommand.
    pub command: &'static str,
    /// Their folder.
    pub dir: &'static str,
}

/// A command that succeeded.
#[derive(Debug)]
pub struct Done {
    /// Its result.
    pub value: Value,
    /// From start to end of its process.
    pub ms: u64,
    /// Most memory that its process was seen to use, in bytes.
    pub peak_memory: Option<u64>,
}

/// How a command ended.
enum Ended {
    Done(Done),
    Refused(String),
}

impl Role {
    /// Somebody with a subcommand and a folder.
    pub const fn new(who: &'static str, command: &'static str, dir: &'static str) -> Self {
        Self { who, command, dir }
    }
}

impl Done {
    /// A number of the result.
    ///
    /// # Errors
    /// STORY_FAILED when there is none.
    pub fn number(&self, pointer: &str) -> ApiResult<u64> {
        let number = self.value.pointer(pointer).and_then(Value::as_u64);
        number.ok_or_else(|| failed(format!("a result has no number at {pointer}")))
    }

    /// A text of the result; empty when there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A list of the result; empty when there is none.
    pub fn list(&self, pointer: &str) -> &[Value] {
        let list = self.value.pointer(pointer).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }
}

impl Stage {
    /// An empty stage: a temporary folder, or one that is kept.
    ///
    /// # Errors
    /// When the folder is not empty or cannot be made.
    pub fn new(keep: Option<&Path>, context: &Context) -> ApiResult<Self> {
        let (dir, temporary) = match keep {
            Some(dir) => {
                files::make_dir(dir)?;
                let mut entries = fs::read_dir(dir).map_err(|error| files::failed(dir, &error))?;
                if entries.next().is_some() {
                    let what = format!("{} is not empty", dir.display());
                    return Err(ApiError::new(&reason::FILE_EXISTS, what));
                }
                (dir.to_owned(), None)
            }
            None => {
                let temporary =
                    TempDir::new().map_err(|error| files::failed(&std::env::temp_dir(), &error))?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let dir = dir
            .canonicalize()
            .map_err(|error| files::failed(&dir, &error))?;
        files::make_dir(&dir.join(LOGS))?;
        let mut password = [0; 16];
        getrandom::fill(&mut password).map_err(ApiError::internal)?;
        files::write_secret(&dir.join(PASSWORD), hex::encode(password).as_bytes())?;
        Ok(Self {
            dir,
            temporary,
            program: std::env::current_exe().map_err(ApiError::internal)?,
            output: context.output,
            servers: Vec::new(),
        })
    }

    /// A path on stage.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The file with everybody's password.
    pub fn password_file(&self) -> PathBuf {
        self.path(PASSWORD)
    }

    /// The folder, when it stays.
    pub fn kept(&self) -> Option<&Path> {
        self.temporary.is_none().then_some(self.dir.as_path())
    }

    /// Tells the audience something. Not in JSON.
    pub fn say(&self, text: &str) {
        self.tell(&format!("{text}\n"));
    }

    fn tell(&self, text: &str) {
        if !self.output.is_json() {
            // When nobody listens any more, the story goes on all the same.
            let mut out = io::stdout().lock();
            drop(write!(out, "{text}").and_then(|()| out.flush()));
        }
    }

    /// A command that must succeed.
    ///
    /// # Errors
    /// STORY_FAILED with its error when it does not.
    pub async fn must(&self, role: Role, words: &[&str]) -> ApiResult<Done> {
        match self.run(role, words).await? {
            Ended::Done(done) => Ok(done),
            Ended::Refused(line) => Err(failed(format!("{}: {line}", spoken(role, words)))),
        }
    }

    /// A command that must be refused: the reason code, or `None` when it was not refused.
    ///
    /// # Errors
    /// When it cannot be run.
    pub async fn refused(&self, role: Role, words: &[&str]) -> ApiResult<Option<String>> {
        Ok(match self.run(role, words).await? {
            Ended::Done(_) => {
                self.say("  ! this was NOT refused");
                None
            }
            Ended::Refused(line) => {
                self.say(&format!("  refused: {line}"));
                Some(line.split(':').next().unwrap_or_default().to_owned())
            }
        })
    }

    async fn run(&self, role: Role, words: &[&str]) -> ApiResult<Ended> {
        self.tell(&format!("  {}$ {}", role.who, spoken(role, words)));
        let started = Instant::now();
        let process = self
            .command(role, words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| files::failed(&self.program, &error))?;
        let (id, mut peak_memory) = (process.id(), None);
        let ended = process.wait_with_output();
        tokio::pin!(ended);
        let output = loop {
            tokio::select! {
                output = &mut ended => break output.map_err(ApiError::internal)?,
                () = tokio::time::sleep(PAUSE) => peak_memory = peak_memory_of(id).or(peak_memory),
            }
        };
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.tell(&format!("   [{ms} ms]\n"));
        if output.status.success() {
            let value = serde_json::from_slice(&output.stdout);
            let value = value.map_err(|_| failed(format!("{}: no JSON", spoken(role, words))))?;
            return Ok(Ended::Done(Done {
                value,
                ms,
                peak_memory,
            }));
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        let line = errors
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("error: "));
        let ended = format!("{} without a word", output.status);
        Ok(Ended::Refused(line.unwrap_or(&ended).to_owned()))
    }

    fn command(&self, role: Role, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--format", "json"])
            .args(Some(role.command))
            .args(words)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if matches!(role.command, "verify" | "network") {
            return command;
        }
        command.args(["--dir", role.dir, "--password-file", PASSWORD]);
        // Making an organisation's keys needs no chain.
        if words.first() != Some(&"init") || matches!(role.command, "node" | "wallet") {
            command.args(["--net", NET]);
        }
        command
    }

    /// Starts a server, its log in the folder of logs, and waits until it has published its endpoint.
    ///
    /// # Errors
    /// STORY_FAILED when it ends or does not start in time.
    pub async fn serve(&mut self, role: Role, word: &str) -> ApiResult<()> {
        self.say(&format!("  {}$ {} &", role.who, spoken(role, &[word])));
        let endpoint = self.path(NET).join(format!("{}.json", role.command));
        let command = self.command(role, &[word]);
        self.start(role.command.to_owned(), command, &endpoint)
            .await
    }

    async fn start(&mut self, name: String, command: Command, endpoint: &Path) -> ApiResult<()> {
        let server = self.launch(name, command)?;
        self.wait_for(server, endpoint).await
    }

    fn launch(&self, name: String, mut command: Command) -> ApiResult<Server> {
        let path = self.path(LOGS).join(format!("{name}.log"));
        let log = File::create(&path).map_err(|error| files::failed(&path, &error))?;
        let errors = log
            .try_clone()
            .map_err(|error| files::failed(&path, &error))?;
        let process = command
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(|error| files::failed(&self.program, &error))?;
        Ok(Server { name, process })
    }

    async fn wait_for(&mut self, mut server: Server, endpoint: &Path) -> ApiResult<()> {
        let late = Instant::now() + START;
        while !endpoint.exists() {
            let ended = server.process.try_wait().map_err(ApiError::internal)?;
            if ended.is_some() || Instant::now() > late {
                let path = self.path(LOGS).join(format!("{}.log", server.name));
                let log = fs::read_to_string(&path).unwrap_or_default();
                let last = log.lines().last().unwrap_or("no log").to_owned();
                return Err(failed(format!("{} does not serve: {last}", server.name)));
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.servers.push(server);
        Ok(())
    }

    /// Ends a server as a power cut would.
    ///
    /// # Errors
    /// When there is no such server.
    pub async fn kill(&mut self, name: &str) -> ApiResult<()> {
        let found = self.servers.iter().position(|server| server.name == name);
        let found = found.ok_or_else(|| failed(format!("there is no {name}")))?;
        let mut server = self.servers.remove(found);
        server.process.kill().await.map_err(ApiError::internal)
    }

    /// Most memory that a server has used so far, in bytes; `None` where the system does not say.
    pub fn peak_memory(&self, name: &str) -> Option<u64> {
        let server = self.servers.iter().find(|server| server.name == name)?;
        peak_memory_of(server.process.id())
    }

    /// Memory that a server uses now, in bytes; `None` where the system does not say.
    pub fn memory(&self, name: &str) -> Option<u64> {
        let server = self.servers.iter().find(|server| server.name == name)?;
        memory_of(server.process.id(), "VmRSS:")
    }

    /// Stops all servers, the youngest first, so that everything of theirs is on disk.
    pub async fn stop(&mut self) {
        while let Some(mut server) = self.servers.pop() {
            if let Some(id) = server.process.id() {
                let ask = Command::new("kill").arg(id.to_string()).status().await;
                let stopped = tokio::time::timeout(STOP, server.process.wait()).await;
                if ask.is_ok() && stopped.is_ok() {
                    continue;
                }
            }
            // It did not listen: what it acknowledged is on disk all the same.
            drop(server.process.kill().await);
        }
    }
}

fn peak_memory_of(process: Option<u32>) -> Option<u64> {
    memory_of(process, "VmHWM:")
}

fn memory_of(process: Option<u32>, which: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process?)).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(which))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// A command as people would type it, without the places that are the same in every one.
fn spoken(role: Role, words: &[&str]) -> String {
    let mut line = format!("tacit {}", role.command);
    for word in words {
        line.push(' ');
        if word.is_empty()
            || word.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_./,".contains(c))
        {
            line.push_str(&format!("\"{word}\""));
        } else {
            line.push_str(word);
        }
    }
    line
}

/// A step that did not do what it must.
pub fn failed(what: impl Into<String>) -> ApiError {
    ApiError::new(&reason::STORY_FAILED, what)
}
