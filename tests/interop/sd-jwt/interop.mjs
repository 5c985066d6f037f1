// The other side: `issue FILE` writes what identity/examples/sd_jwt_interop.rs verifies, `verify FILE` reads what it issued,
// `serve URL TOKEN` asks a running `tacit w3c serve` for credentials, suspends one and reads its list.
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import fs from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { StatusList, createHeaderAndPayload, getListFromStatusListJWT, getStatusListFromJWT } from '@sd-jwt/jwt-status-list';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';

const NOW = 1795262400;
const ISSUER = 'https://issuer.example';
const LIST = 'https://issuer.example/status/1';
const BINDING = { iat: NOW, aud: 'https://shop.example', nonce: 'nonce-1' };
const CLAIMS = { name: 'Ada', nationalities: ['DE', 'FR'], address: { street: 'Straße 1', city: 'Köln' }, level: 3 };
const SHOWN = { ...CLAIMS, nationalities: ['FR'] };

const { subtle } = webcrypto;
const KEYS = { ES256: { name: 'ECDSA', namedCurve: 'P-256' }, EdDSA: { name: 'Ed25519' } };
const SIGNATURES = { ES256: { name: 'ECDSA', hash: 'SHA-256' }, EdDSA: { name: 'Ed25519' } };

const hasher = (data, algorithm) => createHash(algorithm.replace('sha-', 'sha')).update(data).digest();
const saltGenerator = (length) => randomBytes(length).toString('base64url').slice(0, length);
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function verifierOf(algorithm, jwk) {
  const key = await subtle.importKey('jwk', jwk, KEYS[algorithm], true, ['verify']);
  return (data, signature) =>
    subtle.verify(SIGNATURES[algorithm], key, Buffer.from(signature, 'base64url'), Buffer.from(data));
}

function signerOf(algorithm, key) {
  return async (data) =>
    Buffer.from(await subtle.sign(SIGNATURES[algorithm], key, Buffer.from(data))).toString('base64url');
}

async function publicJwk(key) {
  const { ext, key_ops, alg, ...jwk } = await subtle.exportKey('jwk', key);
  return jwk;
}

async function issue(algorithm) {
  const issuer = await subtle.generateKey(KEYS[algorithm], true, ['sign', 'verify']);
  const holder = await subtle.generateKey(KEYS[algorithm], true, ['sign', 'verify']);
  const jwk = await publicJwk(issuer.publicKey);
  const instance = new SDJwtVcInstance({
    signer: signerOf(algorithm, issuer.privateKey),
    verifier: await verifierOf(algorithm, jwk),
    signAlg: algorithm,
    kbSigner: signerOf(algorithm, holder.privateKey),
    kbSignAlg: algorithm,
    hasher,
    hashAlg: 'sha-256',
    saltGenerator,
  });
  const payload = {
    iss: ISSUER,
    vct: 'https://issuer.example/person',
    iat: NOW,
    exp: NOW + 1000,
    cnf: { jwk: await publicJwk(holder.publicKey) },
    status: { status_list: { uri: LIST, idx: 2 } },
    ...CLAIMS,
  };
  const frame = {
    _sd: ['name', 'address'],
    _sd_decoy: 2,
    nationalities: { _sd: [0, 1], _sd_decoy: 1 },
    address: { _sd: ['street'] },
  };
  const issued = await instance.issue(payload, frame);
  const chosen = { name: true, nationalities: { 1: true }, address: { street: true } };
  const presented = await instance.present(issued, chosen, { kb: { payload: BINDING } });
  const list = createHeaderAndPayload(
    new StatusList([0, 0, 1, 0, 0, 0, 0, 0], 1),
    { iss: ISSUER, sub: LIST, iat: NOW, exp: NOW + 1000, ttl: 60 },
    { alg: algorithm, typ: 'statuslist+jwt' },
  );
  const input = `${base64url(list.header)}.${base64url(list.payload)}`;
  const signature = await signerOf(algorithm, issuer.privateKey)(input);
  return { issued, presented, list: `${input}.${signature}`, issuer: jwk };
}

