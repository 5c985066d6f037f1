//! The operator's file: TOML, one `[[host]]` for each host that may be asked.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exchange::Server;
use crate::errors::{ApiError, ApiResult};
use crate::files;

/// Version of the format.
const VERSION: u32 = 1;
/// Largest file, in bytes.
const MAX_FILE: u64 = 64 << 10;
/// Largest file of certificates, in bytes: a system's bundle of all authorities.
const MAX_CERTIFICATES: u64 = 1 << 20;
/// Most hosts.
const MAX_HOSTS: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    #[serde(default)]
    host: Vec<RawHost>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHost {
    /// `host` or `host:port`, as it stands in URLs.
    name: String,
    /// Certificates that its own is traced to; the web's authorities without.
    ca: Option<PathBuf>,
    /// Where it is reached, whatever its name resolves to.
    address: Option<SocketAddr>,
}

/// Reads the file and the certificates that it names, relative to its folder.
pub(super) fn read(path: &Path) -> ApiResult<Vec<Server>> {
    let text = files::read_text(path, MAX_FILE)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let invalid = |why: String| files::invalid(path, why);
    let raw: Raw = toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| {
            let before = text.get(..span.start).unwrap_or_default();
            before.matches('\n').count() + 1
        });
        invalid(format!("line {}: {}", line.unwrap_or(1), error.message()))
    })?;
    if raw.version != VERSION {
        return Err(invalid(format!(
            "version: this program reads version {VERSION}"
        )));
    }
    if raw.host.len() > MAX_HOSTS {
        return Err(invalid(format!("there can be {MAX_HOSTS} hosts")));
    }
    let mut servers: Vec<Server> = Vec::new();
    for host in &raw.host {
        let name = || format!("host `{}`", host.name.escape_default());
        let server = host.check(folder)?;
        let server = server.map_err(|why| invalid(format!("{}: {why}", name())))?;
        if servers
            .iter()
            .any(|other| other.authority == server.authority)
        {
            return Err(invalid(format!("{}: stands there twice", name())));
        }
        servers.push(server);
    }
    Ok(servers)
}

impl RawHost {
    fn check(&self, folder: &Path) -> ApiResult<Result<Server, &'static str>> {
        let Some((name, port)) = host_and_port(&self.name) else {
            return Ok(Err(
                "a name is `host` or `host:port` in lower case, as in URLs",
            ));
        };
        let roots = match &self.ca {
            None => RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            },
            Some(ca) => certificates(&folder.join(ca))?,
        };
        Ok(Ok(Server {
            authority: self.name.clone(),
            name,
            port,
            address: self.address,
            tls: tls(roots)?,
        }))
    }
}

/// The parts of `host[:port]`. An IPv6 address stands in brackets.
fn host_and_port(text: &str) -> Option<(ServerName<'static>, u16)> {
    let at = match text.rfind(']') {
        Some(bracket) => bracket + 1,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at_checked(at)?;
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => 443,
        None => return None,
        Some(digits) => {
            let number: u16 = digits.parse().ok()?;
            // One text for one port.
            (number != 0 && number.to_string() == digits).then_some(number)?
        }
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let name = ServerName::try_from(bare.unwrap_or(host).to_owned()).ok()?;
    let fits = match &name {
        ServerName::IpAddress(rustls::pki_types::IpAddr::V6(_)) => bare.is_some(),
        _ => bare.is_none(),
    };
    (fits && text.len() <= 260 && text.to_ascii_lowercase() == text).then_some((name, port))
}

fn certificates(path: &Path) -> ApiResult<RootCertStore> {
    let text = files::read_text(path, MAX_CERTIFICATES)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        let added = certificate.ok().map(|certificate| roots.add(certificate));
        if !matches!(added, Some(Ok(()))) {
            return Err(files::invalid(
                path,
                "holds a certificate that cannot be read",
            ));
        }
    }
    match roots.is_empty() {
        true => Err(files::invalid(path, "holds no certificate")),
        false => Ok(roots),
    }
}

fn tls(roots: RootCertStore) -> ApiResult<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ApiError::internal)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hosts_as_they_stand_in_urls() {
        let port = |text: &str| host_and_port(text).map(|(_, port)| port);
        assert_eq!(port("issuer.example"), Some(443));
        assert_eq!(port("issuer.example:8443"), Some(8443));
        assert_eq!(port("localhost:1"), Some(1));
        assert_eq!(port("192.0.2.1"), Some(443));
        assert_eq!(port("[2001:db8::1]:8443"), Some(8443));
        for bad in [
            "",
            ":443",
            "a.example:",
            "a.example:0",
            "a.example:080",
            "a.example:65536",
            "a.example:+1",
            "A.example",
            "u@a.example",
            "a.example/",
            "https://a.example",
            "2001:db8::1",
            "[a.example]",
            "[192.0.2.1]",
            "a b",
        ] {
            assert_eq!(port(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_host() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hosts.toml");
        std::fs::write(dir.path().join("empty.pem"), "").unwrap();
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read(&path).map(|servers| servers.len())
        };
        assert_eq!(read("version = 1\n").unwrap(), 0);
        let two = "version = 1\n[[host]]\nname = \"a.example\"\n[[host]]\nname = \"b.example:8443\"\naddress = \"10.0.0.1:8443\"\n";
        assert_eq!(read(two).unwrap(), 2);
        for (bad, why) in [
            ("version = 2\n", "version"),
            ("", "version"),
            (
                "version = 1\n[[host]]\nname = \"a.example\"\nurl = 1\n",
                "line 4",
            ),
            (
                "version = 1\n[[host]]\nname = \"http://a.example\"\n",
                "as in URLs",
            ),
            (
                "version = 1\n[[host]]\nname = \"a.example\"\n[[host]]\nname = \"a.example\"\n",
                "twice",
            ),
            (
                "version = 1\n[[host]]\nname = \"a\"\nca = \"empty.pem\"\n",
                "no certificate",
            ),
            (
                "version = 1\n[[host]]\nname = \"a\"\nca = \"none.pem\"\n",
                "none.pem",
            ),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}
