// Who may do what, on every table that exists: the tables come from the catalogue, so a new
// one fails here until its row in the matrix says what it allows.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { synced } from '../rows.mjs';
import { harbor, northwind } from '../stack.mjs';

const roles = ['anon', 'outsider', 'viewer', 'manager', 'agency', 'service'];

// What a role may do to a row of workspace Northwind: s(elect) i(nsert) u(pdate) d(elete).
const membersRead = { anon: '', outsider: '', viewer: 's', manager: 's', agency: 's', service: 'siud' };
const matrix = {
  workspaces: membersRead,
  workspace_members: membersRead,
  service_facts: membersRead,
  facts_history: { ...membersRead, service: 'si' }, // written by triggers alone
  sync_runs: membersRead,
  sync_cursors: membersRead,
  webhook_receipts: membersRead,
  action_requests: membersRead,
  ...Object.fromEntries(Object.keys(synced).map((table) => [table, membersRead])),
};

// A row that does not exist yet, and a harmless change of it.
const samples = {
  workspaces: (id) => ({ client_id: randomUUID(), slug: `w-${id}`, name: 'New', time_zone: 'UTC' }),
  workspace_members: (_, { spareUser }) => ({ client_id: northwind, user_id: spareUser, role: 'viewer' }),
  service_facts: (id) => ({ client_id: northwind, service: 'stripe', stream: id }),
  facts_history: (id) => ({ client_id: northwind, service: 'stripe', stream: id, facts: {} }),
  sync_runs: (id) => ({ client_id: northwind, service: 'stripe', stream: id }),
  sync_cursors: (id) => ({ client_id: northwind, service: 'stripe', stream: id, cadence: 'daily' }),
  webhook_receipts: (id) => ({ client_id: northwind, service: 'stripe', delivery_key: id }),
  action_requests: () => ({ client_id: northwind, id: randomUUID(), service: 'openai', action: 'insights' }),
  ...Object.fromEntries(
    Object.entries(synced).map(([table, { row }]) => [table, (id) => ({ client_id: northwind, ...row(id) })]),
  ),
};
const changes = {
  workspaces: { name: 'Changed' },
  workspace_members: { role: 'manager' },
  service_facts: { failures: 7 },
  facts_history: { facts: { changed: true } },
  sync_runs: { pages: 7 },
  sync_cursors: { every_secs: 7 },
  webhook_receipts: { error: 'changed' },
  action_requests: { state: 'failed' },
  ...Object.fromEntries(Object.entries(synced).map(([table, { change }]) => [table, change])),
};

export async function accessSuite(t, stack) {
  await stack.reset();
  const tables = await stack.query(
    `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as protected
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
     order by 1`,
  );

  await t.test('every table has a row in the matrix, is protected and has a client_id', async () => {
    assert.deepEqual(tables.map(({ name }) => name).sort(), Object.keys(matrix).sort());
    assert.deepEqual(
      tables.filter((table) => !table.protected),
      [],
    );
    const owned = await stack.query(
      `select table_name from information_schema.columns
       where table_schema = 'public' and column_name = 'client_id'`,
    );
    assert.deepEqual(owned.map((row) => row.table_name).sort(), Object.keys(matrix).sort());
  });

  const clients = {
    anon: stack.anon(),
    outsider: await stack.signIn('outsider'),
    viewer: await stack.signIn('viewer'),
    manager: await stack.signIn('manager'),
    agency: await stack.signIn('agency'),
    service: stack.service(),
  };
  await matrixTests(t, stack, clients, tables);
  await readingTests(t, clients);
  await functionTests(t, stack, clients);
}