async function verify(algorithm, ours) {
  const verifier = await verifierOf(algorithm, ours.issuer);
  let status;
  const instance = new SDJwtVcInstance({
    verifier,
    kbVerifier: async (data, signature, payload) =>
      (await verifierOf(algorithm, payload.cnf.jwk))(data, signature),
    hasher,
    hashAlg: 'sha-256',
    statusListFetcher: async (uri) => {
      if (uri !== LIST) throw new Error(`another list: ${uri}`);
      return ours.list;
    },
    statusVerifier: verifier,
    statusValidator: async (value) => {
      status = value;
    },
  });
  const options = { currentDate: NOW, keyBindingNonce: BINDING.nonce };
  const { payload, kb } = await instance.verify(ours.presented, options);
  if (kb.payload.aud !== BINDING.aud || kb.payload.iat !== BINDING.iat) throw new Error('another key binding');
  if (status !== 1) throw new Error(`status ${status}`);
  for (const [name, value] of Object.entries(SHOWN)) {
    if (!isDeepStrictEqual(payload[name], value)) throw new Error(`another claim ${name}`);
  }
  let refused = 0;
  for (let at = 0; at < ours.presented.length; at += 7) {
    const other = ours.presented[at] === 'A' ? 'B' : 'A';
    const changed = ours.presented.slice(0, at) + other + ours.presented.slice(at + 1);
    const accepted = await instance.verify(changed, options).then(
      () => true,
      () => false,
    );
    // Bits that base64url leaves over are read as nothing by the other side's decoder, in signatures too.
    const harmless = accepted && isLastOfPart(ours.presented, at);
    if (accepted && !harmless) throw new Error(`accepted with character ${at} changed`);
    refused += accepted ? 0 : 1;
  }
  return refused;
}

// The last character of a part carries bits that mean nothing.
function isLastOfPart(text, at) {
  return at + 1 === text.length || '.~'.includes(text[at + 1]);
}

async function served(url, token) {
  const ask = async (path, body) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const reply = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return reply;
  };
  const options = { type: 'https://issuer.example/person', credentialStatus: 'suspension' };
  const issued = [];
  for (const name of ['Ada', 'Bob', 'Eve']) {
    const reply = await ask('/sd-jwt/issue', { claims: { name }, options });
    issued.push((await reply.json()).credential);
  }
  const references = issued.map((credential) => getStatusListFromJWT(credential.split('~')[0]));
  const [, { idx, uri }] = references;
  await ask('/credentials/status', { credentialStatus: { status_list: { idx, uri } }, status: true });
  const reply = await fetch(uri, { headers: { Accept: 'application/statuslist+jwt' } });
  if (reply.headers.get('content-type') !== 'application/statuslist+jwt') throw new Error('another media type');
  const jwt = await reply.text();
  const list = getListFromStatusListJWT(jwt);
  const found = references.map((reference) => list.getStatus(reference.idx));
  if (!isDeepStrictEqual(found, [0, 2, 0])) throw new Error(`statuses ${found}`);
  const payload = JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
  if (payload.sub !== uri) throw new Error(`sub ${payload.sub}`);
}

const [mode, file, token] = process.argv.slice(2);
if (mode === 'issue') {
  const all = {};
  for (const algorithm of Object.keys(KEYS)) all[algorithm] = await issue(algorithm);
  fs.writeFileSync(file, JSON.stringify(all));
} else if (mode === 'verify') {
  const all = JSON.parse(fs.readFileSync(file));
  for (const algorithm of Object.keys(KEYS)) {
    const refused = await verify(algorithm, all[algorithm]);
    console.log(`${algorithm}: ours verified, ${refused} changed ones refused`);
  }
} else if (mode === 'serve') {
  await served(file, token);
  console.log('a served list: ours read, the suspended credential found');
} else {
  throw new Error('issue FILE | verify FILE | serve URL TOKEN');
}
