// Daily series of what is measured now and then: PageSpeed's scores and the probes of Supabase.

import assert from 'node:assert/strict';

import { noonBack } from '../days.mjs';
import { harbor } from '../stack.mjs';

export async function measurementTests({ test, stack, insert, read, synced }) {
  await test('PageSpeed: a mean of the URLs by strategy, failed runs none', async () => {
    const run = (url, strategy, score, result = 'ok') => ({
      ...{ url, strategy, run_at: noonBack(2), result, performance_score: score },
    });
    await insert('pagespeed_runs', [
      run('https://a.example', 'mobile', 0.5),
      run('https://b.example', 'mobile', 0.8),
      run('https://c.example', 'mobile', null, 'failed'),
      run('https://a.example', 'desktop', 0.9),
    ]);
    const series = await read();
    assert.deepEqual(series['pagespeed.performance.mobile'].values, [null, null, 0.65, null, null]);
    assert.deepEqual(series['pagespeed.performance.desktop'].values, [null, null, 0.9, null, null]);
    assert.equal(series['pagespeed.performance.mobile'].kind, 'level');
  });

  await test('PageSpeed: the same pages on each day, a score counts for its week', async () => {
    const run = (url, days, score) => ({
      ...{ url, strategy: 'mobile', run_at: noonBack(days), result: score === null ? 'failed' : 'ok' },
      performance_score: score,
    });
    const [slow, fast, gone] = ['https://slow.example', 'https://fast.example', 'https://gone.example'];
    for (const url of [slow, fast]) await synced('pagespeed', 'runs', 0, `mobile ${url}`);
    await insert('pagespeed_runs', [
      run(fast, 16, 0.9),
      run(slow, 15, 0.4),
      run(gone, 15, 0.1),
      ...[run(fast, 9, 1), run(slow, 9, 0.4)],
      ...[run(fast, 2, 1), run(slow, 2, null)],
    ]);
    const values = async () => {
      const series = (await read(17))['pagespeed.performance.mobile'];
      return series.values.map((value, at) => [16 - at, value]).filter(([, value]) => value !== null);
    };
    assert.deepEqual(
      await values(),
      [
        [15, 0.65],
        [9, 0.7],
        [2, 0.7],
      ],
      'the first alone, and one that could not be measured, are no change',
    );
    await insert('pagespeed_runs', [run(fast, 0, 1)]);
    assert.deepEqual(
      (await values()).map(([, value]) => value),
      [0.9, 1, 1], // today is not over
      'who has not been measured for a week counts on no day',
    );
  });

  await test('PageSpeed: no score counts for more than its week, and which pages are listed says this workspace', async () => {
    const run = (url, days, score) => ({
      ...{ url, strategy: 'mobile', run_at: noonBack(days), result: 'ok', performance_score: score },
    });
    const known = async (days) => {
      const { values } = (await read(days))['pagespeed.performance.mobile'] ?? { values: [] };
      return values.filter((value) => value !== null);
    };
    const [a, b, gone] = ['https://a.example', 'https://b.example', 'https://gone.example'];
    await stack.query(
      `insert into public.service_facts (client_id, service, stream, partition)
       values ($1, 'pagespeed', 'runs', $2)`,
      [harbor, `mobile ${gone}`],
    );
    await insert('pagespeed_runs', [
      run(a, 20, 0.1),
      run(b, 20, 0.3),
      run(b, 9, 0.5),
      run(a, 6, 0.4),
      run(b, 3, 0.6),
    ]);
    assert.deepEqual(await known(22), [0.2, 0.45, 0.5], 'nine days ago nobody knew of the first');
    assert.deepEqual(await known(5), [0.5], 'the week before the first day is looked at');
    for (const url of [a, b]) await synced('pagespeed', 'runs', 0, `mobile ${url}`);
    await insert('pagespeed_runs', [run(gone, 3, 1)]);
    assert.deepEqual(await known(22), [0.2, 0.45, 0.5], 'that one is listed by another workspace');
    await stack.query(`delete from public.pagespeed_runs where run_at > now() - interval '4 days'`);
    assert.equal((await read(5))['pagespeed.performance.mobile'], undefined, 'no day of these has a run');
  });

  await test('probes: latency of those that went well, and how many did not', async () => {
    const probe = (minute, ok, latency_ms) => ({
      ...{
        probe: 'rest',
        subject: '',
        probed_at: noonBack(1).replace('11:00', `11:0${minute}`),
        ok,
        latency_ms,
      },
    });
    await insert('probe_results', [probe(0, true, 100), probe(1, true, 50), probe(2, false, 5000)]);
    const series = await read();
    assert.deepEqual(series['supabase.probe_latency'].values, [null, null, null, 75, null]);
    assert.deepEqual(series['supabase.probe_failures'].values, [null, null, null, 1, null]);
  });
}