async function matrixTests(t, stack, clients, tables) {
  const [{ id: spareUser }] = await stack.query(`select id from auth.users where email like 'outsider@%'`);
  const context = { spareUser };
  const everyRow = async (table) =>
    JSON.stringify(
      await stack.query(`select to_jsonb(x) - 'updated_at' as row from public.${table} x order by 1::text`),
    );

  for (const { name: table } of tables) {
    if (!matrix[table]) continue;
    if (table !== 'workspace_members') {
      const { error } = await clients.service
        .from(table)
        .insert(samples[table](`kept-${table}`.replaceAll('_', '-'), context));
      assert.equal(error, null, `seeding ${table}`);
    }
    for (const role of roles) {
      await t.test(`${table} as ${role}: ${matrix[table][role] || 'nothing'}`, async () => {
        await checkRole({ client: clients[role], table, role, everyRow, context });
      });
    }
  }
}

async function readingTests(t, clients) {
  await t.test('a viewer sees only their own membership, an agency user the whole workspace', async () => {
    const viewer = await clients.viewer.from('workspace_members').select();
    const agency = await clients.agency.from('workspace_members').select().eq('client_id', northwind);
    assert.deepEqual(
      viewer.data.map((row) => row.role),
      ['viewer'],
    );
    assert.deepEqual(agency.data.map((row) => row.role).sort(), ['agency', 'manager', 'viewer']);
  });

  await t.test('a member reads nothing of another workspace, an agency user both', async () => {
    const [mine, both] = await Promise.all(
      [clients.viewer, clients.agency].map((client) => client.from('workspaces').select('client_id')),
    );
    assert.deepEqual(
      mine.data.map((row) => row.client_id),
      [northwind],
    );
    assert.ok([northwind, harbor].every((id) => both.data.some((row) => row.client_id === id)));
  });

  await t.test('the facts of all are those of the workspaces that the user sees', async () => {
    const rows = [northwind, harbor].map((client_id) => ({
      client_id,
      service: 'stripe',
      stream: 'refunds',
    }));
    const { error: refused } = await clients.service.from('service_facts').insert(rows);
    assert.equal(refused, null);
    const ownersFor = async (client) => {
      const { data, error } = await client.rpc('facts_of_all', { p: {} });
      assert.equal(error, null);
      const { data: seen } = await client.from('service_facts').select();
      assert.deepEqual(data.map(identity).sort(), seen.map(identity).sort());
      assert.ok(data.every((row) => Object.values(row).every((value) => value !== null)));
      return [...new Set(data.map((row) => row.client_id))].sort();
    };
    const identity = (row) => [row.client_id, row.service, row.stream, row.partition].join(' ');
    assert.deepEqual(await ownersFor(clients.viewer), [northwind]);
    assert.deepEqual(await ownersFor(clients.outsider), [harbor]);
    assert.deepEqual(await ownersFor(clients.agency), [northwind, harbor]);
  });

  await t.test('other schemas are not reachable', async () => {
    for (const schema of ['app', 'auth', 'realtime', 'supabase_migrations']) {
      for (const client of [clients.anon, clients.viewer]) {
        const { data, error } = await client.schema(schema).from('users').select();
        assert.equal(data, null, schema);
        assert.ok(error, schema);
      }
    }
  });
}

async function checkRole({ client, table, role, everyRow, context }) {
  const may = (operation) => matrix[table][role].includes(operation);
  const owner = ['client_id', northwind];

  const selected = await client
    .from(table)
    .select()
    .eq(...owner);
  assert.equal((selected.data ?? []).length > 0, may('s'), 'select');

  // Another role's sample must not be in the way of this one.
  const fresh = samples[table](`${role}-new`, context);
  const before = await everyRow(table);
  const inserted = await client.from(table).insert(fresh);
  assert.equal(inserted.error === null, may('i'), `insert: ${inserted.error?.message}`);
  if (!may('i')) assert.equal(await everyRow(table), before, 'insert changed something');

  const target = may('i') ? fresh : { client_id: northwind };
  const filled = await everyRow(table);
  await client.from(table).update(changes[table]).match(identity(target));
  assert.equal((await everyRow(table)) !== filled, may('u'), 'update');

  const changed = await everyRow(table);
  await client.from(table).delete().match(identity(target));
  assert.equal((await everyRow(table)) !== changed, may('d'), 'delete');
}

