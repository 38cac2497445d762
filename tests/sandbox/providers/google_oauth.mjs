// Google's token endpoint: a refresh token or a service account's signed assertion becomes an access
// token. https://developers.google.com/identity/protocols/oauth2
// The token says itself whose it is and until when, so that the other modules need no memory of it.
import { createPublicKey, verify } from 'node:crypto';

import { fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('google-ads');

const LIFETIME_SECS = 3599;
const ASSERTION_SECS = 3600;
const SKEW_SECS = 300;
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function decode(text) {
  try {
    return JSON.parse(Buffer.from(text ?? '', 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

export const origins = ['https://oauth2.googleapis.com'];

// Who asks for a token is also whose account the reports know.
export const holderOf = ({ refresh_token, client_email } = {}) => refresh_token ?? client_email;

const publicKeyOf = (privateKey) =>
  privateKey && createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
export const accountsOf = ({ google_ads, search_console }) =>
  [google_ads, search_console].map((keys) => ({
    key: holderOf(keys),
    publicKey: publicKeyOf(keys?.private_key),
  }));

// `body` is the form as text. The account is a refresh token's or a service account's address.
export function keyOf(headers, query, body) {
  const form = new URLSearchParams(body);
  if (form.get('grant_type') !== JWT_BEARER) return form.get('refresh_token') ?? '';
  return claimsOf(form)?.iss ?? '';
}

const claimsOf = (form) => decode((form.get('assertion') ?? '').split('.')[1]);

// Whose access token a call carries; '' for one that is not ours, has expired, or was asked for with another
// scope. A refresh token has those of its consent, which is taken to have been given for all.
export function keyOfToken(headers, scope) {
  const token = (headers.authorization ?? '').replace(/^Bearer ya29\./, '');
  const { key, until, scopes } = decode(token) ?? {};
  const allows = !scopes || scopes.split(' ').includes(`https://www.googleapis.com/auth/${scope}`);
  return key && allows && until * 1000 > Date.now() ? key : '';
}

const refuse = (error, error_description) => ({ status: 400, body: { error, error_description } });

export function wrongKey() {
  return structuredClone(readFixture('oauth_invalid_grant.built.json'));
}

function noSuchPath() {
  return { status: 404, body: { error: 'not_found' } };
}

export const faults = {
  400: wrongKey,
  401: () => ({ status: 401, body: { error: 'invalid_client', error_description: 'Unauthorized' } }),
  403: () => ({ status: 403, body: { error: 'access_denied', error_description: 'Account restricted' } }),
  404: noSuchPath,
  429: () => ({ status: 429, body: { error: 'rate_limit_exceeded' } }),
  500: () => ({ status: 500, body: { error: 'internal_failure' } }),
  wrong_type: () => ({ status: 200, body: { access_token: 7, expires_in: 'soon' } }),
};

// account: {publicKey?: PEM that must have signed; clientSecret?; lifetimeSecs?}
export function answer(account, { method, path, headers, body, nowMs = Date.now() }) {
  if (path !== '/token') return noSuchPath();
  if (method !== 'POST') return refuse('invalid_request', 'Http method must be POST');
  if (!(headers?.['content-type'] ?? '').includes('x-www-form-urlencoded'))
    return refuse('invalid_request', 'Invalid JSON payload received.');
  const form = new URLSearchParams(body);
  const nowSecs = Math.floor(nowMs / 1000);
  const refusal =
    form.get('grant_type') === JWT_BEARER ? refuseJwt(account, form, nowSecs) : refuseRefresh(account, form);
  if (refusal) return refusal;
  const lifetime = account.lifetimeSecs ?? LIFETIME_SECS;
  const scopes = claimsOf(form)?.scope;
  const token = encode({ key: keyOf(headers, null, body), until: nowSecs + lifetime, scopes });
  return {
    status: 200,
    body: {
      ...readFixture('oauth_token_ok.built.json'),
      access_token: `ya29.${token}`,
      expires_in: lifetime,
    },
  };
}

function refuseRefresh(account, form) {
  if (form.get('grant_type') !== 'refresh_token')
    return refuse('unsupported_grant_type', 'Invalid grant_type');
  if (!form.get('client_id')) return refuse('invalid_request', 'Could not determine client ID from request.');
  if (account.clientSecret && form.get('client_secret') !== account.clientSecret)
    return { status: 401, body: { error: 'invalid_client', error_description: 'Unauthorized' } };
  return null;
}

function refuseJwt(account, form, nowSecs) {
  const [header, claims, signature] = (form.get('assertion') ?? '').split('.');
  const { alg } = decode(header) ?? {};
  const { aud, iat, exp, scope } = decode(claims) ?? {};
  if (alg !== 'RS256' || !signature) return refuse('invalid_grant', 'Invalid JWT: malformed.');
  if (aud !== 'https://oauth2.googleapis.com/token' || !scope)
    return refuse('invalid_grant', 'Invalid JWT: audience or scope.');
  if (iat > nowSecs + SKEW_SECS || exp < nowSecs || exp - iat > ASSERTION_SECS)
    return refuse('invalid_grant', 'Invalid JWT: Token must be a short-lived token (60 minutes).');
  if (!account.publicKey) return null;
  const signed = Buffer.from(`${header}.${claims}`);
  const valid = verify(
    'sha256',
    signed,
    createPublicKey(account.publicKey),
    Buffer.from(signature, 'base64url'),
  );
  return valid ? null : refuse('invalid_grant', 'Invalid JWT Signature.');
}
