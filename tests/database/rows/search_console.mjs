import { at, day } from '../row_parts.mjs';

const search = (row) => ({
  row: (id) => ({
    ...{ property: 'sc-domain:example.com', search_type: 'web', day, clicks: 1, impressions: 2 },
    ...{ provisional: false, source_at: at, ...row(id) },
  }),
  change: { clicks: 7 },
});

export default {
  gsc_site_daily: search((id) => ({ property: id })),
  gsc_queries_daily: search((id) => ({ query: id, page: '' })),
  gsc_pages_daily: search((id) => ({ page: id })),
};
