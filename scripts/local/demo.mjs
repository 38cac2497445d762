// The demo agency: four client workspaces in the states a real agency has, and who may see them.
// Every key is random and made when a folder is first used; none of them opens anything.
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';

export const random = (prefix, bytes = 24) => prefix + randomBytes(bytes).toString('hex');

// As Google's file for a service account holds it.
const privateKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });

// The sandbox signs SendGrid's events with the private half; the Worker does not look at it.
function sendgridKeys() {
  const { publicKey, privateKey: signingKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = (key, type) => key.export({ type, format: 'der' }).toString('base64');
  return { webhook_public_key: text(publicKey, 'spki'), sandbox_signing_key: text(signingKey, 'pkcs8') };
}

const clientId = (digit) =>
  `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`;

export const WORKSPACES = [
  {
    slug: 'northwind-dental',
    name: 'Northwind Dental',
    time_zone: 'Europe/Berlin',
    client_id: clientId('1'),
  },
  { slug: 'harbor-yoga', name: 'Harbor Yoga', time_zone: 'Europe/Lisbon', client_id: clientId('2') },
  { slug: 'oak-bakery', name: 'Oak Bakery', time_zone: 'America/New_York', client_id: clientId('3') },
  { slug: 'fern-studio', name: 'Fern Studio', time_zone: 'Europe/London', client_id: clientId('4') },
].map((workspace) => ({ ...workspace, sync_hour: 5 }));

const ALL = WORKSPACES.map(({ slug }) => slug);

export const USERS = [
  ...ALL.map((slug) => ({ email: `viewer@${slug}.example`, role: 'viewer', workspaces: [slug] })),
  { email: 'manager@northwind-dental.example', role: 'manager', workspaces: ['northwind-dental'] },
  { email: 'agency@webfluentia.example', role: 'agency', workspaces: ALL },
];

// What an account manager would put into each workspace's bundle.
export function demoBundles() {
  return {
    'northwind-dental': {
      stripe: { secret_key: random('sk_test_'), webhook_secret: random('whsec_') },
      google_ads: { refresh_token: random('1//'), customer_id: '1234567890' },
      meta: {
        access_token: random('EAA'),
        page_id: '100000000000001',
        instagram_id: '17841400000000001',
      },
      cloudflare: {
        zone_id: randomBytes(16).toString('hex'),
        worker_names: ['worker-subrequest-test-client'],
        bucket_names: ['media', 'archive'],
      },
    },
    'harbor-yoga': {
      search_console: {
        client_email: 'reader@harbor-yoga.iam.gserviceaccount.com',
        private_key: privateKey(),
        site_url: 'sc-domain:harbor-yoga.example',
      },
      sendgrid: {
        api_key: random('SG.'),
        ...sendgridKeys(),
        from_email: 'hello@harbor-yoga.example',
        from_name: 'Harbor Yoga',
        inbound_domain: 'mail.harbor-yoga.example',
        inbound_password: random('', 16),
        thread_key: random('', 32),
      },
      pagespeed: { urls: ['https://harbor-yoga.example/'] },
    },
    // A key that Stripe refuses.
    'oak-bakery': { stripe: { secret_key: random('sk_test_refused_') } },
    // A set-up that nobody finished.
    'fern-studio': { stripe: { webhook_secret: random('whsec_') }, meta: { page_id: '100000000000004' } },
  };
}

export const demoAgencyKeys = () => ({
  GOOGLE_ADS_CLIENT_ID: random('client-', 8),
  GOOGLE_ADS_CLIENT_SECRET: random('GOCSPX-'),
  META_APP_ID: String(randomInt(1e9, 1e10)),
  META_APP_SECRET: random('', 16),
  PAGESPEED_API_KEY: random('AIza'),
  CLOUDFLARE_API_TOKEN: random('cf_'),
  CLOUDFLARE_ACCOUNT_ID: randomBytes(16).toString('hex'),
  OPENAI_API_KEY: random('sk-proj-'),
  OPENAI_MODEL: 'sandbox-model',
  OPENAI_PRICES: 'input=1.25,cached=0.125,output=10',
  OPENAI_DAILY_LIMIT_USD: '5',
});
