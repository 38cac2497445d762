// Signing in and out with @supabase/auth-js, which also keeps and renews the session.
import { AuthClient, isAuthRetryableFetchError } from '@supabase/auth-js';

const MESSAGES = {
  invalid_credentials: 'E-mail or password is wrong.',
  email_not_confirmed: 'This account is not confirmed yet. Ask your agency.',
  user_banned: 'This account is locked. Ask your agency.',
  over_request_rate_limit: 'Too many tries. Wait a minute, then try again.',
  over_email_send_rate_limit: 'Too many mails were asked for. Wait a while, then try again.',
};
const DEAD_LINK =
  'This link is too old or was used before. “Forgot your password?” at the sign-in gets you another.';
const UNREAD_LINK =
  'The link could not be looked at. Try again in a moment, or “Forgot your password?” at the sign-in gets you another.';
const LINK_ENDED = 'You are signed out by now. “Forgot your password?” gets you another link.';
const SESSION_ENDED = 'You are signed out by now. Sign in again.';
// Of the links in mails, those that let somebody in to choose a password.
const PASSWORD_LINKS = ['invite', 'recovery'];
const STORAGE_KEY = 'webfluentia.session';
// Who came in by such a link and has no password yet: in every tab, and after the browser was closed.
const TO_CHOOSE_KEY = 'webfluentia.to_choose';
// auth-js waits for ever, and whoever asks for a token with it; and it tries again for half a minute.
const TIMEOUT_MS = 10_000;
// Whoever signs out leaves the device.
const SIGN_OUT_MS = 2000;
// Of a sign-in in another tab auth-js tells before its session is seen in the storage here.
const BROADCAST_MS = 1500;

/** auth-js ends the session that is stored when it hears that one ended, and by then it may be somebody else's. */
const patienceFor = (url) => (String(url).includes('/logout') ? SIGN_OUT_MS : TIMEOUT_MS);

/** A browser may refuse its storage: then a session lasts as long as the page. */
function usableStorage() {
  try {
    localStorage.setItem(`${STORAGE_KEY}.test`, '');
    localStorage.removeItem(`${STORAGE_KEY}.test`);
    return localStorage;
  } catch {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
    };
  }
}

/** @template T @param {Promise<T>} answer @returns {Promise<T>} rejects when there is none in time */
function inTime(answer, ms = TIMEOUT_MS) {
  let timer;
  const tooLate = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), ms);
  });
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

/** In words, for the person. */
function wordsOf(error, otherwise) {
  if (MESSAGES[error.code]) return MESSAGES[error.code];
  return navigator.onLine ? otherwise : 'You are offline.';
}

/** Whose token it is, as it says itself: whether it is good the server tells. */
function ownerOf(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).sub ?? '';
  } catch {
    return '';
  }
}

/** The address keeps nothing of a link that was looked at. */
export function forgetLink() {
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
}

