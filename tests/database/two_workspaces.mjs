// Deliveries and actions of either workspace, and what is stored of them.
import { randomUUID } from 'node:crypto';

import { call, harbor, northwind, onEmptyTables } from './stack.mjs';

const service = 'stripe';
export const slugs = { [northwind]: 'northwind-dental', [harbor]: 'harbor-yoga' };

export function twoWorkspaces(t, stack) {
  const test = onEmptyTables(t, stack);
  const record = (client_id, delivery_key, more = {}) =>
    call(stack, 'record_receipt', {
      ...{ workspace: slugs[client_id], service, delivery_key, object_key: 'o', event_type: 'x' },
      ...{ readable: true, ...more },
    });
  const mark = (client_id, delivery_key, state, more = {}) =>
    call(stack, 'mark_receipt', { client_id, service, delivery_key, state, ...more });
  const receipts = () =>
    stack.query('select client_id, service, state from public.webhook_receipts order by client_id, service');
  const factOf = async (client_id, stream, column) =>
    (
      await stack.query(
        `select to_jsonb(f) -> $3 as v from public.service_facts f
         where client_id = $1 and service = '${service}' and stream = $2 and partition = ''`,
        [client_id, stream, column],
      )
    )[0]?.v;
  const begin = (client_id, id, more = {}) =>
    call(stack, 'begin_action', {
      ...{
        client_id,
        id,
        begun_by: randomUUID(),
        service: 'openai',
        action: 'insights',
        tables: [],
        ...more,
      },
    });
  const actions = async () =>
    (await stack.query('select client_id, state from public.action_requests order by client_id, state')).map(
      (r) => r.state,
    );
  return { test, stack, record, mark, receipts, factOf, begin, actions };
}
