// What must be found nowhere: every secret of a stack, in each form in which it may be written.
import { spellings } from '../../edge-workers/host/redaction.mjs';

const PUBLIC = ['SUPABASE_PUBLISHABLE_KEY', 'SUPABASE_URL', 'LOCAL_ORIGINS', 'OPENAI_MODEL', 'OPENAI_PRICES'];
const ACCOUNT_IDS =
  /^(customer_id|page_id|instagram_id|site_url|urls|client_email|zone_id|worker_names|bucket_names|from_email|from_name|inbound_domain)$/;

// Every secret of this deployment by the name it is configured under.
function* secretValues({ vars, keys }) {
  for (const [name, text] of Object.entries(vars)) {
    if (PUBLIC.includes(name) || name.endsWith('_ID')) continue;
    if (!name.startsWith('WORKSPACE_')) yield [name, text];
    else
      for (const [service, bundle] of Object.entries(JSON.parse(text)))
        for (const [key, value] of Object.entries(bundle))
          if (!ACCOUNT_IDS.test(key)) yield [`${name} ${service}.${key}`, value];
  }
  yield ["the tokens' signing key", keys.jwt_secret];
  for (const [email, password] of Object.entries(keys.passwords)) yield [`password of ${email}`, password];
}

/** @returns {{name: string, form: string}[]} by the name it is configured under */
export const secretForms = (stack) =>
  [...secretValues(stack)].flatMap(([name, value]) => spellings(value).map((form) => ({ name, form })));
