//! A node that serves the chain, writes down what it is asked, and lies where a test wants it to.

use commonware_codec::Encode;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::tree::note::NoteBucket;
use tacit_ledger::ids::{Epoch, Height};
use tacit_ledger::keys::StateKey;
use tacit_ledger::state::{self, EndedNodes, NoteNodes};

use super::Chain;
use crate::sync::{
    Finality, HandoverRange, HeaderRange, LedgerSource, SourceError, StateAnswer, TreePart,
};

/// One call and its answer, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub asked: Vec<u8>,
    pub answered: Vec<u8>,
}

/// Changes the answer to a call of this name.
pub type Lie<'a> = Box<dyn FnMut(&str, &mut Vec<u8>) + 'a>;

/// Serves a chain.
pub struct Node<'a> {
    chain: &'a Chain,
    pub calls: Vec<Call>,
    /// Changes every answer before it is sent.
    pub lie: Option<Lie<'a>>,
    /// Fails the call of this number.
    pub fail_at: Option<usize>,
}

impl<'a> Node<'a> {
    pub fn new(chain: &'a Chain) -> Self {
        Node {
            chain,
            calls: Vec::new(),
            lie: None,
            fail_at: None,
        }
    }

    /// Names of the calls so far.
    pub fn names(&self) -> Vec<String> {
        let name = |call: &Call| {
            String::from_utf8_lossy(&call.asked)
                .split(' ')
                .next()
                .unwrap()
                .to_owned()
        };
        self.calls.iter().map(name).collect()
    }

    fn answer(
        &mut self,
        name: &str,
        argument: &[u8],
        mut bytes: Vec<u8>,
    ) -> Result<Vec<u8>, SourceError> {
        if self.fail_at == Some(self.calls.len()) {
            return Err(SourceError("connection reset".into()));
        }
        if let Some(lie) = &mut self.lie {
            lie(name, &mut bytes);
        }
        let asked = [name.as_bytes(), b" ", argument].concat();
        self.calls.push(Call {
            asked,
            answered: bytes.clone(),
        });
        Ok(bytes)
    }
}

impl LedgerSource for Node<'_> {
    fn headers(&mut self, from: Height, max: u32) -> Result<HeaderRange, SourceError> {
        let chain = self.chain;
        let all = chain
            .blocks
            .iter()
            .skip(from.0 as usize)
            .take(max as usize)
            .map(|block| &block.header);
        let mut headers: Vec<_> = all.collect();
        let certified = |height: u64| !chain.uncertified.contains(&height);
        if let Some(at) = headers
            .iter()
            .rposition(|header| certified(header.height.0))
        {
            headers.truncate(at + 1);
        }
        let last = headers.last().filter(|header| certified(header.height.0));
        let certificate = last.map(|header| chain.certificate(header.height.0).encode().to_vec());
        let finality = match certificate {
            Some(certificate) => Some(Finality {
                certificate: self.answer("certificate", &[], certificate)?,
                validators: self.answer(
                    "validators",
                    &[],
                    chain.spec.validators().encode().to_vec(),
                )?,
            }),
            None => None,
        };
        let headers = headers
            .iter()
            .map(|header| header.encode().to_vec())
            .collect::<Vec<_>>();
        let argument = [from.0.to_be_bytes().as_slice(), &max.to_be_bytes()].concat();
        let headers = headers
            .into_iter()
            .map(|bytes| self.answer("header", &argument, bytes))
            .collect::<Result<_, _>>()?;
        Ok(HeaderRange { headers, finality })
    }

    fn handovers(&mut self, _: Epoch) -> Result<HandoverRange, SourceError> {
        // The validators of the testing chain never change.
        let next = Epoch(u64::MAX);
        Ok(HandoverRange {
            handovers: Vec::new(),
            next,
        })
    }

    fn block(&mut self, height: Height) -> Result<Vec<u8>, SourceError> {
        let bytes = self.chain.blocks[height.0 as usize].to_bytes();
        self.answer("block", &height.0.to_be_bytes(), bytes)
    }

    fn note_bucket(&mut self, bucket: u32, anchor: Height) -> Result<TreePart, SourceError> {
        let (height, state) = &self.chain.anchored;
        let size = state::counters(state).unwrap().leaves;
        let bytes = NoteBucket::read(&NoteNodes(state), size, bucket)
            .unwrap()
            .encode()
            .to_vec();
        let argument = [bucket.to_be_bytes().as_slice(), &anchor.0.to_be_bytes()].concat();
        Ok(TreePart {
            bytes: self.answer("bucket", &argument, bytes)?,
            height: *height,
        })
    }

    fn ended_shard(&mut self, shard: u16, anchor: Height) -> Result<TreePart, SourceError> {
        let (height, state) = &self.chain.anchored;
        let bytes = EndedShard::read(&EndedNodes(state), shard)
            .unwrap()
            .encode()
            .to_vec();
        let argument = [shard.to_be_bytes().as_slice(), &anchor.0.to_be_bytes()].concat();
        Ok(TreePart {
            bytes: self.answer("shard", &argument, bytes)?,
            height: *height,
        })
    }

    fn state(&mut self, key: &StateKey) -> Result<StateAnswer, SourceError> {
        let height = self.chain.tip().header.height;
        let (value, proof) = state::prove(&self.chain.state, height, key).unwrap();
        let value = value
            .map(|value| self.answer("value", key.as_bytes(), value))
            .transpose()?;
        let proof = self.answer("proof", key.as_bytes(), proof.encode().to_vec())?;
        Ok(StateAnswer {
            value,
            proof,
            height,
        })
    }
}
