// The accounts that the sandbox knows: those that the Worker's variables have keys of.
import { createPublicKey } from 'node:crypto';

import { SANDBOX_WORKSPACES, WORKSPACES } from './demo.mjs';
import { bundleOf } from './vars.mjs';

function publicKeyOf(privateKey) {
  if (!privateKey) return undefined;
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
}

// Google's token endpoint and its reports know an account by whoever asks for the token.
function google(service, { refresh_token, client_email, private_key } = {}, options) {
  const key = refresh_token ?? client_email;
  return [
    { key, service: 'google_oauth', publicKey: publicKeyOf(private_key) },
    { key, service, ...options },
  ];
}

function accountsOf(slug, bundle, vars) {
  const { stripe, google_ads, search_console, sendgrid, meta } = bundle;
  return [
    { key: SANDBOX_WORKSPACES.includes(slug) ? stripe?.secret_key : undefined },
    { key: sendgrid?.api_key, service: 'sendgrid', signingKey: sendgrid?.sandbox_signing_key },
    ...google('google_ads', google_ads, { customers: [google_ads?.customer_id], pageLimit: 2 }),
    ...google('search_console', search_console, { sites: [search_console?.site_url].flat() }),
    {
      key: meta?.access_token,
      service: 'meta',
      pages: [meta?.page_id].flat(),
      instagram: [meta?.instagram_id].flat(),
      appSecret: vars.META_APP_SECRET,
      appId: vars.META_APP_ID,
    },
  ];
}

// [{key, service?, ...the options of the sandbox's module}]
export function sandboxAccounts(vars) {
  const accounts = [
    { key: vars.PAGESPEED_API_KEY, service: 'pagespeed' },
    { key: vars.CLOUDFLARE_API_TOKEN, service: 'cloudflare' },
    { key: vars.OPENAI_API_KEY, service: 'openai' },
    ...WORKSPACES.flatMap(({ slug }) => accountsOf(slug, bundleOf(vars, slug), vars)),
  ];
  return accounts.filter(({ key }) => key);
}
