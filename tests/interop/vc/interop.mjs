// The other side: `issue DIR` writes credentials and presentations into DIR for `tacit w3c verify`, `verify FILE…` reads what
// `tacit w3c issue` and `tacit w3c present` wrote. `wrap FILE OUT` makes an unsigned presentation of a credential, `change DIR FILE`
// copies of a document with one value changed, each value in its turn.
import fs from 'node:fs';
import path from 'node:path';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as didKey from '@digitalbazaar/did-method-key';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as jcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as rdfc from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';

// One package makes a suite for each use, the other has one for both.
const SUITES = {
  jcs: { signing: jcs.createSignCryptosuite(), verifying: jcs.createVerifyCryptosuite() },
  rdfc: { signing: rdfc.cryptosuite, verifying: rdfc.cryptosuite },
};
const CHALLENGE = 'challenge-1';
const DOMAIN = 'https://shop.example';

const driver = didKey.driver();
driver.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from });

// Contexts come with the package, keys from their DIDs: nothing is fetched.
async function documentLoader(url) {
  if (url.startsWith('did:key:')) {
    return { contextUrl: null, documentUrl: url, document: await driver.get({ url }) };
  }
  return vc.defaultDocumentLoader(url);
}

const read = (file) => JSON.parse(fs.readFileSync(file));
const write = (file, document) => fs.writeFileSync(file, JSON.stringify(document));
const isPresentation = (document) => [document.type].flat().includes('VerifiablePresentation');

async function issue(dir, template) {
  for (const [name, suite] of Object.entries(SUITES)) {
    const key = await Ed25519Multikey.generate();
    const { didDocument } = await driver.fromKeyPair({ verificationKeyPair: key });
    key.controller = didDocument.id;
    key.id = didDocument.assertionMethod[0];
    const proof = () => new DataIntegrityProof({ signer: key.signer(), cryptosuite: suite.signing });
    const credential = { ...read(template), issuer: didDocument.id };
    const signed = await vc.issue({ credential, suite: proof(), documentLoader });
    write(path.join(dir, `${name}.vc.json`), signed);
    const presentation = vc.createPresentation({
      verifiableCredential: structuredClone(signed),
      holder: didDocument.id,
      version: 2.0,
    });
    const shown = { presentation, suite: proof(), challenge: CHALLENGE, domain: DOMAIN, documentLoader };
    write(path.join(dir, `${name}.vp.json`), await vc.signPresentation(shown));
  }
}

async function verified(document) {
  const suite = Object.values(SUITES).map(({ verifying }) => new DataIntegrityProof({ cryptosuite: verifying }));
  const verifying = isPresentation(document)
    ? vc.verify({ presentation: document, suite, challenge: CHALLENGE, domain: DOMAIN, documentLoader })
    : vc.verifyCredential({ credential: document, suite, documentLoader });
  // What is no credential at all is thrown, the rest is told.
  const result = await verifying.catch((error) => ({ verified: false, error }));
  failure = result.error;
  return result.verified;
}
let failure;

// Every document that differs from the given one in one value.
function* changedOnes(document) {
  const copy = structuredClone(document);
  yield* changedBelow(copy, copy, '');
}

function* changedBelow(node, root, at) {
  for (const [name, value] of Object.entries(node)) {
    const here = `${at}/${name}`;
    if (value !== null && typeof value === 'object') {
      yield* changedBelow(value, root, here);
    } else {
      node[name] = typeof value === 'string' ? (value.endsWith('x') ? `${value}y` : `${value.slice(0, -1)}x`) : value + 1;
      yield [here, root];
      node[name] = value;
    }
  }
}

async function verify(files) {
  for (const file of files) {
    const document = read(file);
    if (!(await verified(structuredClone(document)))) throw failure;
    let refused = 0;
    for (const [at, changed] of changedOnes(document)) {
      if (await verified(structuredClone(changed))) throw new Error(`${file}: accepted with ${at} changed`);
      refused += 1;
    }
    console.log(`${path.basename(file)}: ours verified, ${refused} changed ones refused`);
  }
}

function change(dir, file) {
  let n = 0;
  for (const [, changed] of changedOnes(read(file))) write(path.join(dir, `${n++}.json`), changed);
}

function wrap(file, out) {
  write(out, vc.createPresentation({ verifiableCredential: read(file), version: 2.0 }));
}

const [mode, ...rest] = process.argv.slice(2);
const modes = { issue: () => issue(...rest), verify: () => verify(rest), wrap: () => wrap(...rest), change: () => change(...rest) };
if (!modes[mode]) throw new Error('issue DIR TEMPLATE | verify FILE… | wrap FILE OUT | change DIR FILE');
await modes[mode]();
