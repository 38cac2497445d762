import { at, day, table } from '../row_parts.mjs';

export default {
  meta_page_daily: table((id) => ({ page_id: '1', metric: id, day }), { value: 7 }),
  meta_instagram_daily: table((id) => ({ account_id: '1', metric: id, day }), { value: 7 }),
  meta_posts: table((id) => ({ platform: 'facebook', id, account_id: '1', posted_at: at }), { likes: 7 }),
};