const identity = (row) =>
  Object.fromEntries(
    Object.entries(row).filter(([column]) =>
      /^(client_id|user_id|service|stream|partition|delivery_key|id|slug)$/.test(column),
    ),
  );

async function functionTests(t, stack, clients) {
  await t.test('only the functions named here can be called by users', async () => {
    const callable = await stack.query(
      `select r.role, p.pronamespace::regnamespace || '.' || p.proname as name
       from pg_proc p, unnest(array['anon', 'authenticated']) r (role)
       where p.pronamespace in ('public'::regnamespace, 'app'::regnamespace)
         and has_function_privilege(r.role, p.oid, 'execute')
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
       order by 1, 2`,
    );
    assert.deepEqual(callable, [
      { role: 'authenticated', name: 'app.known_zone' },
      { role: 'authenticated', name: 'app.my_workspaces' },
      { role: 'authenticated', name: 'public.daily_series' },
      { role: 'authenticated', name: 'public.facts_of_all' },
      { role: 'authenticated', name: 'public.service_daily' },
      { role: 'authenticated', name: 'public.session_workspace' },
    ]);
  });

  // They name only what comes first on every path, and are inlined for it.
  await t.test('every function but two names its search_path', async () => {
    const without = await stack.query(
      `select p.proname from pg_proc p
       where p.pronamespace in ('public'::regnamespace, 'app'::regnamespace)
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
         and not coalesce(array_to_string(p.proconfig, ','), '') like '%search_path=%' order by 1`,
    );
    assert.deepEqual(without, [{ proname: 'is_impersonal' }, { proname: 'path_of' }]);
  });

  await t.test('what has hundreds of expressions is not compiled with each call', async () => {
    const uncompiled = await stack.query(
      `select p.proname from pg_proc p where 'jit=off' = any (p.proconfig) order by 1`,
    );
    assert.deepEqual(uncompiled, [{ proname: 'ai_facts' }, { proname: 'daily_series' }]);
  });

  for (const name of [
    'apply_page',
    'take_lease',
    'claim_due',
    'record_detection',
    'fail_run',
    'yield_run',
    'start_run',
    'record_receipt',
    'record_bad_signature',
    'record_lost_delivery',
    'mark_receipt',
    'record_dead_letter',
    'count_rows',
    'begin_action',
    'end_action',
    'health',
    'deployment',
    'ai_facts',
    'archived_objects',
    'facts_at',
    'compare_rows',
    'apply_replay',
  ]) {
    await t.test(`${name} is refused to anon and to users`, async () => {
      for (const client of [clients.anon, clients.viewer, clients.agency]) {
        const { error } = await client.rpc(name, { p: {} });
        assert.equal(error?.code, '42501');
      }
    });
  }

  await t.test('history can be neither changed nor removed, not even by the superuser', async () => {
    for (const statement of [
      'update public.facts_history set service = service',
      'delete from public.facts_history',
      'truncate public.facts_history',
    ]) {
      await assert.rejects(stack.query(statement), /append-only/);
    }
  });

  await t.test('each user of four at once gets their own rows', async () => {
    const names = ['viewer', 'outsider', 'agency', 'anon'];
    for (let round = 0; round < 25; round += 1) {
      const replies = await Promise.all(
        names.map((name) => clients[name].from('workspace_members').select('client_id')),
      );
      const seen = replies.map(({ data }) => new Set((data ?? []).map((row) => row.client_id)));
      assert.deepEqual([...seen[0]], [northwind]);
      assert.deepEqual([...seen[1]], [harbor]);
      assert.equal(seen[2].size, 2);
      assert.equal(seen[3].size, 0);
    }
  });
}
