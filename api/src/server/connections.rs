//! Accepting connections, a bounded number at a time, and only from peers that make calls.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_stream::Stream;
use tonic::transport::server::Connected;

use crate::limits;

/// A connection that counts until it is dropped.
pub struct Counted {
    stream: TcpStream,
    peer: Peer,
    /// When the connection ends unless a call has been made. HTTP/2 keepalive looks after those that call.
    silence: Pin<Box<Sleep>>,
    _place: Place,
    _permit: OwnedSemaphorePermit,
}

/// What is known of a connection's peer.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Whether it has made a call.
    called: Arc<AtomicBool>,
    network: IpAddr,
}

impl Peer {
    /// Where it comes from: an IPv4 address, or the first 64 bits of an IPv6 address.
    pub fn network(&self) -> IpAddr {
        self.network
    }
}

/// Notes that a call came over its connection.
pub fn calls<B>(request: http::Request<B>) -> http::Request<B> {
    if let Some(Peer { called, .. }) = request.extensions().get() {
        called.store(true, Ordering::Relaxed);
    }
    request
}

/// How many connections each address has.
type Addresses = Arc<Mutex<BTreeMap<IpAddr, usize>>>;

/// A connection's share of its address.
struct Place {
    address: IpAddr,
    of: Addresses,
}

impl Place {
    /// A place for one more connection from an address, if it has one left.
    fn take(of: &Addresses, address: IpAddr) -> Option<Self> {
        let address = network(address);
        let mut counts = of.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= limits::MAX_CONNECTIONS_PER_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Self {
            address,
            of: Arc::clone(of),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// What one peer has for itself: an IPv4 address, or 64 bits of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() >> 64 << 64).into(),
        four => four,
    }
}

/// Connections as they come. Beyond the bound of all they wait in the kernel's queue; beyond that of their address they are
/// closed.
pub fn accept(listener: TcpListener) -> impl Stream<Item = io::Result<Counted>> + Send {
    let permits = Arc::new(Semaphore::new(limits::MAX_CONNECTIONS));
    let state = (listener, permits, Addresses::default());
    futures::stream::unfold(state, |(listener, permits, addresses)| async move {
        let permit = Arc::clone(&permits).acquire_owned().await.ok()?;
        let accepted = loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    if let Some(place) = Place::take(&addresses, from.ip()) {
                        break Ok((stream, place));
                    }
                }
                Err(error) => {
                    // Out of file descriptors, most likely: let some connections end.
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    break Err(error);
                }
            }
        };
        let counted = accepted.map(|(stream, place)| {
            // Without it small answers wait for the peer's acknowledgement; a failure costs only time.
            drop(stream.set_nodelay(true));
            Counted {
                stream,
                peer: Peer {
                    called: Arc::default(),
                    network: place.address,
                },
                silence: Box::pin(tokio::time::sleep(limits::FIRST_CALL_TIMEOUT)),
                _place: place,
                _permit: permit,
            }
        });
        Some((counted, (listener, permits, addresses)))
    })
}

impl Connected for Counted {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.peer.clone()
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let called = self.peer.called.load(Ordering::Relaxed);
        if !called && self.silence.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let addresses = Addresses::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut held: Vec<_> = (0..limits::MAX_CONNECTIONS_PER_ADDRESS)
            .map(|_| Place::take(&addresses, one).unwrap())
            .collect();
        assert!(Place::take(&addresses, one).is_none());
        assert!(Place::take(&addresses, other).is_some());
        held.pop();
        assert!(Place::take(&addresses, one).is_some());
        held.clear();
        assert!(addresses.lock().unwrap().is_empty());
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let v6 = |text: &str| network(text.parse().unwrap());
        assert_eq!(v6("2001:db8:1:2::1"), v6("2001:db8:1:2:ffff::9"));
        assert_ne!(v6("2001:db8:1:2::1"), v6("2001:db8:1:3::1"));
        assert_eq!(v6("::ffff:10.0.0.1"), network(IpAddr::from([10, 0, 0, 1])));
    }
}
