//! Real processes of the one binary, each ended when its guard is dropped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longest that a server may take to publish its endpoint: the first one makes the proving keys.
pub const START: Duration = Duration::from_secs(300);

/// A folder of its own for one test, with a shell environment in which `tacit` is the binary under test.
#[derive(Debug)]
pub struct Workbench {
    dir: tempfile::TempDir,
    binary: PathBuf,
}

/// A process that is killed and reaped when dropped.
#[derive(Debug)]
pub struct Running(Child);

impl Workbench {
    /// A new empty folder; `binary` is what the word `tacit` starts.
    pub fn new(binary: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join(".bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(binary, bin.join("tacit")).unwrap();
        Self { binary: bin, dir }
    }

    /// The folder in which commands run.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .arg("-c")
            .arg(line)
            .current_dir(self.path())
            .env("PATH", format!("{}:{path}", self.binary.display()))
            .stdin(Stdio::null());
        command
    }

    /// Runs one shell line to its end.
    pub fn run(&self, line: &str) -> Output {
        self.command(line)
            .output()
            .unwrap_or_else(|e| panic!("{line}: {e}"))
    }

    /// Runs one shell line, which must succeed; returns its standard output.
    pub fn must(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(
            output.status.success(),
            "{line}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs one shell line, which must fail with one line on standard error; returns that line.
    pub fn refused(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(!output.status.success(), "{line} must be refused");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!text.contains("panicked"), "{line}: {text}");
        text.trim().to_owned()
    }

    /// Starts one shell line that stays open, its output in `name.log` of the folder.
    pub fn start(&self, name: &str, line: &str) -> Running {
        let log = std::fs::File::create(self.path().join(format!("{name}.log"))).unwrap();
        // exec: the guard's kill must reach the binary, not a shell in front of it.
        let child = self
            .command(&format!("exec {line}"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|e| panic!("{line}: {e}"));
        Running(child)
    }

    /// Starts a server of this kind (`node`, `vault` or `issuer`) and waits until it has published its endpoint in `net`.
    pub fn serve(&self, kind: &str, line: &str) -> Running {
        let endpoint = self.path().join(format!("net/{kind}.json"));
        // An endpoint of an earlier run would be taken for this one's; there is none the first time.
        let _ = std::fs::remove_file(&endpoint);
        let mut running = self.start(kind, line);
        self.wait_for(kind, START, |dir| {
            if let Some(status) = running.ended() {
                let log = std::fs::read_to_string(dir.join(format!("{kind}.log"))).unwrap();
                panic!("{line}: {status}\n{log}");
            }
            endpoint.exists()
        });
        running
    }

    /// Waits until `done` holds, at most `limit`.
    pub fn wait_for(&self, what: &str, limit: Duration, mut done: impl FnMut(&Path) -> bool) {
        let end = Instant::now() + limit;
        while !done(self.path()) {
            assert!(Instant::now() < end, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Running {
    /// Ends the process as a power cut would: no handler runs.
    pub fn kill(mut self) {
        self.end();
    }

    /// Memory that the process has taken and holds, in bytes. The pages of its program, which come and go with the
    /// machine's load, do not count.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .unwrap();
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kilobytes * 1024
    }

    /// Sends it a signal by its name, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.0.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// How the process ended by itself; `None` while it runs.
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.0.try_wait().unwrap()
    }

    fn end(&mut self) {
        // Both fail only when the process has already been reaped.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
