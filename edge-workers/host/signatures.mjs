// Signing and checking with WebCrypto, by the names that effects use. Every signer takes the key's
// text and the message; every verifier the key's text, the message's bytes, the signatures and the
// password that came with the request.

export class BadKey extends Error {}

const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const COORDINATE = 32; // bytes of each of the two numbers of a P-256 signature

const bytesOf = (text) => new TextEncoder().encode(text);

async function importKey(format, bytes, algorithm, usage) {
  try {
    return await crypto.subtle.importKey(format, bytes, algorithm, false, [usage]);
  } catch {
    throw new BadKey('the key cannot be read');
  }
}

async function hmac(key, message) {
  const imported = await importKey('raw', bytesOf(key), HMAC, 'sign');
  return new Uint8Array(await crypto.subtle.sign(HMAC.name, imported, message));
}

export const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export const signers = {
  'hmac-sha256': async (key, message) => hexOf(await hmac(key, bytesOf(message))),
  // A JWS: what was signed, a dot, the signature (RFC 7515).
  RS256: async (key, message) => {
    const imported = await importKey('pkcs8', fromPem(key), RSA, 'sign');
    const signature = new Uint8Array(await crypto.subtle.sign(RSA.name, imported, bytesOf(message)));
    return `${message}.${btoa(String.fromCharCode(...signature))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replace(/=+$/, '')}`;
  },
};

// `key` is undefined when none is configured: a stranger's stands in, so that the answer takes the
// same time, and the caller says no.
let strangersText;
let strangersPublicKey;

const SHORT_BYTES = 12; // of hmac-sha256-96

async function hmacOf(key, message) {
  strangersText ??= String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)));
  return hmac(key ?? strangersText, message);
}

const anyIs = (expected, signatures) =>
  signatures.map((signature) => sameBytes(expected, signature)).includes(true);

export const verifiers = {
  'hmac-sha256': async (key, message, signatures) => anyIs(await hmacOf(key, message), signatures),
  'hmac-sha256-96': async (key, message, signatures) =>
    anyIs((await hmacOf(key, message)).subarray(0, SHORT_BYTES), signatures),
  // Not the texts themselves are compared, whose lengths would tell: their hashes under a key that
  // nobody knows.
  'basic-auth': async (key, message, signatures, password) => {
    strangersText ??= String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)));
    const [expected, presented] = await Promise.all(
      [key ?? strangersText, password ?? ''].map((text) => hmac(strangersText, bytesOf(text))),
    );
    return sameBytes(expected, hexOf(presented));
  },
  'ecdsa-p256-sha256': async (key, message, signatures) => {
    strangersPublicKey ??= crypto.subtle.generateKey(EC, false, ['sign', 'verify']);
    const imported = key
      ? await importKey('spki', fromPem(key), EC, 'verify')
      : (await strangersPublicKey).publicKey;
    let valid = false;
    for (const signature of signatures) {
      const numbers = numbersOfDer(fromBase64(signature)) ?? new Uint8Array(2 * COORDINATE);
      valid = (await crypto.subtle.verify(EC, imported, numbers, message)) || valid;
    }
    return valid;
  },
};

// Constant time: every byte is looked at, whatever the text holds.
function sameBytes(expected, hex) {
  const shape = /^[0-9a-f]*$/i.test(hex) && hex.length === 2 * expected.length;
  let difference = shape ? 0 : 1;
  for (let i = 0; i < expected.length; i++)
    difference |= expected[i] ^ (shape ? parseInt(hex.slice(2 * i, 2 * i + 2), 16) : 0);
  return difference === 0;
}

function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

// PEM with or without its frame; a variable often holds its line ends as "\n".
const fromPem = (text) => fromBase64(text.replace(/-----[^-]+-----/g, '').replace(/\\n|\s/g, ''));

// SEQUENCE { INTEGER r, INTEGER s } as the 64 bytes that WebCrypto takes; null for anything else.
export function numbersOfDer(der) {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const numbers = new Uint8Array(2 * COORDINATE);
  let at = 2;
  for (const end of [COORDINATE, 2 * COORDINATE]) {
    const length = der[at + 1];
    if (der[at] !== 0x02 || length === 0 || at + 2 + length > der.length) return null;
    let digits = der.subarray(at + 2, at + 2 + length);
    if (digits.length > 1 && digits[0] === 0) digits = digits.subarray(1);
    if (digits.length > COORDINATE) return null;
    numbers.set(digits, end - digits.length);
    at += 2 + length;
  }
  return at === der.length ? numbers : null;
}
