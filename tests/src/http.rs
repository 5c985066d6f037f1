//! A client of the HTTP interface that can also say what no client should.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::process::{Running, Workbench};

/// A running `tacit w3c serve`.
#[derive(Debug)]
pub struct Server {
    /// `host:port`.
    pub address: String,
    /// The issuer's DID; empty when the server does not issue.
    pub issuer: String,
    /// What issuing needs; empty when the server does not issue.
    pub token: String,
    _running: Running,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// A member of the body that is a text.
    pub fn text(&self, member: &str) -> String {
        let json = self.json();
        json[member].as_str().unwrap_or_default().to_owned()
    }
}

impl Server {
    /// Starts `tacit w3c serve` with these arguments on a free port of this machine.
    pub fn start(bench: &Workbench, name: &str, arguments: &str) -> Self {
        let line = format!("tacit w3c serve --listen 127.0.0.1:0 --format json {arguments}");
        let mut running = bench.start(name, &line);
        let log = bench.path().join(format!("{name}.log"));
        let mut said = None;
        bench.wait_for(name, Duration::from_secs(60), |_| {
            let text = std::fs::read_to_string(&log).unwrap();
            if let Some(status) = running.ended() {
                panic!("{line}: {status}\n{text}");
            }
            let lines = text
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok());
            said = lines.into_iter().find(|line| line.get("url").is_some());
            said.is_some()
        });
        let said = said.unwrap();
        let url = said["url"].as_str().unwrap();
        let dir = arguments
            .split(' ')
            .skip_while(|word| *word != "--dir")
            .nth(1);
        let token = dir
            .map(|dir| std::fs::read_to_string(bench.path().join(dir).join("http.token")).unwrap());
        Self {
            address: url.strip_prefix("http://").unwrap().to_owned(),
            issuer: said["issuer"].as_str().unwrap_or_default().to_owned(),
            token: token.unwrap_or_default().trim().to_owned(),
            _running: running,
        }
    }

    /// Sends these bytes and reads until the server closes.
    pub fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        // A server that has heard enough may close before it was told everything.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// One request with these header lines.
    pub fn call(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Reply {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        );
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let answer = self.raw(&[request.as_bytes(), body].concat());
        parse(&answer)
    }

    /// `POST` of JSON, with the issuer's token.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        let token = format!("Authorization: Bearer {}", self.token);
        let headers = ["Content-Type: application/json", token.as_str()];
        self.call("POST", path, &headers, body.to_string().as_bytes())
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &[], b"")
    }
}

/// `GET` of any `http://` URL.
pub fn get(url: &str) -> Reply {
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    parse(&answer)
}

fn parse(answer: &[u8]) -> Reply {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(answer)));
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    });
    Reply {
        status,
        headers: headers.collect(),
        body: answer[end + 4..].to_vec(),
    }
}
