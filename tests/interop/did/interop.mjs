// The other side: `write DIR` makes DIDs with histories of all kinds and puts their files below DIR as web servers would have them,
// and tells each name and DID. `compare DIR NAME FOUND` compares the document that the other side finds with ours. `spoil LOG DIR`
// copies a log with one text of its newest entry changed, each in its turn.
import fs from 'node:fs';
import path from 'node:path';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  AbstractCrypto, MultibaseEncoding, createDID, deactivateDID, deriveNextKeyHash, multibaseEncode, prepareDataForSigning,
  resolveDIDFromLog, signWitnessProofEntries, updateDID,
} from 'didwebvh-ts';

// DER before the 32 bytes of an Ed25519 public key (RFC 8410).
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const day = (n) => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`;

class Key extends AbstractCrypto {
  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
    const multikey = multibaseEncode(Buffer.concat([Buffer.from([0xed, 0x01]), raw]), MultibaseEncoding.BASE58_BTC);
    super({ verificationMethod: { type: 'Multikey', publicKeyMultibase: multikey }, useStaticId: false });
    Object.assign(this, { privateKey, multikey, did: `did:key:${multikey}` });
  }
  getVerificationMethodId() {
    return `${this.did}#${this.multikey}`;
  }
  async sign({ document, proof }) {
    const signature = sign(null, await prepareDataForSigning(document, proof), this.privateKey);
    return { proofValue: multibaseEncode(signature, MultibaseEncoding.BASE58_BTC) };
  }
  async verify(signature, message, publicKey) {
    const key = { key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' };
    return verify(null, message, key, signature);
  }
}

const [one, two, three, witness, other] = Array.from({ length: 5 }, () => new Key());
const method = (key) => ({ type: 'Multikey', publicKeyMultibase: key.multikey, purpose: 'assertionMethod' });

const begin = (options) =>
  createDID({
    address: 'a.example', signer: one, verifier: one, updateKeys: [one.multikey], created: day(1),
    verificationMethods: [method(one)], ...options,
  });
const next = ({ log }, signer, options) =>
  updateDID({ log, signer, verifier: one, updateKeys: [signer.multikey], updated: day(log.length + 1), verificationMethods: [method(signer)], ...options });

const histories = {
  created: () => begin({}),
  path: () => begin({ paths: ['people', 'ada'] }),
  port: () => begin({ address: 'a.example:8443' }),
  rotated: async () => next(await next(await begin({}), one, { updateKeys: [two.multikey] }), two, {}),
  prerotated: async () => {
    const first = await begin({ nextKeyHashes: [await deriveNextKeyHash(two.multikey)] });
    return next(first, two, { nextKeyHashes: [await deriveNextKeyHash(three.multikey)] });
  },
  moved: async () => next(await begin({ portable: true }), one, { address: 'b.example' }),
  witnessed: async () => {
    const witnesses = [{ id: witness.did }, { id: other.did }];
    const made = await begin({ witness: { threshold: 2, witnesses } });
    const signers = { [witness.did]: witness, [other.did]: other };
    const versions = made.log.map((entry) => entry.versionId);
    return { ...made, witnessProofs: await signWitnessProofEntries(versions, witnesses, signers) };
  },
  deactivated: async () => deactivateDID({ ...(await begin({})), signer: one, verifier: one }),
};

async function write(dir) {
  for (const [name, make] of Object.entries(histories)) {
    const { did, log, witnessProofs } = await make();
    const found = await resolveDIDFromLog(log, { verifier: one, witnessProofs });
    const [, , , host, ...segments] = did.split(':');
    const folder = path.join(dir, host, ...(segments.length ? segments : ['.well-known']));
    // Histories share hosts, so each has a folder of its own.
    const root = path.join(dir, name);
    const place = path.join(root, path.relative(dir, folder));
    fs.mkdirSync(place, { recursive: true });
    fs.writeFileSync(path.join(place, 'did.jsonl'), log.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    if (witnessProofs) fs.writeFileSync(path.join(place, 'did-witness.json'), JSON.stringify(witnessProofs));
    fs.writeFileSync(path.join(dir, `${name}.json`), JSON.stringify(found.doc));
    console.log(`${name} ${did}`);
  }
}

function compare(dir, name, found) {
  const theirs = JSON.parse(fs.readFileSync(path.join(dir, `${name}.json`)));
  // Services that every did:webvh has implicitly; we give the document as it was signed.
  const implicit = ({ id }) => ['#files', '#whois'].includes(id);
  if (theirs.service?.every(implicit)) delete theirs.service;
  const ours = JSON.parse(fs.readFileSync(found));
  if (!isDeepStrictEqual(ours, theirs)) throw new Error(`${name}: ${JSON.stringify(ours)}\nnot ${JSON.stringify(theirs)}`);
}

// Every text of the newest entry, changed in its last character.
function spoil(file, dir) {
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  const entry = JSON.parse(lines.pop());
  let n = 0;
  const below = (node) => {
    for (const [name, value] of Object.entries(node)) {
      if (value !== null && typeof value === 'object') below(value);
      else if (typeof value === 'string') {
        node[name] = value.slice(0, -1) + (value.endsWith('2') ? '3' : '2');
        fs.writeFileSync(path.join(dir, `${n++}.jsonl`), [...lines, JSON.stringify(entry), ''].join('\n'));
        node[name] = value;
      }
    }
  };
  below(entry);
}

const [mode, ...rest] = process.argv.slice(2);
const modes = { write: () => write(...rest), compare: () => compare(...rest), spoil: () => spoil(...rest) };
if (!modes[mode]) throw new Error('write DIR | compare DIR NAME FOUND | spoil LOG DIR');
await modes[mode]();
