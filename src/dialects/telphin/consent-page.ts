export interface ConsentContent {
  /** Who wants to act for the user. */
  readonly client: string;
  /** The password that was typed is wrong. */
  readonly isWrong: boolean;
}

/** The page on which a user lets an application act for them. The form goes back to the address that the page came from. */
export const renderConsent = ({ client, isWrong }: ConsentContent): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 22rem; margin: 4rem auto; padding: 0 1rem }
  label, input { display: block; width: 100%; box-sizing: border-box }
  input, button { font: inherit; padding: .4rem; margin: .2rem 0 1rem }
  [role=alert] { color: #a00 }
</style>
<h1>Sign in</h1>
<p><b>${escapeHtml(client)}</b> asks to see and control your calls.</p>
${isWrong ? '<p role="alert">The login or the password is wrong.</p>' : ''}
<form method="post">
  <label for="login">Login</label>
  <input id="login" name="login" autocomplete="username" required autofocus>
  <label for="password">Password</label>
  <input id="password" name="password" type="password" autocomplete="current-password" required>
  <button>Allow</button>
</form>
</html>
`;

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
