// Takes secrets out of every text and of all bytes that leave the host.

import { joined } from './bytes.mjs';

export const MIN_SECRET_LENGTH = 8; // anything shorter would redact ordinary words
const REDACTED = '[redacted]';
const ENCODER = new TextEncoder();
const MARK = ENCODER.encode(REDACTED);
// What is looked at in one piece: a body of 32 MB would take an isolate's memory as text as well.
const WINDOW_BYTES = 8 * 1024 * 1024;
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

export class Redaction {
  #known = new Set();
  #forms = /(?!)/g;
  #longestForm = 0; // in bytes
  #clean = new WeakMap(); // bytes, and the forms that they do not hold

  // One pass over a text takes all of them out, however many there are.
  hide(...values) {
    // In a text as it is, in bytes one character for each.
    for (const form of values.flatMap(spellings)) this.#known.add(form).add(byteString(ENCODER.encode(form)));
    if (this.#known.size > 0) this.#compile();
  }

  // As it is alone: an ASCII text that strangers choose, whose other spellings would take time to no end.
  hideExactly(value) {
    this.#known.add(value);
    this.#compile();
  }

  #compile() {
    const forms = [...this.#known].sort((a, b) => b.length - a.length); // a key inside a longer one goes with it
    this.#forms = patternOf(forms);
    this.#longestForm = 3 * forms[0].length; // a character has at most so many bytes for each unit
  }

  text(text) {
    return text.replace(this.#forms, REDACTED);
  }

  // Byte for byte: what is not a secret stays as it was, whether or not it is valid UTF-8. Bytes are looked through
  // once, however often they are handed on.
  bytes(bytes) {
    if (this.#known.size === 0 || this.#clean.get(bytes) === this.#forms) return bytes;
    const kept = this.#withoutSecrets(bytes);
    const clean =
      kept.length === 1 ? bytes : joined(kept.flatMap((part, i) => (i === 0 ? [part] : [MARK, part])));
    this.#clean.set(clean, this.#forms);
    return clean;
  }

  // What is between them. A window is as much longer as one may reach out of it.
  #withoutSecrets(bytes) {
    const kept = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at += WINDOW_BYTES) {
      const window = bytes.subarray(at, at + WINDOW_BYTES + this.#longestForm);
      if (!this.#isIn(window)) continue;
      const text = byteString(window);
      this.#forms.lastIndex = Math.max(0, from - at);
      for (let found; (found = this.#forms.exec(text)) && found.index < WINDOW_BYTES;) {
        kept.push(bytes.subarray(from, at + found.index));
        from = at + found.index + found[0].length;
      }
      this.#forms.lastIndex = 0;
    }
    return [...kept, bytes.subarray(from)];
  }

  // Decoding is several times faster than byteString, and hides no secret that is UTF-8: whatever is none becomes
  // U+FFFD, and a character after it is read as if nothing had been before.
  #isIn(bytes) {
    return UTF8.decode(bytes).search(this.#forms) >= 0;
  }
}

// An engine compiles a pattern when it is used first, and what it says of one that is too large quotes the whole.
function patternOf(forms) {
  const pattern = new RegExp(forms.map(escapeRegExp).join('|'), 'g');
  try {
    pattern.test('');
  } catch {
    throw new Error('the secrets are too long to be looked for');
  }
  return pattern;
}

const escapeRegExp = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

// One character per byte (String.fromCharCode takes only so many arguments at once).
function byteString(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192)); // faster than spreading
  return text;
}

const escapedUnit = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

// The ways a value can turn up in a text: as it is, escaped, and inside base64 at any offset.
export function spellings(value) {
  const bytes = byteString(ENCODER.encode(value));
  const percent = encodeURIComponent(value);
  const json = JSON.stringify(value).slice(1, -1);
  const forms = [value, percent, percent.replace(/%../g, (code) => code.toLowerCase())];
  for (const form of [json, json.replace(/[^\u0000-\u007f]/g, escapedUnit)])
    forms.push(form, form.replaceAll('/', '\\/')); // as PHP writes it, and with it Meta
  for (const skip of [0, 1, 2]) {
    const encoded = btoa('\0'.repeat(skip) + bytes);
    // The first and last characters also carry bits of what stands around the value.
    const core = encoded.replace(/=+$/, '').slice(skip === 0 ? 0 : skip + 1, -1);
    forms.push(core, core.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(core));
  }
  return [...new Set(forms)].filter((form) => form.length >= MIN_SECRET_LENGTH);
}
