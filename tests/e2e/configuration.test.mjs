// Configuration that is missing or wrong: said clearly where it is seen, and nothing else suffers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { startStack } from '../../scripts/local/stack.mjs';
import { bundleOf, parseVars } from '../../scripts/local/vars.mjs';
import { ROOT } from '../../scripts/local/wrangler.mjs';
import {
  changeProblem,
  migrationProblem,
  problemsOf,
  publishableKeyProblem,
  readDeployment,
  remarksOn,
} from '../../scripts/deploy.mjs';
import { Core } from '../../edge-workers/host/core.mjs';
import { serviceDigests } from '../../edge-workers/host/secrets.mjs';
import { CLIENT, NORTHWIND, count, one, signIn, testStack, until, untilRested } from './harness.mjs';

const MANIFEST = new Core(
  new WebAssembly.Module(readFileSync(join(ROOT, 'build/edge/edge.wasm'))),
).manifest();

let stack;
before(async () => {
  stack = await testStack('configuration', {
    vars: {
      WORKSPACE_HARBOR_YOGA: '{"stripe": oops',
      WORKSPACE_OAK_BAKERY: '{"stripe":{"secret_key":12345}}',
      WORKSPACE_NOBODY_KNOWS: '{"stripe":{"secret_key":"sk_test_of_nobody"}}',
    },
  });
  await stack.tick();
  await untilRested(stack);
});
after(() => stack?.stop());

const workspace = (slug) => one(stack, 'select * from workspaces where slug = $1', [slug]);

test('a bundle that is not JSON is on its own workspace, in words and without its content', async () => {
  const { configuration_problem } = await workspace('harbor-yoga');
  assert.equal(configuration_problem, 'WORKSPACE_HARBOR_YOGA is not a JSON object');
  const bakery = await workspace('oak-bakery');
  assert.equal(bakery.configuration_problem, 'WORKSPACE_OAK_BAKERY has a stripe.secret_key that is not text');
  // What the agency alone sets up goes on.
  const runs = await stack.query('select service, state from sync_runs where client_id = $1', [
    CLIENT['oak-bakery'],
  ]);
  assert.deepEqual(runs, [{ service: 'supabase', state: 'succeeded' }]);
});

test('other workspaces are not touched by it', async () => {
  assert.equal((await workspace(NORTHWIND)).configuration_problem, null);
  assert.equal(await count(stack, 'stripe_charges', `client_id = '${CLIENT[NORTHWIND]}'`), 5);
});

test('a variable of a workspace that does not exist makes nothing', async () => {
  assert.equal(await count(stack, 'workspaces'), 4);
});

test('what a bundle and the agency name is detected, each in its workspace', async () => {
  const services = await stack.query(
    `select service, present_keys, missing_keys, last_success_at from service_facts where client_id = $1 and stream = ''`,
    [CLIENT[NORTHWIND]],
  );
  const present = services
    .filter(({ present_keys }) => present_keys.length > 0)
    .map(({ service }) => service);
  assert.deepEqual(present.sort(), ['cloudflare', 'google_ads', 'meta', 'openai', 'stripe', 'supabase']);
  assert.ok(services.every(({ last_success_at }) => last_success_at === null));
  const fern = await one(
    stack,
    `select * from service_facts where client_id = $1 and service = 'stripe' and stream = ''`,
    [CLIENT['fern-studio']],
  );
  assert.deepEqual(
    [fern.present_keys, fern.missing_keys],
    [['stripe.webhook_secret'], ['stripe.secret_key']],
  );
});