export const isLink = (hash) => /[#&](token_hash|access_token|error)=/.test(hash);

/**
 * What the link of a mail brought. It works once. One that leads here with its hash has yet to be used (Session.use).
 * Of one that led to Supabase first its tokens are all that came: they stay in the address until they were looked at,
 * for whoever loads the page again because nothing answers.
 * https://supabase.com/docs/guides/auth/sessions/implicit-flow
 * @returns {{token_hash, type} | {access_token, refresh_token, type} | {problem: string} | null}
 */
export function linkOfAddress() {
  if (!isLink(location.hash)) return null;
  // Nothing else of what anybody may have written there.
  const { token_hash, access_token, refresh_token, type, error } = Object.fromEntries(
    new URLSearchParams(location.hash.slice(1)),
  );
  if (!error && PASSWORD_LINKS.includes(type)) return { token_hash, access_token, refresh_token, type };
  forgetLink();
  return error ? { problem: DEAD_LINK } : null;
}

const isRefused = ({ status }) => status >= 400 && status < 500 && status !== 429;

/**
 * auth-js compares when a session ends with the device's clock: on one that is an hour fast each is over as it comes, and
 * is renewed until Supabase's limit ends it. Without `expires_at` it counts `expires_in` by its own clock.
 */
async function withoutServersTime(reply) {
  const text = await reply.text();
  const { status, headers } = reply;
  let body = text;
  try {
    const { expires_at, ...answer } = JSON.parse(text);
    if (expires_at) body = JSON.stringify(answer);
  } catch {
    // Nothing to read: as it came.
  }
  return new Response(status === 204 ? null : body, { status, headers });
}

export class Session {
  constructor({ supabase_url, publishable_key }) {
    this.storage = usableStorage();
    this.settings = {
      url: `${supabase_url}/auth/v1`,
      headers: { apikey: publishable_key },
      detectSessionInUrl: false,
      fetch: async (url, options) => {
        const reply = await fetch(url, { ...options, signal: AbortSignal.timeout(patienceFor(url)) });
        return reply.ok ? withoutServersTime(reply) : reply;
      },
    };
    this.auth = new AuthClient({
      ...this.settings,
      storage: this.storage,
      storageKey: STORAGE_KEY,
      autoRefreshToken: true,
      persistSession: true,
    });
    this.leave = this.goOn = () => {}; // until somebody watches
  }

  /**
   * Whoever has a session is signed in until it is refused: a sign-in that does not answer is no signing out.
   * @param {(user: {id, email} | null, problem?: string) => void} onUser called when somebody else is signed in, or
   *   nobody, or when whether a password has to be chosen has changed, here or in another tab
   */
  watch(onUser) {
    let current;
    // Whoever asked for it knows.
    const wordsOfEnd = (problem = SESSION_ENDED) => (this.isSigningOut ? null : problem);
    const take = (user) => {
      if (current !== undefined && current?.id === user?.id) return;
      const problem = current && !user ? wordsOfEnd() : null;
      current = user;
      // auth-js waits for whoever it tells: what follows must not hold it up.
      setTimeout(() => onUser(user, problem), 0);
    };
    this.leave = (problem) => {
      if (!current) return;
      current = null;
      onUser(null, wordsOfEnd(problem));
    };
    this.goOn = () => current && onUser(current);
    addEventListener('storage', ({ key }) => {
      // Another tab signed out where the server did not hear of it: auth-js tells nobody then. Without a key
      // all was removed.
      const isOurs = key === STORAGE_KEY || key === null;
      if (isOurs && this.storage.getItem(STORAGE_KEY) === null) this.leave();
      if (key === TO_CHOOSE_KEY) this.goOn();
    });
    this.auth.onAuthStateChange((event, session) => {
      take(session?.user ?? (event === 'SIGNED_OUT' ? null : this.#keptUser()));
    });
    const kept = this.#keptUser();
    if (kept) take(kept);
  }

  /** A password: who came in by a link and has chosen none since. */
  hasToChoose({ id }) {
    return this.storage.getItem(TO_CHOOSE_KEY) === id;
  }

  /** Of a session that auth-js may still have to renew. */
  #keptUser() {
    try {
      return JSON.parse(this.storage.getItem(STORAGE_KEY))?.user ?? null;
    } catch {
      return null;
    }
  }

  /** @returns {Promise<string | null>} what went wrong, for the person */
  async signIn(email, password) {
    this.storage.removeItem(TO_CHOOSE_KEY); // who signs in so has one
    const { error } = await this.auth.signInWithPassword({ email, password });
    if (!error) return null;
    // A 401 is about the page's own key, not about what was typed.
    if (error.status === 400 && !MESSAGES[error.code]) return MESSAGES.invalid_credentials;
    return wordsOf(error, 'Signing in did not work. Try again in a moment.');
  }

  /** @returns {string | null} the address of whoever is signed in: a link does not prove whom it is for */
  get signedInAs() {
    const kept = this.#keptUser();
    return kept ? (kept.email ?? '') : null;
  }

  /**
   * Uses a link that leads here, once its reader wants it: mail is opened by scanners first, which follow every link.
   * One that was used on its way stays what it is.
   * https://supabase.com/docs/guides/auth/auth-email-templates
   * @returns {Promise<{link?: object, problem?: string}>} what came of it, as linkOfAddress gives it and now in its
   *   place; or why that is not known yet
   */
  async use(link) {
    const { token_hash, type } = link;
    if (!token_hash) return { link };
    // Nobody is signed in by this alone, and the session is renewed by one client only.
    const client = new AuthClient({
      ...this.settings,
      storageKey: `${STORAGE_KEY}.link`,
      persistSession: false,
      autoRefreshToken: false,
    });
    const { data, error } = await inTime(client.verifyOtp({ token_hash, type })).catch((error) => ({
      error,
    }));
    if (error && !isRefused(error)) return { problem: wordsOf(error, UNREAD_LINK) };
    if (error) return { link: { problem: MESSAGES[error.code] ?? DEAD_LINK } };
    if (!data.session) return { problem: UNREAD_LINK };
    const { access_token, refresh_token } = data.session;
    const used = { access_token, refresh_token, type };
    history.replaceState(null, '', `#${new URLSearchParams(used)}`);
    return { link: used };
  }

  /**
   * By what linkOfAddress gave.
   * @returns {Promise<{problem: string | null, isUnread?: boolean}>} as signIn; unread: it may still work
   */
  async enter({ access_token, refresh_token, problem }) {
    if (problem) return { problem };
    const before = this.storage.getItem(TO_CHOOSE_KEY);
    // Before there is a session, which other tabs see at once.
    this.storage.setItem(TO_CHOOSE_KEY, ownerOf(access_token));
    const { error } = await inTime(this.auth.setSession({ access_token, refresh_token })).catch((error) => ({
      error,
    }));
    if (!error) return { problem: null };
    if (!isRefused(error)) return { problem: wordsOf(error, UNREAD_LINK), isUnread: true };
    if (before === null) this.storage.removeItem(TO_CHOOSE_KEY);
    else this.storage.setItem(TO_CHOOSE_KEY, before);
    return { problem: MESSAGES[error.code] ?? DEAD_LINK };
  }

  /** A mail with a link to choose a password. @returns {Promise<string | null>} as signIn */
  async sendLink(email) {
    const { error } = await this.auth.resetPasswordForEmail(email);
    return error ? wordsOf(error, 'Asking for a link did not work. Try again in a moment.') : null;
  }

  /** @returns {Promise<string | null>} as signIn */
  async choosePassword(password) {
    const { error } = await this.auth.updateUser({ password });
    // It is the account's already, as when the answer to the first try was lost.
    if (!error || error.code === 'same_password') {
      this.storage.removeItem(TO_CHOOSE_KEY);
      this.goOn();
      return null;
    }
    // Its own words: they say what it asks of a password.
    if (error.code === 'weak_password') return error.message;
    if (error.name === 'AuthSessionMissingError') {
      this.#forget(LINK_ENDED);
      return null;
    }
    return wordsOf(error, 'The password could not be kept. Try again in a moment.');
  }

  async signOut() {
    this.isSigningOut = true;
    // Here only: elsewhere the same person stays signed in.
    const { error } = await inTime(this.auth.signOut({ scope: 'local' }), SIGN_OUT_MS).catch((error) => ({
      error,
    }));
    // The server did not hear of it, and auth-js then keeps the session: whoever comes next would have it.
    if (error) this.#forget();
    this.storage.removeItem(TO_CHOOSE_KEY);
    this.isSigningOut = false;
  }

  /** Whose site data was deleted: no event tells the tab in which it was. */
  #leaveIfForgotten() {
    if (this.storage.getItem(STORAGE_KEY) === null) this.leave();
  }

  #forget(problem) {
    this.storage.removeItem(STORAGE_KEY);
    this.leave(problem);
  }

  /** @returns {Promise<string | null>} null: nobody is signed in. Throws where it could not be renewed just now. */
  async token() {
    const { data, error } = await inTime(this.auth.getSession());
    if (isAuthRetryableFetchError(error)) throw error;
    if (!data.session) setTimeout(() => this.#leaveIfForgotten(), BROADCAST_MS);
    return data.session?.access_token ?? null;
  }

  /**
   * For a token that was refused before its time, as with a device's slow clock.
   * @returns {Promise<boolean>} whether there is another
   */
  async renew() {
    const { error } = await inTime(this.auth.refreshSession());
    return !error;
  }
}
