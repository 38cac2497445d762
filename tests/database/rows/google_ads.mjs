import { at, day, digits } from '../row_parts.mjs';

const ads = (row) => ({
  row: (id) => ({ customer_id: '1', campaign_id: '9', day, currency: 'EUR', source_at: at, ...row(id) }),
  change: { conversions: 7.5 },
});

export default {
  google_ads_campaign_daily: ads((id) => ({ campaign_id: digits(id) })),
  google_ads_search_terms_daily: ads((id) => ({ ad_group_id: '', match_type: '', search_term: id })),
  google_ads_performance_max_terms_daily: ads((id) => ({ search_term: id })),
  google_ads_conversions_daily: ads((id) => ({ conversion_action_id: digits(id) })),
};
