//! Taking the signed part off a request body, and putting the body together again.

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use std::pin::Pin;
use std::task::{Context, Poll};
use tacit_circuits::types::Digest32;
use tonic::body::Body;

use crate::auth::policy;

/// Bytes before each gRPC message: one flag, four of length.
const PREFIX: usize = 5;

/// Why the signed part could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is longer than the method allows.
    #[error("the message is larger than {0} bytes")]
    TooLarge(usize),
    /// The stream ended or broke.
    #[error("the body ended early")]
    Broken,
}

/// A body whose signed part was read.
pub struct Split {
    /// Hash of the signed part.
    pub digest: Digest32,
    /// The whole body again.
    pub body: Body,
}

/// Reads the signed part of a body, at most `max` bytes of message.
///
/// # Errors
/// [`BodyError`] when it is too long or incomplete.
pub async fn split(mut body: Body, signed: policy::Body, max: usize) -> Result<Split, BodyError> {
    let limit = max.saturating_add(PREFIX);
    let mut read = BytesMut::new();
    loop {
        if signed == policy::Body::FirstMessage
            && let Some(length) = first_message(&read)
        {
            if length > limit {
                return Err(BodyError::TooLarge(max));
            }
            if read.len() >= length {
                let digest = hash(&read[..length]);
                return Ok(Split {
                    digest,
                    body: Body::new(Rejoined {
                        first: Some(read.freeze()),
                        rest: body,
                    }),
                });
            }
        }
        // A frame of a stream may already hold later messages; only the first one is bounded here.
        if signed == policy::Body::Whole && read.len() > limit {
            return Err(BodyError::TooLarge(max));
        }
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    read.extend_from_slice(&data);
                }
            }
            Some(Err(_)) => return Err(BodyError::Broken),
            None if signed == policy::Body::Whole => {
                let digest = hash(&read);
                return Ok(Split {
                    digest,
                    body: Body::new(http_body_util::Full::new(read.freeze())),
                });
            }
            None => return Err(BodyError::Broken),
        }
    }
}

/// Length of the first message with its prefix, once the prefix has been read.
fn first_message(read: &[u8]) -> Option<usize> {
    let length: [u8; 4] = read.get(1..PREFIX)?.try_into().ok()?;
    Some((u32::from_be_bytes(length) as usize).saturating_add(PREFIX))
}

fn hash(bytes: &[u8]) -> Digest32 {
    Digest32(Sha256::digest(bytes).into())
}

/// What was read, then what is still to come.
struct Rejoined {
    first: Option<Bytes>,
    rest: Body,
}

impl HttpBody for Rejoined {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::StreamBody;

    fn message(payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0];
        out.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        out.extend_from_slice(payload);
        out
    }

    fn body(parts: Vec<Vec<u8>>) -> Body {
        let frames = parts
            .into_iter()
            .map(|part| Ok::<_, tonic::Status>(Frame::data(Bytes::from(part))));
        Body::new(StreamBody::new(tokio_stream::iter(frames)))
    }

    #[tokio::test]
    async fn the_first_message_is_hashed_however_the_bytes_arrive_and_nothing_is_lost() {
        let (first, second) = (message(b"header"), message(b"data"));
        let all = [first.clone(), second].concat();
        for cut in 0..all.len() {
            let parts = vec![all[..cut].to_vec(), all[cut..].to_vec()];
            let split = split(body(parts), policy::Body::FirstMessage, 100)
                .await
                .unwrap();
            assert_eq!(split.digest, hash(&first), "cut at {cut}");
            assert_eq!(split.body.collect().await.unwrap().to_bytes(), all);
        }
    }

    #[tokio::test]
    async fn a_length_prefix_beyond_the_bound_is_refused_before_it_is_read() {
        let mut huge = vec![0];
        huge.extend_from_slice(&u32::MAX.to_be_bytes());
        let refused = split(body(vec![huge]), policy::Body::FirstMessage, 100).await;
        assert!(matches!(refused, Err(BodyError::TooLarge(100))));
        let long = split(
            body(vec![vec![0; 60], vec![0; 60]]),
            policy::Body::Whole,
            100,
        )
        .await;
        assert!(matches!(long, Err(BodyError::TooLarge(100))));
    }

    #[tokio::test]
    async fn a_stream_that_ends_inside_its_first_message_is_refused() {
        let cut = message(b"header")[..7].to_vec();
        assert!(matches!(
            split(body(vec![cut]), policy::Body::FirstMessage, 100).await,
            Err(BodyError::Broken)
        ));
    }
}
