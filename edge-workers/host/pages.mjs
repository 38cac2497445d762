// The dashboard's files, its public settings, the headers that fence the page in, and what the host
// refuses by itself.

// RFC 9457, as the core answers.
export const refusal = (status, type, title, headers = {}) =>
  new Response(`${JSON.stringify({ type: `urn:webfluentia:${type}`, title, status })}\n`, {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });

export function readConfig(env) {
  const body = { supabase_url: env.SUPABASE_URL, publishable_key: env.SUPABASE_PUBLISHABLE_KEY };
  return Response.json(body, { headers: { 'cache-control': 'no-store', ...fence(env) } });
}

// The page may talk to its own Supabase and to nobody else, so the policy follows SUPABASE_URL and
// cannot be a static file.
function fence(env) {
  const { origin } = new URL(env.SUPABASE_URL);
  const socket = origin.replace(/^http/, 'ws');
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${origin} ${socket}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    'strict-transport-security': 'max-age=31536000',
  };
}

export async function assetReply(env, request) {
  const asset = await env.ASSETS.fetch(request);
  const reply = new Response(asset.body, asset);
  for (const [name, value] of Object.entries(fence(env))) reply.headers.set(name, value);
  return reply;
}
