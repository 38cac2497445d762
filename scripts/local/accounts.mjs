// The accounts that the sandbox knows: those that the Worker's variables have keys of. A key that says so
// is refused: it has none.
import { PROVIDERS } from '../../tests/sandbox/providers.mjs';
import { WORKSPACES } from './demo.mjs';
import { bundleOf } from './vars.mjs';

const REFUSED = '_refused_';
const isKnown = ({ key }) => typeof key === 'string' && key !== '' && !key.includes(REFUSED);

// [{key, service, ...the options of the sandbox's module}]
export function sandboxAccounts(vars) {
  const bundles = WORKSPACES.map(({ slug }) => bundleOf(vars, slug));
  return Object.entries(PROVIDERS).flatMap(([service, { accountsOf }]) =>
    bundles
      .flatMap((bundle) => accountsOf(bundle, vars))
      .filter(isKnown)
      .map((account) => ({ service, ...account })),
  );
}
