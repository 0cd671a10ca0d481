import type { JSX } from 'preact';
import { CopyButton } from './copy.tsx';
import { Dialog } from './dialog.tsx';

/** A secret that is shown this once. */
export const Secret = ({
  title,
  secret,
  onClose,
}: {
  readonly title: string;
  readonly secret: string;
  readonly onClose: () => void;
}): JSX.Element => (
  <Dialog title={title} onClose={onClose}>
    <p>It is shown this once, and cannot be read again.</p>
    <p>
      <code class="secret">{secret}</code> <CopyButton text={secret} />
    </p>
  </Dialog>
);
