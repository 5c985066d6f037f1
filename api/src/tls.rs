//! TLS: a self-signed certificate per server, pinned by the endpoint file that clients take.
//!
//! There is no certificate authority: a client trusts exactly the one certificate in the endpoint file, and signed
//! requests name that certificate as their audience.

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use tacit_circuits::types::Digest32;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};
use zeroize::Zeroizing;

use crate::auth::request::Audience;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::limits;

/// The name in every certificate. Names mean nothing here, the pinned certificate does.
const SERVER_NAME: &str = "tacit.internal";
const CERTIFICATE_FILE: &str = "tls.crt";
const KEY_FILE: &str = "tls.key";

/// Chooses the one cryptography provider of the process. Call it first in `main`.
pub fn install_provider() {
    // A second call, as between tests of one process, finds the same provider installed.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// A server's certificate and key, kept in its folder so that it is the same after a restart.
pub struct ServerIdentity {
    certificate_pem: String,
    key_pem: Zeroizing<String>,
    audience: Audience,
}

impl std::fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerIdentity({:?}, redacted)", self.audience)
    }
}

impl ServerIdentity {
    /// Takes the certificate of a folder, made now when there is none.
    ///
    /// # Errors
    /// When the files cannot be read, written or understood.
    pub fn load_or_create(dir: &Path) -> ApiResult<Self> {
        let (certificate, key) = (dir.join(CERTIFICATE_FILE), dir.join(KEY_FILE));
        if !certificate.exists() {
            let made = rcgen::generate_simple_self_signed([SERVER_NAME.to_owned()])
                .map_err(ApiError::internal)?;
            // The key first: a certificate without its key would be pinned and useless.
            files::write_secret(
                &key,
                Zeroizing::new(made.signing_key.serialize_pem()).as_bytes(),
            )?;
            files::write_atomic(&certificate, made.cert.pem().as_bytes())?;
        }
        let certificate_pem = files::read_text(&certificate, files::MAX_SMALL_FILE)?;
        let key_pem = Zeroizing::new(files::read_text(&key, files::MAX_SMALL_FILE)?);
        let audience = audience_of(&certificate_pem)?;
        Ok(Self {
            certificate_pem,
            key_pem,
            audience,
        })
    }

    /// The certificate, for the endpoint file.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// What requests to this server must name.
    pub fn audience(&self) -> Audience {
        self.audience
    }

    /// Configuration for a server that takes HTTP/1.1 beside HTTP/2.
    ///
    /// # Errors
    /// When the folder's certificate and key do not belong together.
    pub fn http_config(&self) -> ApiResult<Arc<ServerConfig>> {
        let invalid = || ApiError::new(&reason::FILE_INVALID, "tls.crt and tls.key do not fit");
        let chain = CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes());
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|_| invalid())?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(|_| invalid())?;
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|_| invalid())?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Configuration for the server.
    pub fn server_config(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(Identity::from_pem(
                &self.certificate_pem,
                self.key_pem.as_str(),
            ))
            .timeout(limits::HANDSHAKE_TIMEOUT)
    }
}

/// The audience that stands for a certificate: SHA-256 of its DER.
///
/// # Errors
/// When the text holds no certificate.
pub fn audience_of(certificate_pem: &str) -> ApiResult<Audience> {
    let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
        .map_err(|_| ApiError::new(&reason::FILE_INVALID, "there is no certificate in the file"))?;
    Ok(Audience(Digest32(Sha256::digest(&der).into())))
}

/// Configuration for a client that trusts exactly this certificate.
pub fn client_config(certificate_pem: &str) -> ClientTlsConfig {
    ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(certificate_pem))
        .domain_name(SERVER_NAME)
        .timeout(limits::HANDSHAKE_TIMEOUT)
}
