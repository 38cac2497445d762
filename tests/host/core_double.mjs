// A core that says what a test tells it to: `script(control, parts)` gives the effects of each step.
export const MANIFEST = {
  secrets: [
    { name: 'stripe.secret_key', env: 'STRIPE_SECRET_KEY', hosts: ['api.stripe.com'] },
    { name: 'stripe.webhook_secret', hosts: [] },
    { name: 'supabase.secret_key', env: 'SUPABASE_SECRET_KEY', hosts: ['$SUPABASE_URL'], scope: 'agency' },
  ],
  ids: [{ name: 'google_ads.customer_id' }, { name: 'pagespeed.urls' }],
  session: { name: 'session.access_token', hosts: ['$SUPABASE_URL'] },
};

export const coreDouble = (script) => ({
  manifest: () => MANIFEST,
  instance: () => ({
    flows: new Map(),
    step(control, parts) {
      const { parts: bodies = [], ...answer } = script(control, parts);
      return { control: answer, parts: bodies };
    },
  }),
});

// Gives each start the effects in `first`, then `then(result, effect, bodies)` for every reply.
export const steps = (first, then = () => [{ kind: 'done', effect: 99, outcome: 'ok' }]) =>
  coreDouble((control, parts) =>
    control.op === 'start' ? first(control, parts) : { effects: then(control.result, control.effect, parts) },
  );

export const bytesOf = (text) => new TextEncoder().encode(text);
export const textOf = (bytes) => new TextDecoder().decode(bytes);

export const env = (more = {}) => ({
  SUPABASE_URL: 'http://127.0.0.1:54321',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_test',
  SUPABASE_SECRET_KEY: 'sb_secret_a1b2c3d4e5f6',
  WORKSPACE_NORTHWIND_DENTAL: JSON.stringify({
    stripe: { secret_key: 'sk_test_northwind+/=key', webhook_secret: 'whsec_test_secret' },
    google_ads: { customer_id: 1234567890 },
  }),
  WORKSPACE_HARBOR_YOGA: JSON.stringify({ stripe: { secret_key: 'sk_test_harbor_key' } }),
  ...more,
});