test('a sync by hand is told that the settings cannot be read', async () => {
  const token = await signIn(stack, 'agency@webfluentia.example');
  const reply = await fetch(`${stack.state.urls.dashboard}api/workspaces/harbor-yoga/sync/stripe`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(reply.status, 409);
  assert.equal((await reply.json()).detail, 'the settings of this workspace cannot be read');
});

test('the bundle corrected and the Worker started again: the problem is gone', async () => {
  await stack.worker.child.stop();
  const text = readFileSync(stack.varsFile, 'utf8');
  const { cloudflare, ...others } = bundleOf(stack.vars, NORTHWIND);
  assert.ok(cloudflare);
  writeFileSync(
    stack.varsFile,
    text
      .replace(
        /^WORKSPACE_HARBOR_YOGA=.*$/m,
        `WORKSPACE_HARBOR_YOGA='{"sendgrid":{"api_key":"SG.0123456789"}}'`,
      )
      .replace(
        /^WORKSPACE_NORTHWIND_DENTAL=.*$/m,
        () => `WORKSPACE_NORTHWIND_DENTAL='${JSON.stringify({ ...others, cloudflare: {} })}'`,
      ),
  );
  await stack.startWorker();
  await stack.tick();
  await until(
    'the problem gone',
    async () => (await workspace('harbor-yoga')).configuration_problem === null,
  );
  const facts = await one(
    stack,
    `select * from service_facts where client_id = $1 and service = 'sendgrid' and stream = ''`,
    [CLIENT['harbor-yoga']],
  );
  assert.deepEqual(facts.present_keys, ['sendgrid.api_key']);
  const unnamed = await one(
    stack,
    `select * from service_facts where client_id = $1 and service = 'cloudflare' and stream = ''`,
    [CLIENT[NORTHWIND]],
  );
  assert.deepEqual(
    [unnamed.present_keys, unnamed.missing_keys],
    [['cloudflare.account_id', 'cloudflare.api_token'], ['cloudflare.zone_id']],
    'the keys of the agency are there all the same',
  );
});

// A folder whose .dev.vars somebody has edited.
function edited(name, text) {
  const dir = join(ROOT, '.dev', 'e2e', name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  if (text !== null) writeFileSync(join(dir, '.dev.vars'), text);
  return dir;
}

test('a malformed .dev.vars stops the start with file, line and remedy', async () => {
  const cases = [
    [
      'SUPABASE_SECRET_KEY=sb_secret_x\nthis is no variable\n',
      /\.dev\.vars: line 2 is not NAME=value\. Correct it, or delete the file/,
    ],
    [`# comment\n\nOPENAI_API_KEY='sk-unclosed\n`, /line 3 has a quote that is not closed/],
    ['OPENAI_API_KEY=sk-proj-x\n', /SUPABASE_PUBLISHABLE_KEY and SUPABASE_SECRET_KEY missing/],
  ];
  for (const [text, message] of cases) {
    const dir = edited('malformed', text);
    await assert.rejects(startStack({ dir }), message);
    const cli = spawnSync(process.execPath, [join(ROOT, 'scripts/dev.mjs'), '--dir', dir], {
      encoding: 'utf8',
    });
    assert.equal(cli.status, 1);
    assert.match(cli.stderr, message);
    assert.doesNotMatch(cli.stderr, /\bat \S+:\d+/, 'no stack trace');
    assert.ok(!existsSync(join(dir, 'state.json')));
  }
});

test('a missing .dev.vars is written anew, for its owner only to read', async () => {
  const dir = edited('missing', null);
  const fresh = await startStack({ dir, worker: false });
  try {
    const vars = parseVars(readFileSync(join(dir, '.dev.vars'), 'utf8'), '.dev.vars');
    assert.match(vars.SUPABASE_SECRET_KEY, /^sb_secret_[0-9a-f]{48}$/);
    assert.notEqual(vars.SUPABASE_SECRET_KEY, stack.vars.SUPABASE_SECRET_KEY);
  } finally {
    await fresh.stop();
  }
});

test('a deployment learns from the database whether it is as new as this Worker, and with which keys that runs', async () => {
  const vars = { SUPABASE_URL: stack.state.urls.supabase, SUPABASE_SECRET_KEY: stack.state.keys.secret };
  const { migrations, service_settings } = await readDeployment(vars);
  assert.equal(migrationProblem(migrations), null);
  const change = async (changes) =>
    changeProblem(service_settings, await serviceDigests({ ...stack.vars, ...changes }, MANIFEST));
  assert.equal(await change({}), null);
  const { stripe, ...others } = bundleOf(stack.vars, NORTHWIND);
  const exchanged = { ...others, stripe: { ...stripe, secret_key: 'sk_test_of_another_day' } };
  assert.match(
    await change({ WORKSPACE_NORTHWIND_DENTAL: JSON.stringify(exchanged) }),
    /with: northwind-dental stripe;/,
  );
  await stack.query(`delete from supabase_migrations.schema_migrations where version = '0047'`);
  const without = (await readDeployment(vars)).migrations;
  assert.match(migrationProblem(without), /lacks migrations, 0047:/);
  const ofPage = (SUPABASE_PUBLISHABLE_KEY) => publishableKeyProblem({ ...vars, SUPABASE_PUBLISHABLE_KEY });
  assert.equal(await ofPage(stack.state.keys.publishable), null);
  assert.match(
    await ofPage('sb_publishable_of_another'),
    /Supabase answered 401 to SUPABASE_PUBLISHABLE_KEY/,
  );
  const asPage = { ...vars, SUPABASE_SECRET_KEY: stack.state.keys.publishable };
  await assert.rejects(readDeployment(asPage), /answered 40[13]/);
});

test('a deployment is refused while anything about its variables is wrong', () => {
  const environment = { CLOUDFLARE_API_TOKEN: 'x', CLOUDFLARE_ACCOUNT_ID: 'x' };
  const good = {
    SUPABASE_URL: 'https://abc.supabase.co',
    SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x',
    SUPABASE_SECRET_KEY: 'sb_secret_0123456789',
    WORKSPACE_A: '{"stripe":{"secret_key":"sk_live_0123456789"}}',
  };
  assert.deepEqual(problemsOf(good, environment, MANIFEST), []);
  const wrong = [
    [{ SUPABASE_URL: 'http://127.0.0.1:54321' }, /on this machine/],
    [{ SUPABASE_URL: 'http://abc.supabase.co' }, /not https/],
    [{ LOCAL_ORIGINS: '{}' }, /LOCAL_ORIGINS/],
    [{ SUPABASE_DB_URL: 'postgres://x' }, /SUPABASE_DB_URL is no variable of the Worker/],
    [{ WORKSPACE_b: '{}' }, /WORKSPACE_b is no variable of the Worker/],
    [{ WORKSPACE_A: 'oops' }, /WORKSPACE_A is not a JSON object/],
    [
      { WORKSPACE_A: '{"stripe":{"webhook_secert":"whsec_x"}}' },
      /has stripe.webhook_secert, which nothing reads/,
    ],
    [{ WORKSPACE_A: '{"Stripe":"sk"}' }, /WORKSPACE_A has Stripe, which nothing reads/],
    [{ WORKSPACE_A: '{"pagespeed":{"api_key":"x"}}' }, /a variable of the Worker: PAGESPEED_API_KEY/],
    [Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`V${i}`, 'x'])), /a Worker has 128/],
  ];
  for (const [change, message] of wrong)
    assert.match(problemsOf({ ...good, ...change }, environment, MANIFEST).join('\n'), message);
  assert.match(problemsOf(good, {}, MANIFEST).join('\n'), /CLOUDFLARE_API_TOKEN is not in the environment/);
  const file = {
    ...{ type: 'service_account', project_id: 'p', private_key_id: 'k', private_key: 'of_nobody_local' },
    ...{ client_email: 'a@b.example', client_id: '7', auth_uri: 'x', token_uri: 'x' },
    ...{ auth_provider_x509_cert_url: 'x', client_x509_cert_url: 'x', universe_domain: 'googleapis.com' },
  };
  const pasted = { search_console: { site_url: 'sc-domain:b.example', ...file }, stripe: null };
  assert.deepEqual(problemsOf({ ...good, WORKSPACE_A: JSON.stringify(pasted) }, environment, MANIFEST), []);
  assert.deepEqual(remarksOn(good, MANIFEST), []);
  const tried = { ...good, WORKSPACE_A: '{"stripe":{"secret_key":"rk_test_0123456789"}}' };
  assert.match(remarksOn(tried, MANIFEST).join(), /^WORKSPACE_A: stripe.secret_key is of test mode/);
  const copied = {
    WORKSPACE_A:
      '{"google_ads":{"customer_id":"123-456-7890,1234567890"},"meta":{"page_id":"1, 2"},"sendgrid":{"api_key":"SG.a","region":"eu"}}',
    WORKSPACE_B: '{"meta":{"page_id":"3 2"},"sendgrid":{"api_key":"SG.b","region":"eu"},"stripe":null}',
    WORKSPACE_C: '{"google_ads":{"customer_id":"1234567890"},"sendgrid":{"api_key":"SG.a"}}',
  };
  const notes = remarksOn(copied, MANIFEST);
  assert.deepEqual(
    notes.map((note) => note.split(',')[0]),
    [
      'WORKSPACE_A and WORKSPACE_C: the same sendgrid.api_key',
      'WORKSPACE_A and WORKSPACE_C: the same google_ads.customer_id',
      'WORKSPACE_A and WORKSPACE_B: the same meta.page_id',
    ],
  );
  assert.doesNotMatch(notes.join(), /SG\./);
});

test('a line of variables that could be meant in two ways is refused', () => {
  assert.deepEqual(parseVars(`A=x#y\n# a remark\nB='x # y'\n`, 'file'), { A: 'x#y', B: 'x # y' });
  assert.throws(() => parseVars('A=x # y', 'file'), /file: line 1 has a # behind a space/);
  assert.throws(() => parseVars('A=x\nA=y', 'file'), /file: line 2 names A a second time/);
});
