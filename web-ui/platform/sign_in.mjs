// The sign-in form: a real one, so that password managers and the Enter key work.

export function bindSignInForm(session) {
  const form = document.getElementById('sign-in-form');
  const problem = document.getElementById('sign-in-problem');
  const button = form.querySelector('button');

  const tell = (message) => {
    problem.textContent = message ?? '';
    problem.hidden = !message;
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    tell(null);
    button.disabled = true;
    button.textContent = 'Signing in';
    const fields = new FormData(form);
    const message = await session.signIn(fields.get('email'), fields.get('password'));
    button.disabled = false;
    button.textContent = 'Sign in';
    tell(message);
    if (message) form.elements.password.select();
  });

  return {
    /** After somebody signed in nothing typed is kept; before, the cursor waits in the form. */
    reset(signedIn) {
      tell(null);
      if (signedIn) form.reset();
      else form.elements.email.focus();
    },
  };
}
