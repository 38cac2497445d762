// The forms of sign-in: real ones, so that password managers and the Enter key work.

/**
 * @param {HTMLFormElement} form
 * @param {(fields: FormData) => Promise<string | null>} send what went wrong, for the person
 */
function bindForm(form, { busy, send }) {
  const problem = form.querySelector('.problem');
  const button = form.querySelector('[type=submit]');
  const words = button.textContent;
  const tell = (message) => {
    problem.textContent = message ?? '';
    problem.hidden = !message;
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    tell(null);
    button.disabled = true;
    button.textContent = busy;
    const message = await send(new FormData(form));
    button.disabled = false;
    button.textContent = words;
    tell(message);
    if (message) form.elements.password.select();
  });
  return tell;
}

export function bindSignInForm(session) {
  const form = document.getElementById('sign-in-form');
  const sent = document.getElementById('link-sent');
  const tell = bindForm(form, {
    busy: 'Signing in',
    send: (fields) => session.signIn(fields.get('email'), fields.get('password')),
  });
  const { email } = form.elements;

  const forgotten = document.getElementById('forgotten');
  forgotten.addEventListener('click', async () => {
    tell(null);
    sent.textContent = '';
    if (!email.reportValidity()) return;
    forgotten.disabled = true;
    const address = email.value; // another may be typed meanwhile
    const message = await session.sendLink(address);
    forgotten.disabled = false;
    tell(message);
    // Who has an account is nobody's business.
    if (!message) sent.textContent = `If ${address} has an account, a mail with a link is on its way to it.`;
  });

  return {
    tell,
    /** After somebody signed in nothing typed is kept; before, the cursor waits in the form. */
    reset(signedIn) {
      tell(null);
      sent.textContent = '';
      if (signedIn) form.reset();
      else email.focus();
    },
  };
}

/** @returns {{ask(email: string): Promise<void>, reset(): void}} `ask` resolves once a password was chosen */
export function bindPasswordForm(session) {
  const form = document.getElementById('choose-password-form');
  let chosen;
  bindForm(form, {
    busy: 'Keeping it',
    send: async (fields) => {
      const message = await session.choosePassword(fields.get('password'));
      if (!message) chosen();
      return message;
    },
  });
  return {
    ask(email) {
      form.reset();
      form.elements.email.value = email;
      form.elements.password.focus();
      return new Promise((resolve) => (chosen = resolve));
    },
    reset: () => form.reset(),
  };
}
