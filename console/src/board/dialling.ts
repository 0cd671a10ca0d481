import { computed, signal } from '@preact/signals';
import { command } from '../commands.ts';
import { attempt, notify } from '../parts/notices.tsx';
import { may, session } from '../session.ts';

/** The extension from which this console calls, where the session has none of its own. */
export const chosenExtension = signal(localStorage.getItem('switchhook.extension') ?? '');

export const ownExtension = computed(() => session.value?.extension ?? chosenExtension.value);

export const chooseExtension = (number: string): void => {
  chosenExtension.value = number;
  localStorage.setItem('switchhook.extension', number);
};

/** Click to dial: the own phone rings, and calls the number when it is answered. */
export const dialFromOwn = (number: string): void => {
  const extension = ownExtension.value;
  if (!may('control', 'control-own')) return;
  if (extension === '' || extension === number) {
    notify('failed', extension === '' ? 'Choose first which extension calls.' : 'That is the extension that calls.');
    return;
  }
  void attempt(() => command('/v1/calls', { extension, number }), `${extension} calls ${number}.`);
};
