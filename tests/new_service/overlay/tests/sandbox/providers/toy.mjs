// The toy bookshop over its two recorded pages, moved in time so that the newest order is an hour old.
import { fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('toy');

export const origins = ['https://api.toy.example'];
export const accountsOf = ({ toy }) => [{ key: toy?.api_key }];
export const wrongKey = () => ({ status: 401, body: { error: 'unknown key' } });

export function answer(account, { path, query }) {
  if (path !== '/v1/orders') return { status: 404, body: { error: 'no such path' } };
  const pages = account.empty ? [{ orders: [] }] : [readFixture('page1.json'), readFixture('page2.json')];
  const at = pages.findIndex(({ next }) => next === query.get('after')) + 1;
  const shift = Math.floor(Date.now() / 1000) - 3600 - (pages[0].orders[0]?.created ?? 0);
  const orders = pages[at].orders.map((order) => ({ ...order, created: order.created + shift }));
  return { status: 200, body: { ...pages[at], orders } };
}
