/** Calls that change hands: transfers, and a ringing call that is taken. */
import type { ExtensionNumber } from '../../../model/ids.ts';
import { dialable } from './applications.ts';
import type { Memory } from './memory.ts';
import type { Translate } from './reader.ts';

export const blindTransfer: Translate = (reader, memory) => [
  {
    type: 'transfer.blind',
    at: reader.at,
    transferer: reader.channel('TransfererUniqueid'),
    ...extensionOf(reader.text('TransfererChannel'), memory),
    ...(reader.has('TransfereeUniqueid') ? { transferee: reader.channel('TransfereeUniqueid') } : undefined),
    to: reader.text('Extension'),
    ...(reader.has('Context') ? { context: reader.text('Context') } : undefined),
    succeeded: reader.text('Result') === 'Success',
  },
];

export const attendedTransfer: Translate = (reader, memory) => [
  {
    type: 'transfer.attended',
    at: reader.at,
    first: reader.channel('OrigTransfererUniqueid'),
    ...(reader.has('SecondTransfererUniqueid') ? { second: reader.channel('SecondTransfererUniqueid') } : undefined),
    ...extensionOf(reader.text('OrigTransfererChannel'), memory),
    ...(dialable.test(reader.text('SecondTransfererExten')) ? { dialled: reader.text('SecondTransfererExten') } : undefined),
    ...(reader.has('TransfereeUniqueid') ? { transferee: reader.channel('TransfereeUniqueid') } : undefined),
    ...(reader.has('TransferTargetUniqueid') ? { target: reader.channel('TransferTargetUniqueid') } : undefined),
    succeeded: reader.text('Result') === 'Success',
  },
];

const extensionOf = (channel: string, { directory }: Memory): { readonly extension?: ExtensionNumber } => {
  const endpoint = directory.endpointOf(channel);
  return endpoint.kind === 'extension' ? { extension: endpoint.extension } : {};
};

export const pickup: Translate = (reader) => [
  { type: 'pickup', at: reader.at, picker: reader.channel('Uniqueid'), ringing: reader.channel('TargetUniqueid') },
];
