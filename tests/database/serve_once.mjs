// One Supabase in its own process, for the tests that kill it. Options come over IPC, the
// URL goes back.

import { startSupabase } from '../../scripts/local/supabase/server.mjs';

process.once('message', async (options) => {
  const supabase = await startSupabase(options);
  process.once('SIGTERM', async () => {
    await supabase.close();
    process.exit(0);
  });
  process.send(supabase.url);
});
