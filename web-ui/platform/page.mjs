// Starts the page and ties its parts together: session, route, feed, core, canvas, mirror.
import { Clock } from './clock.mjs';
import { loadCore } from './core.mjs';
import { Feed } from './feed.mjs';
import { glyph } from './glyphs.mjs';
import { Live } from './live.mjs';
import { Mirror } from './mirror.mjs';
import { Rest } from './rest.mjs';
import { Session, forgetLink, isLink, linkOfAddress } from './session.mjs';
import { askForLink, bindPasswordForm, bindSignInForm } from './sign_in.mjs';
import { Surface } from './surface.mjs';
import { Zone } from './zone.mjs';

const BASE = '/app/';
const TITLE = 'Integrations';
const TITLES = {
  'sign-in': 'Sign in',
  'opened-link': 'Choose a password',
  'choose-password': 'Choose a password',
  broken: 'Could not be loaded',
};
const LAST_WORKSPACE = 'webfluentia.workspace';
const RETRY_MS = 3000;
const NO_WORKSPACE_MS = 15_000;
// As long as two lines take to be read.
const ANSWER_MS = 8000;
const LINK_MS = 30_000;
const ALL_MS = 60_000;
const STYLES = ['brief', 'exact', 'day'];

// A browser may refuse its storage: then nothing is remembered.
function remembered() {
  try {
    return localStorage.getItem(LAST_WORKSPACE);
  } catch {
    return null;
  }
}

/** @param {string | null} slug null: none any more */
function remember(slug) {
  try {
    if (slug === null) localStorage.removeItem(LAST_WORKSPACE);
    else localStorage.setItem(LAST_WORKSPACE, slug);
  } catch {
    // the first workspace opens the next time
  }
}

// Firefox refuses it together with the storage: then other tabs are not told.
function channel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return { postMessage() {} };
  }
}

// Whoever signs out in one tab leaves no address behind in the others either, nor what opens the next time; of a session
// that ran out both stay.
function forgetPlace() {
  history.replaceState(null, '', '/');
  remember(null);
}
const leaving = channel('webfluentia.sign_out');
leaving.onmessage = forgetPlace;
const slugOfPath = () => location.pathname.match(/^\/w\/([a-z0-9-]+)/)?.[1] ?? '';
const pathOf = (slug) => `/w/${slug}/integrations${location.search}`;

async function readConfig() {
  // Its time is the server's: a copy that a proxy kept would make old cards look fresh.
  const reply = await fetch(`/config.json?${Date.now()}`, {
    cache: 'no-store',
    signal: AbortSignal.timeout(15_000),
  });
  if (!reply.ok) throw new Error(`config.json: ${reply.status}`);
  return { ...(await reply.json()), server_time: Date.parse(reply.headers.get('date')) };
}

/** While the dashboard is fetched, the way to what is asked first of all. */
function connectEarly({ supabase_url: href }) {
  const hint = Object.assign(document.createElement('link'), { rel: 'preconnect', href, crossOrigin: '' });
  document.head.append(hint);
}

class Dashboard {
  constructor({ config, session }) {
    this.config = config;
    this.session = session;
    this.rest = new Rest({ config, token: () => session.token(), renew: () => session.renew() });
    this.workspaces = [];
    this.waiting = [];
  }

