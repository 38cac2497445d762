import { at, table } from '../row_parts.mjs';

export default {
  toy_orders: table((id) => ({ id, amount: 4200, currency: 'eur', created: at }), { amount: 7 }),
};
