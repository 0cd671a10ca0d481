import type { JSX } from 'preact';
import type { Call } from '../../../src/model/call.ts';
import type { Target } from '../commands.ts';
import { office } from '../live/connection.ts';
import { Dialog } from '../parts/dialog.tsx';
import { partyText } from '../parts/parties.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { moveCall } from './drag.ts';
import { fieldsOf } from '../parts/fields.ts';

interface Slots {
  readonly free: readonly { readonly lot: string; readonly slot: string }[];
}

/** What dragging does, for the keyboard, and for a finger. */
export const MoveDialog = ({ call, onClose }: { readonly call: Call; readonly onClose: () => void }): JSX.Element => {
  const { answer } = useAnswer<Slots>('/v1/slots');
  const choices: readonly { readonly text: string; readonly target: Target }[] = [
    ...[...(office.value?.extensions.values() ?? [])].map(({ number, name }) => ({
      text: `${number} ${name}`,
      target: { kind: 'extension', number } as const,
    })),
    ...(answer?.free ?? []).map(({ lot, slot }) => ({ text: `Slot ${slot}`, target: { kind: 'slot', lot, slot } as const })),
    ...[...(office.value?.conferences.values() ?? [])].map(({ name, displayName }) => ({
      text: `Conference ${displayName ?? name}`,
      target: { kind: 'conference', name } as const,
    })),
  ];
  return (
    <Dialog title={`Move ${partyText(call.from)} → ${partyText(call.to)}`} onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          const data = fieldsOf(event.currentTarget);
          const typed = data.text('number');
          const chosen = choices[Number(data.text('target'))];
          const target = typed === '' ? chosen?.target : ({ kind: 'extension', number: typed } as const);
          if (target !== undefined) void moveCall(call.id, target);
        }}
      >
        <label class="field">
          To
          <select name="target">
            {choices.map(({ text }, index) => (
              <option key={text} value={index}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          Or to a number
          <input name="number" type="tel" autocomplete="off" />
        </label>
        <button type="submit" class="button primary">
          Move
        </button>
      </form>
    </Dialog>
  );
};