  async load() {
    const encoder = new TextEncoder();
    const onTick = (now) => {
      if (!this.core || this.feed?.isBehind) return;
      if (this.core.tick(now)) this.surface.invalidate();
    };
    const askServer = async () => (await readConfig()).server_time;
    this.clock = new Clock(onTick, this.config.server_time, askServer, () => this.feed?.wake());
    this.zone = new Zone(() => this.clock.now());
    // A link within the page is a step in history as well.
    addEventListener('popstate', () => this.live && slugOfPath() !== this.slug && this.#open(slugOfPath()));
    document.addEventListener('visibilitychange', () => this.#readAllServices());
    addEventListener('online', () => this.retry && this.#readWorkspaces());
    this.core = await loadCore(BASE, {
      timeText: (secs, style) => encoder.encode(this.zone.text(secs, STYLES[style])),
      glyph,
    });
    this.mirror = new Mirror({
      root: document.getElementById('mirror'),
      post: (kind, message) => this.post(kind, message),
    });
    this.surface = new Surface({
      core: this.core,
      canvas: document.getElementById('screen'),
      onMirror: (tree) => {
        this.mirror.show(tree);
        if (this.isArriving && this.mirror.begin()) this.isArriving = false;
      },
    });
    this.#watchTheme();
    this.clock.tick();
    for (const [kind, message] of this.waiting.splice(0)) this.post(kind, message);
  }

  /** What is read while the core is fetched and compiled waits for it. */
  post(kind, message) {
    if (!this.core) {
      this.waiting.push([kind, message]);
      return;
    }
    // They are judged by the time at which they came, also where nobody looks.
    if (kind === 'services') this.core.tick(this.clock.now());
    if (this.core.post(kind, message)) this.surface.invalidate();
    for (const effect of this.core.takeEffects()) this.#run(effect);
  }

  #run({ do: what, value }) {
    if (what === 'navigate') this.#navigate(value);
    else if (what === 'sign_out') this.signOut();
    else if (what === 'reload') this.#reload();
    else if (what === 'sync') this.#sync(value);
    // Once the frame that shows it has been drawn.
    else if (what === 'focus')
      requestAnimationFrame(() => requestAnimationFrame(() => this.mirror.focus(value)));
  }

  #watchTheme() {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const touched = matchMedia('(any-pointer: coarse)');
    const tell = () =>
      this.post('theme', { dark: dark.matches, reduced_motion: still.matches, touched: touched.matches });
    for (const query of [dark, still, touched]) query.addEventListener('change', tell);
    tell();
  }

  /** @param {boolean} isArriving from a form, which had the focus */
  signedIn(user, isArriving) {
    this.#leave();
    this.isArriving ||= isArriving;
    // Whoever comes next did not ask for what this one saw.
    if (this.userId && this.userId !== user.id) {
      forgetPlace();
      document.title = TITLE;
    }
    this.userId = user.id;
    this.live = new Live({ config: this.config, token: () => this.session.token().catch(() => null) });
    this.post('account', { email: user.email ?? '' });
    this.#readWorkspaces();
  }

  signOut() {
    forgetPlace();
    leaving.postMessage(null);
    this.session.signOut();
  }

  /** The address stays: after a session that ran out each tab comes back to its own workspace. */
  signedOut() {
    this.#leave();
    this.post('account', { email: '' });
    // The canvas is hidden and draws no frame that would do it.
    this.surface?.forgetMirror();
  }

  /** Nothing that was asked for this user is taken any more. */
  #leave() {
    this.#closeFeed();
    this.live?.close();
    this.live = this.reading = undefined;
    this.allReadAt = -Infinity;
    this.#stopRetrying();
    this.workspaces = [];
  }

  #closeFeed() {
    this.feed?.close();
    this.feed = undefined;
    this.asked = {}; // whose answer is waited for, by service
  }

  #stopRetrying() {
    clearTimeout(this.retry);
    this.retry = undefined;
  }

  /** Asks until it succeeds, opens a workspace if none is open. The latest question counts. */
  async #readWorkspaces() {
    this.#stopRetrying();
    const reading = (this.reading = {});
    try {
      const workspaces = await this.rest.workspaces(this.userId);
      if (this.reading === reading) this.#takeWorkspaces(workspaces);
    } catch (error) {
      if (this.reading !== reading) return;
      // What is shown stays.
      if (!this.feed) this.post('failed', { message: error.message });
      this.retry = setTimeout(() => this.#readWorkspaces(), RETRY_MS);
    }
  }

  #takeWorkspaces(workspaces) {
    this.workspaces = workspaces;
    this.post('workspaces', workspaces);
    this.#followWorkspace();
    const isGone = this.feed && !workspaces.some(({ slug }) => slug === this.slug);
    if (!this.feed || isGone) this.#open(slugOfPath() || this.#usualWorkspace());
    this.#readAllServices();
    if (workspaces.length === 0) this.retry = setTimeout(() => this.#readWorkspaces(), NO_WORKSPACE_MS);
  }

  /**
   * For the marks in the switcher, after the cards. What is shown stays where it fails: the workspaces are read again in
   * minutes.
   */
  async #readAllServices() {
    const isRecent = performance.now() - this.allReadAt < ALL_MS;
    if (document.hidden || isRecent || this.workspaces.length < 2) return;
    this.allReadAt = performance.now();
    const { live } = this; // of this user
    const now_ms = this.clock.now();
    const rows = await this.rest.factsOfAll().catch(() => null);
    if (rows && this.live === live) this.post('all_services', { now_ms, rows });
  }

  #usualWorkspace() {
    const last = remembered();
    const usual = this.workspaces.find(({ slug }) => slug === last) ?? this.workspaces[0];
    if (usual) history.replaceState(null, '', pathOf(usual.slug));
    return usual?.slug ?? '';
  }

  #navigate(slug) {
    history.pushState(null, '', pathOf(slug));
    this.#open(slug);
    scrollTo(0, 0);
  }

  #open(slug) {
    this.#closeFeed();
    this.slug = slug;
    this.post('route', { slug });
    const workspace = this.#followWorkspace();
    if (!workspace) return;
    remember(slug);
    this.feed = new Feed({
      rest: this.rest,
      live: this.live,
      clientId: workspace.client_id,
      post: (kind, message) => this.post(kind, message),
      onWorkspaceChange: () => this.#readWorkspaces(),
    });
    this.feed.start();
  }

  /** Its name and its zone may change while it is open. */
  #followWorkspace() {
    const workspace = this.workspaces.find(({ slug }) => slug === this.slug);
    document.title = workspace ? `${TITLE} · ${workspace.name}` : TITLE;
    this.zone.set(workspace?.time_zone ?? 'UTC');
    return workspace;
  }

  /** What it brings comes as any change does. */
  async #sync(service) {
    const asked = (this.asked[service] = {});
    const tell = (words, taken = false) =>
      this.asked[service] === asked && this.post('sync', { service, words, taken });
    tell('Asking for a sync');
    const problem = await this.rest.sync(this.slug, service);
    tell(problem ?? 'A sync begins within seconds.', !problem);
    setTimeout(() => tell(''), ANSWER_MS);
  }

  /** Of whoever was signed in already, and stays. */
  tellOfLink(problem) {
    this.post('mail_link', { problem });
    setTimeout(() => this.post('mail_link', { problem: '' }), LINK_MS);
  }

  #reload() {
    this.#closeFeed();
    this.post('loading', {});
    this.#readWorkspaces();
  }
}

