import type { HTMLAttributes } from 'preact';
import { Problem } from '../api.ts';
import { putCall, targetText, type Target } from '../commands.ts';
import { office } from '../live/connection.ts';
import { attempt } from '../parts/notices.tsx';

const format = 'application/x-switchhook-call';

type Handlers = Pick<HTMLAttributes<HTMLLIElement>, 'onDragOver' | 'onDragLeave' | 'onDrop'>;

/** For what a call is dragged by. */
export const dragCall = (call: string): Pick<HTMLAttributes<HTMLLIElement>, 'draggable' | 'onDragStart'> => ({
  draggable: true,
  onDragStart: ({ dataTransfer }) => {
    dataTransfer?.setData(format, call);
    if (dataTransfer !== null && dataTransfer !== undefined) dataTransfer.effectAllowed = 'move';
  },
});

/** For what a call can be dropped on. Whoever cannot drag has the call's own "Move to". */
export const dropTarget = (target: Target): Handlers => ({
  onDragOver: (event) => {
    if (event.dataTransfer?.types.includes(format) !== true) return;
    event.preventDefault();
    event.currentTarget.classList.add('drop');
  },
  onDragLeave: (event) => event.currentTarget.classList.remove('drop'),
  onDrop: (event) => {
    event.currentTarget.classList.remove('drop');
    const id = event.dataTransfer?.getData(format) ?? '';
    if (id === '') return;
    event.preventDefault();
    void moveCall(id, target);
  },
});

export const moveCall = (id: string, target: Target): Promise<boolean> =>
  attempt(
    async () => {
      const call = office.value?.calls.get(id);
      if (call === undefined) throw new Problem(409, { title: 'That call has ended.' });
      await putCall(call, target);
    },
    `Moved to ${targetText(target)}.`,
  );
