// Access tokens as the Realtime server sees them: HS256 with the project's JWT secret.
// Errors carry the codes of hosted Realtime (InvalidJWTExpiration, MalformedJWT, ...).

import { createHmac, timingSafeEqual } from 'node:crypto';

export class TokenError extends Error {}

/** Returns the claims {role, sub, exp, ...}; throws TokenError with the reason to send. */
export function readAccessToken(token, jwtSecret, nowSecs = Date.now() / 1000) {
  const parts = String(token ?? '').split('.');
  if (parts.length !== 3) throw malformed();
  const [header, claims] = [parts[0], parts[1]].map(readPart);
  if (header.alg !== 'HS256' || !isSignedBy(parts, jwtSecret)) {
    throw new TokenError('JwtSignatureError: Failed to validate JWT signature');
  }
  if (!Number.isFinite(claims.exp)) throw malformed();
  if (claims.exp <= nowSecs) {
    const age = Math.max(0, Math.round(nowSecs - claims.exp));
    throw new TokenError(`InvalidJWTExpiration: Token has expired ${age} seconds ago`);
  }
  return claims;
}

const malformed = () => new TokenError('MalformedJWT: The token provided is not a valid JWT');

function readPart(part) {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // said below
  }
  throw malformed();
}

function isSignedBy([header, claims, signature], jwtSecret) {
  const expected = createHmac('sha256', jwtSecret).update(`${header}.${claims}`).digest();
  const given = Buffer.from(signature, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