function show(screen) {
  const { dataset } = document.documentElement;
  if (dataset.screen === screen) return;
  dataset.screen = screen;
  document.title = TITLES[screen] ? `${TITLES[screen]} · ${TITLE}` : TITLE;
}

async function main() {
  const config = await readConfig();
  connectEarly(config);
  const session = new Session(config);
  const dashboard = new Dashboard({ config, session });
  const loaded = dashboard.load();
  let link = linkOfAddress();
  if (link?.token_hash || (link?.access_token && session.signedInAs !== null)) {
    show('opened-link');
    const asked = askForLink(session, link);
    link = await Promise.race([asked, loaded.then(() => asked)]); // where the page does not load, that is told
    if (!link) forgetLink();
  }
  const enter = async () => {
    const { problem, isUnread } = await session.enter(link);
    if (!isUnread) forgetLink();
    return { problem, canOpenLink: isUnread };
  };
  const form = bindSignInForm(session, { openLink: enter });
  const passwordForm = bindPasswordForm(session, { signOut: () => dashboard.signOut() });
  let told = link && (await enter());
  let isInside = false;
  session.watch((user, problem) => {
    if (document.documentElement.dataset.screen === 'broken') return; // a later sign-in mends nothing
    const isChoosing = Boolean(user) && session.hasToChoose(user);
    const wasInside = isInside;
    const mayEnter = Boolean(user) && !isChoosing;
    isInside = mayEnter;
    if (user) forgetLink();
    const isArriving = TITLES[document.documentElement.dataset.screen] !== undefined;
    show(isChoosing ? 'choose-password' : user ? 'dashboard' : 'sign-in');
    // A field that is hidden keeps the focus for another frame.
    if (isArriving && mayEnter) document.activeElement.blur();
    passwordForm.reset(isChoosing ? (user.email ?? '') : null);
    form.reset(Boolean(user));
    const ofLink = told?.problem;
    form.tell(told ?? { problem });
    told = null;
    if (mayEnter) {
      dashboard.signedIn(user, isArriving);
      if (ofLink) dashboard.tellOfLink(ofLink);
    } else if (wasInside) dashboard.signedOut();
  });
  await loaded.catch((error) => {
    dashboard.signedOut(); // nothing is read for a page that cannot show it
    throw error;
  });
  // For tests and for people who look under the hood: time, and how often was drawn.
  window.webfluentia = {
    setClock: (ms) => dashboard.clock.set(ms),
    now: () => dashboard.clock.now(),
    get frames() {
      return dashboard.surface.frames;
    },
  };
}

// Where the page is open already, the browser follows a mail's link without loading it.
addEventListener('hashchange', () => isLink(location.hash) && location.reload());

// The link itself leads to the address without what a mail's link brought.
document.querySelector('#broken a').addEventListener('click', (event) => {
  event.preventDefault();
  location.reload();
});

main().catch((error) => {
  console.error(error);
  show('broken');
});
