// The forms of sign-in: real ones, so that password managers and the Enter key work.

// A button that cannot be pressed has no focus: it gets its own back, unless somebody has gone elsewhere.
async function whileBusy(button, busy, work) {
  const words = button.textContent;
  const hadFocus = document.activeElement === button;
  button.disabled = true;
  button.textContent = busy;
  const outcome = await work();
  button.disabled = false;
  button.textContent = words;
  if (hadFocus && document.activeElement === document.body) button.focus();
  return outcome;
}

/**
 * @param {HTMLFormElement} form
 * @param {(fields: FormData) => Promise<string | null>} send what went wrong, for the person
 */
function bindForm(form, { busy, send }) {
  const problem = form.querySelector('.problem');
  const button = form.querySelector('[type=submit]');
  const tell = (message) => {
    problem.textContent = message ?? '';
    problem.hidden = !message;
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    tell(null);
    const message = await whileBusy(button, busy, () => send(new FormData(form)));
    tell(message);
    if (!message) return;
    if (form.elements.password) form.elements.password.select();
    else button.focus();
  });
  return tell;
}

/**
 * @param {{openLink: () => Promise<{problem: string | null, canOpenLink?: boolean}>}} parts
 *   looks at the link that the page was opened with once more
 */
export function bindSignInForm(session, { openLink }) {
  const form = document.getElementById('sign-in-form');
  const sent = document.getElementById('link-sent');
  const tellProblem = bindForm(form, {
    busy: 'Signing in',
    send: (fields) => session.signIn(fields.get('email'), fields.get('password')),
  });
  const again = document.getElementById('open-link');
  const tell = ({ problem, canOpenLink }) => {
    tellProblem(problem);
    again.hidden = !canOpenLink;
  };
  again.addEventListener('click', async () => {
    tellProblem(null);
    const outcome = await whileBusy(again, 'Looking at the link', openLink);
    const hadFocus = document.activeElement === again;
    tell(outcome);
    if (hadFocus && again.hidden) email.focus();
  });
  const { email } = form.elements;

  const forgotten = document.getElementById('forgotten');
  forgotten.addEventListener('click', async () => {
    tellProblem(null);
    sent.textContent = '';
    if (!email.reportValidity()) return;
    const address = email.value; // another may be typed meanwhile
    const message = await whileBusy(forgotten, 'Asking for a link', () => session.sendLink(address));
    tellProblem(message);
    // Who has an account is nobody's business.
    if (!message) sent.textContent = `If ${address} has an account, a mail with a link is on its way to it.`;
  });

  return {
    tell,
    /** After somebody signed in nothing typed is kept; before, the cursor waits in the form. */
    reset(signedIn) {
      tell({ problem: null });
      sent.textContent = '';
      if (signedIn) form.reset();
      else email.focus();
    },
  };
}

/**
 * For a link that is yet to be used, or that may take the place of whoever is signed in: anybody may have sent it, and
 * made it for an account of theirs.
 * @returns {Promise<object | null>} what came of it (Session.use); null: its reader does not want it now
 */
export function askForLink(session, link) {
  const form = document.getElementById('opened-link-form');
  const signedInAs = document.getElementById('signed-in-as');
  signedInAs.hidden = session.signedInAs === null;
  if (!signedInAs.hidden)
    signedInAs.textContent = `You are signed in as ${session.signedInAs}. If the link is for another account, that one takes its place, in all tabs.`;
  const notNow = document.getElementById('not-now');
  form.querySelector('[type=submit]').focus();
  return new Promise((resolve) => {
    bindForm(form, {
      busy: 'Looking at the link',
      send: async () => {
        notNow.disabled = true; // the link is used by now
        const used = await session.use(link);
        if (used.link) return new Promise(() => resolve(used.link)); // nobody presses once more
        notNow.disabled = false;
        return used.problem;
      },
    });
    notNow.addEventListener('click', () => resolve(null));
  });
}

/** @param {{signOut: () => void}} parts for whoever was let in and chooses none */
export function bindPasswordForm(session, { signOut }) {
  const form = document.getElementById('choose-password-form');
  const tell = bindForm(form, {
    busy: 'Keeping it',
    send: (fields) => session.choosePassword(fields.get('password')),
  });
  document.getElementById('choose-none').addEventListener('click', signOut);
  return {
    /** Nothing typed is kept. @param {string | null} email whose password is to be chosen: null where nobody's */
    reset(email) {
      tell(null);
      form.reset();
      form.elements.email.value = email ?? '';
      if (email !== null) form.elements.password.focus();
    },
  };
}
