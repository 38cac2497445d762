// Workspaces and users of a local database, written again at each start: names, zones and
// passwords then are those of the caller, and nothing else is touched.

/**
 * @param seed {workspaces: [{client_id, slug, name, time_zone, sync_hour?}],
 *              users: [{email, password, role, workspaces: [slug]}]}
 */
export async function applySeed(database, { workspaces = [], users = [] }) {
  await database.transaction(async (query) => {
    for (const workspace of workspaces) await upsertWorkspace(query, workspace);
    for (const user of users) await upsertUser(query, user);
  });
}

async function upsertWorkspace(query, { client_id, slug, name, time_zone, sync_hour = 5 }) {
  await query(
    `insert into public.workspaces (client_id, slug, name, time_zone, sync_hour)
     values ($1, $2, $3, $4, $5)
     on conflict (client_id) do update set slug = excluded.slug, name = excluded.name,
       time_zone = excluded.time_zone, sync_hour = excluded.sync_hour`,
    [client_id, slug, name, time_zone, sync_hour],
  );
}

// cost 6: each sign-in of a test pays for it
const hash = "crypt($2, gen_salt('bf', 6))";

async function upsertUser(query, { email, password, role, workspaces }) {
  const [user] = await query('select id from auth.users where email = $1', [email]);
  const userId = user?.id ?? (await insertUser(query, email, password));
  if (user) {
    await query(
      `update auth.users set encrypted_password = ${hash}, updated_at = now()
       where id = $1 and encrypted_password <> crypt($2, encrypted_password)`,
      [userId, password],
    );
  }
  for (const slug of workspaces) {
    await query(
      `insert into public.workspace_members (client_id, user_id, role)
       select client_id, $2, $3 from public.workspaces where slug = $1
       on conflict (client_id, user_id) do update set role = excluded.role`,
      [slug, userId, role],
    );
  }
}

async function insertUser(query, email, password) {
  const [{ id }] = await query(
    `insert into auth.users (id, email, encrypted_password, email_confirmed_at,
       raw_app_meta_data, raw_user_meta_data)
     values (gen_random_uuid(), $1, ${hash}, now(),
       '{"provider": "email", "providers": ["email"]}', '{}') returning id`,
    [email, password],
  );
  await query(
    `insert into auth.identities (id, provider, provider_id, user_id, identity_data)
     values (gen_random_uuid(), 'email', $1::text, $1::uuid,
       jsonb_build_object('sub', $1::text, 'email', $2::text, 'email_verified', true))`,
    [id, email],
  );
  return id;
}
